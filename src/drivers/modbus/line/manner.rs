//! How one talks on a line that a thread serves, whatever carries the bytes.

use crate::config::link::{RtuOverTcpConfig, SerialConfig};
use crate::modbus::framing::Framing;
use crate::modbus::wire::Wire;
use std::time::Duration;

/// A silence that ends a frame for certain: USB adapters hand over in lumps, up to 16 ms apart.
const FRAME_OVER: Duration = Duration::from_millis(20);
/// The same for what passed a network: device servers collect characters, and segments may be sent again.
const FRAME_OVER_TCP: Duration = Duration::from_millis(200);

/// The times and the framing of a line.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    /// Path or address, for people.
    pub(super) place: String,
    pub(super) framing: Framing,
    /// Speed and character, where the wire is ours.
    wire: Option<Wire>,
    /// Silence before each frame.
    pub(super) gap: Duration,
    pub(super) broadcast_delay: Duration,
    pub(super) initial_delay: Duration,
    /// Silence that ends a frame without a length.
    pub(super) frame_over: Duration,
}

impl Manner {
    pub(super) fn serial(config: &SerialConfig) -> Self {
        let gap = config.gap.unwrap_or_else(|| config.wire.silence());
        Self {
            place: config.path.clone(),
            framing: config.framing,
            wire: Some(config.wire),
            gap,
            broadcast_delay: config.broadcast_delay,
            initial_delay: config.initial_delay,
            frame_over: gap.max(FRAME_OVER),
        }
    }

    pub(super) fn rtu_over_tcp(config: &RtuOverTcpConfig) -> Self {
        let gap = config.gap.unwrap_or_default();
        Self {
            place: config.address.to_string(),
            framing: Framing::Rtu,
            wire: None,
            gap,
            broadcast_delay: config.broadcast_delay,
            initial_delay: Duration::ZERO,
            frame_over: gap.max(FRAME_OVER_TCP),
        }
    }

    /// The time so many characters take; none where the wire is not ours.
    pub(super) fn chars(&self, chars: usize) -> Duration {
        self.wire.map_or(Duration::ZERO, |wire| wire.chars(chars))
    }
}
