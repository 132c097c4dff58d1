//! Thermocouples: the reference functions, and their inverses worked out from them.

use super::coefficients::{self as table, Piece};
use super::invert;
use crate::tag::channel::{Mode, Status};

/// Where the voltage of type B has its minimum, in degrees Celsius: below it every voltage stands for two temperatures.
const B_MINIMUM: f64 = 21.02;
/// What a converter's noise is allowed at the ends of a function, in mV, before it counts as beyond them.
const NOISE_MV: f64 = 0.005;

/// One letter-designated type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thermocouple {
    pieces: &'static [Piece],
    /// Lowest temperature of the function.
    lowest: f64,
    /// Lowest temperature the inverse gives.
    lowest_told: f64,
    exponential: bool,
}

impl Thermocouple {
    /// The type of a mode; `None` where it is none.
    pub fn of(mode: Mode) -> Option<Self> {
        let (pieces, lowest) = match mode {
            Mode::TypeJ => (table::J, -210.0),
            Mode::TypeK => (table::K, -270.0),
            Mode::TypeT => (table::T, -270.0),
            Mode::TypeE => (table::E, -270.0),
            Mode::TypeR => (table::R, -50.0),
            Mode::TypeS => (table::S, -50.0),
            Mode::TypeB => (table::B, 0.0),
            Mode::TypeN => (table::N, -270.0),
            _ => return None,
        };
        let lowest_told = if mode == Mode::TypeB { B_MINIMUM } else { lowest };
        Some(Self { pieces, lowest, lowest_told, exponential: mode == Mode::TypeK })
    }

    /// The temperatures that are told, in degrees Celsius. Type B starts at 21.02, where its voltage has its minimum.
    pub fn ends(self) -> (f64, f64) {
        (self.lowest_told, self.pieces.last().map_or(self.lowest_told, |(end, _)| *end))
    }

    /// The voltage in mV at a temperature in degrees Celsius against a cold junction at 0; beyond the function, that of
    /// its end.
    pub fn millivolt(self, t: f64) -> f64 {
        let t = t.clamp(self.lowest, self.ends().1);
        let Some((_, coefficients)) = self.pieces.iter().find(|(end, _)| t <= *end).or(self.pieces.last()) else {
            return 0.0;
        };
        let sum = coefficients.iter().rev().fold(0.0, |sum, c| sum * t + c);
        let [a0, a1, a2] = table::K_EXPONENTIAL;
        if self.exponential && 0.0 < t { sum + a0 * (a1 * (t - a2).powi(2)).exp() } else { sum }
    }

    /// The temperature in degrees Celsius at a voltage in mV against a cold junction at 0; beyond the function, where
    /// it leaves it.
    pub fn celsius(self, mv: f64) -> Result<f64, Status> {
        let (low, high) = self.ends();
        let (least, most) = (self.millivolt(low), self.millivolt(high));
        let near = if ((least - NOISE_MV)..=(most + NOISE_MV)).contains(&mv) { mv.clamp(least, most) } else { mv };
        invert(|t| self.millivolt(t), (low, high), near)
    }
}
