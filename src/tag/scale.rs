//! From the number in the register to the number on the wall, and back.

/// `value = raw x gain + offset`.
///
/// Decimal gains (0.1, 0.01) are applied in decimal: 234 x 0.1 is 23.4, not 23.400000000000002.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    gain: f64,
    offset: f64,
    decimal: Option<Decimal>,
}

/// Both factors over one power of ten, where they are exact that way.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Decimal {
    gain: f64,
    offset: f64,
    ten: f64,
}

/// A scale that cannot be inverted, or is no number: the user gives another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScaleError {
    /// Gain 0, or a `from` range without width.
    #[error("the scale maps every raw value to one: its gain must not be 0")]
    Flat,
    /// NaN or infinite.
    #[error("the scale must be made of finite numbers")]
    NotFinite,
}

impl Scale {
    /// From gain and offset.
    pub fn linear(gain: f64, offset: f64) -> Result<Self, ScaleError> {
        if !gain.is_finite() || !offset.is_finite() {
            return Err(ScaleError::NotFinite);
        }
        if gain == 0.0 {
            return Err(ScaleError::Flat);
        }
        Ok(Self { gain, offset, decimal: decimal(gain, offset) })
    }

    /// From two points: raw `from.0` is `to.0`, raw `from.1` is `to.1`.
    pub fn two_point(from: (f64, f64), to: (f64, f64)) -> Result<Self, ScaleError> {
        let width = from.1 - from.0;
        if width == 0.0 {
            return Err(ScaleError::Flat);
        }
        let gain = (to.1 - to.0) / width;
        Self::linear(gain, to.0 - from.0 * gain)
    }

    /// Raw to scaled.
    pub fn apply(&self, raw: f64) -> f64 {
        match self.decimal {
            Some(d) => {
                let exact = raw * d.gain + d.offset;
                // Below 2^53 the sum is an exact integer multiple, so one division rounds once.
                if exact.abs() < EXACT { exact / d.ten } else { raw * self.gain + self.offset }
            }
            None => raw * self.gain + self.offset,
        }
    }

    /// Scaled to raw, before rounding and range.
    pub fn invert(&self, value: f64) -> f64 {
        match self.decimal {
            Some(d) => (value * d.ten - d.offset) / d.gain,
            None => (value - self.offset) / self.gain,
        }
    }
}

const EXACT: f64 = 9_007_199_254_740_992.0;

fn decimal(gain: f64, offset: f64) -> Option<Decimal> {
    (0..=9).find_map(|digits| {
        let ten = 10f64.powi(digits);
        let (g, o) = ((gain * ten).round(), (offset * ten).round());
        let back = |n: f64, x: f64| (n / ten).to_bits() == x.to_bits() || (n == 0.0 && x == 0.0);
        (back(g, gain) && back(o, offset) && g.abs() < EXACT && o.abs() < EXACT).then_some(Decimal {
            gain: g,
            offset: o,
            ten,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(gain: f64, offset: f64, raw: f64, expect: f64) {
        let scale = Scale::linear(gain, offset).unwrap();
        assert_eq!(scale.apply(raw).to_bits(), expect.to_bits(), "{} is not {expect}", scale.apply(raw));
        assert!((scale.invert(expect) - raw).abs() < 1e-6 * raw.abs().max(1.0));
    }

    #[test]
    fn decimal_gains_stay_decimal() {
        check(0.1, 0.0, 234.0, 23.4);
        check(0.01, 0.0, 123_456.0, 1234.56);
        check(0.1, -40.0, 653.0, 25.3);
        check(2.0, 1.0, 3.0, 7.0);
        check(1.0 / 3.0, 0.0, 3.0, 1.0);
    }

    #[test]
    fn two_points_make_a_line() {
        let scale = Scale::two_point((4.0, 20.0), (0.0, 10.0)).unwrap();
        assert!((scale.apply(12.0) - 5.0).abs() < 1e-12);
        assert_eq!(Scale::two_point((4.0, 4.0), (0.0, 10.0)), Err(ScaleError::Flat));
        assert_eq!(Scale::linear(0.0, 1.0), Err(ScaleError::Flat));
        assert_eq!(Scale::linear(f64::NAN, 1.0), Err(ScaleError::NotFinite));
    }
}
