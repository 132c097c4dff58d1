//! How far a value must move before it is worth telling.

use super::value::Value;

/// The tag's deadband; compared with the last published value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Deadband {
    /// In scaled units; 0 tells every change.
    Absolute(f64),
    /// Percent of the last published value.
    Percent(f64),
}

impl Deadband {
    /// Whether `now` is beyond the deadband around `published`. Anything that is not two numbers counts as beyond.
    pub fn exceeded(self, published: Option<&Value>, now: Option<&Value>) -> bool {
        let (Some(before), Some(after)) = (published, now) else { return published.is_some() != now.is_some() };
        if before.same(after) {
            return false;
        }
        let (Some(a), Some(b)) = (before.as_f64(), after.as_f64()) else { return true };
        let moved = (b - a).abs();
        let band = match self {
            Self::Absolute(band) => band,
            Self::Percent(percent) => a.abs() * percent / 100.0,
        };
        // A value that stops, or begins, to be a number is always worth telling.
        moved.is_nan() || band < moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(band: Deadband, from: f64, to: f64, expect: bool) {
        assert_eq!(band.exceeded(Some(&Value::F64(from)), Some(&Value::F64(to))), expect, "{band:?} {from} -> {to}");
    }

    #[test]
    fn a_move_must_leave_the_band() {
        check(Deadband::Absolute(0.5), 10.0, 10.5, false);
        check(Deadband::Absolute(0.5), 10.0, 10.6, true);
        check(Deadband::Absolute(0.0), 10.0, 10.0, false);
        check(Deadband::Percent(10.0), 100.0, 109.0, false);
        check(Deadband::Percent(10.0), 100.0, 111.0, true);
        check(Deadband::Percent(10.0), 0.0, 0.1, true);
        assert!(Deadband::Absolute(5.0).exceeded(None, Some(&Value::U64(1))));
        assert!(!Deadband::Absolute(5.0).exceeded(None, None));
    }
}
