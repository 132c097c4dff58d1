//! Ranges of analog channels: what is in, what is beyond, and the 0..65535 over them.

use super::gauge::Found;
use crate::tag::channel::{Mode, Status};
use crate::tag::quality::Reason;

/// Highest number of `raw`.
const RAW_FULL: f64 = 65535.0;
/// NAMUR NE 43: a 4-20 mA transmitter measures within these.
const NE43_MEASURED: (f64, f64) = (3.8, 20.5);
/// NAMUR NE 43: at and beyond these it tells its own failure.
const NE43_FAILURE: (f64, f64) = (3.6, 21.0);
/// How far other ranges may be left, as part of the larger end: 0.5 of 20 mA as NE 43 gives the upper end of a loop;
/// no standard speaks of these ranges.
const MARGIN: f64 = 0.025;

/// Judges a number in the field's own unit: between the limits it is good, beyond them measured with a doubt, and at the
/// failure signals of a 4-20 mA loop no measurement.
pub(super) fn judge(mode: Mode, (low, high): (f64, f64), x: f64) -> Found {
    let loops = matches!(mode, Mode::Milliamp4To20 | Mode::Milliamp4To20Burnout);
    let margin = MARGIN * low.abs().max(high.abs());
    let (least, most) = if loops { NE43_MEASURED } else { (low - margin, high + margin) };
    match x {
        x if loops && x <= NE43_FAILURE.0 => Found::Failure(x, Status::UnderRange),
        x if loops && NE43_FAILURE.1 <= x => Found::Failure(x, Status::OverRange),
        x if x < least => Found::Number(x, Status::UnderRange),
        x if most < x => Found::Number(x, Status::OverRange),
        _ => Found::Number(x, Status::Normal),
    }
}

/// The reason that says a status.
pub(super) fn reason(status: Status) -> Reason {
    match status {
        Status::Normal => Reason::Ok,
        Status::Burnout => Reason::Burnout,
        Status::OverRange => Reason::OverRange,
        Status::UnderRange => Reason::UnderRange,
        Status::Fault => Reason::Fault,
    }
}

/// 0..65535 over the range; beyond it, its ends.
pub(super) fn raw((low, high): (f64, f64), x: f64) -> u16 {
    let part = ((x - low) / (high - low) * RAW_FULL).round().clamp(0.0, RAW_FULL);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded and clamped; NaN becomes 0")]
    let raw = part as u16;
    raw
}

/// The number in the field's own unit that `raw` stands for.
pub(super) fn from_raw((low, high): (f64, f64), raw: u16) -> f64 {
    low + (high - low) * f64::from(raw) / RAW_FULL
}
