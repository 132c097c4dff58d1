//! Sensors of temperature: from ohm and millivolt to degrees Celsius.

mod coefficients;
pub mod resistance;
#[cfg(test)]
mod tests;
pub mod thermocouple;

use crate::tag::channel::{Mode, Status};
use resistance::Curve;
use thermocouple::Thermocouple;

/// The sensor of a mode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sensor {
    /// Its resistance follows the temperature.
    Resistance(Curve),
    /// Its voltage follows the difference of two temperatures.
    Thermocouple(Thermocouple),
}

/// The sensor of this mode; `None` for modes without one.
pub fn sensor(mode: Mode) -> Option<Sensor> {
    Curve::of(mode).map(Sensor::Resistance).or_else(|| Thermocouple::of(mode).map(Sensor::Thermocouple))
}

/// Halvings of a range of 2100 degrees until less than a millionth of a degree is left.
const HALVINGS: u32 = 32;

/// The argument between `low` and `high` for which the rising function `f` is `y`; beyond its ends, where it leaves them.
fn invert(f: impl Fn(f64) -> f64, (low, high): (f64, f64), y: f64) -> Result<f64, Status> {
    if y < f(low) {
        return Err(Status::UnderRange);
    }
    if f(high) < y {
        return Err(Status::OverRange);
    }
    let (mut low, mut high) = (low, high);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if f(middle) < y { low = middle } else { high = middle }
    }
    Ok(f64::midpoint(low, high))
}
