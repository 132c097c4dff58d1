//! Resistance thermometers: platinum and nickel.

use super::invert;
use crate::tag::channel::{Mode, Status};

/// The curve of one sensor: its metal and its resistance at 0 degrees Celsius.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    metal: Metal,
    r0: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Metal {
    /// IEC 60751:2008, ratio R100/R0 = 1.3851.
    Platinum,
    /// JIS C 1604-1981, ratio 1.3916.
    JapanesePlatinum,
    /// DIN 43760:1987, ratio 1.618.
    Nickel,
    /// Nickel of 120 ohm, ratio 1.672 (Edison curve 7).
    Nickel672,
}

/// Resistance of the 120 ohm nickel sensor from -80 to 260 degrees Celsius in steps of 10: the table makers of sensors
/// publish for 0.00672 ohm/ohm/K; it has no equation.
const NICKEL_672: [f64; 35] = [
    66.60, 73.10, 79.62, 86.16, 92.76, 99.41, 106.15, 113.00, 120.00, 127.17, 134.52, 142.06, 149.79, 157.74, 165.90,
    174.25, 182.84, 191.64, 200.64, 209.85, 219.29, 228.96, 238.85, 248.95, 259.30, 269.91, 280.77, 291.96, 303.46,
    315.31, 327.54, 340.14, 353.14, 366.53, 380.31,
];

/// Callendar-Van Dusen constants A, B and C of IEC 60751:2008, section 4.2.
const IEC_60751: [f64; 3] = [3.9083e-3, -5.775e-7, -4.183e-12];
/// The same of JIS C 1604-1981 (constants as in the data sheet of Analog Devices' LTC2983, table of RTD curves).
const JIS_1981: [f64; 3] = [3.9739e-3, -5.870e-7, -4.4e-12];

impl Curve {
    /// The curve of a mode; `None` where it has none.
    pub fn of(mode: Mode) -> Option<Self> {
        let (metal, r0) = match mode {
            Mode::Pt50 => (Metal::Platinum, 50.0),
            Mode::Pt100 => (Metal::Platinum, 100.0),
            Mode::Pt200 => (Metal::Platinum, 200.0),
            Mode::Pt500 => (Metal::Platinum, 500.0),
            Mode::Pt1000 => (Metal::Platinum, 1000.0),
            Mode::JPt100 => (Metal::JapanesePlatinum, 100.0),
            Mode::JPt200 => (Metal::JapanesePlatinum, 200.0),
            Mode::JPt500 => (Metal::JapanesePlatinum, 500.0),
            Mode::JPt1000 => (Metal::JapanesePlatinum, 1000.0),
            Mode::Ni100 => (Metal::Nickel, 100.0),
            Mode::Ni200 => (Metal::Nickel, 200.0),
            Mode::Ni500 => (Metal::Nickel, 500.0),
            Mode::Ni1000 => (Metal::Nickel, 1000.0),
            Mode::Ni120 => (Metal::Nickel672, 120.0),
            _ => return None,
        };
        Some(Self { metal, r0 })
    }

    /// The temperatures the curve is defined for, in degrees Celsius.
    pub fn ends(self) -> (f64, f64) {
        match self.metal {
            Metal::Platinum => (-200.0, 850.0),
            Metal::JapanesePlatinum => (-200.0, 630.0),
            Metal::Nickel => (-60.0, 250.0),
            Metal::Nickel672 => (-80.0, 260.0),
        }
    }

    /// The resistances at the ends, in ohm.
    pub fn ends_ohm(self) -> (f64, f64) {
        let (low, high) = self.ends();
        (self.ohm(low), self.ohm(high))
    }

    /// The resistance in ohm at a temperature in degrees Celsius.
    pub fn ohm(self, t: f64) -> f64 {
        let ratio = match self.metal {
            Metal::Platinum => callendar_van_dusen(IEC_60751, t),
            Metal::JapanesePlatinum => callendar_van_dusen(JIS_1981, t),
            // DIN 43760:1987; the terms of t^3 and t^5 are 0.
            Metal::Nickel => 1.0 + t * (5.485e-3 + t * (6.65e-6 + t * t * (2.805e-11 - t * t * 2e-17))),
            Metal::Nickel672 => between_points(t),
        };
        self.r0 * ratio
    }

    /// The temperature in degrees Celsius at a resistance in ohm; beyond the curve, where it leaves it.
    pub fn celsius(self, ohm: f64) -> Result<f64, Status> {
        invert(|t| self.ohm(t), self.ends(), ohm)
    }
}

fn callendar_van_dusen([a, b, c]: [f64; 3], t: f64) -> f64 {
    let below = if t < 0.0 { c * (t - 100.0) * t * t * t } else { 0.0 };
    1.0 + t * (a + b * t) + below
}

/// The ratio of the 120 ohm nickel sensor, straight between the points of its table.
fn between_points(t: f64) -> f64 {
    let steps = ((t + 80.0) / 10.0).clamp(0.0, 34.0);
    let below = (0..33).rev().find(|i| f64::from(*i) <= steps).unwrap_or(0);
    let at = |i: i32| usize::try_from(i).ok().and_then(|i| NICKEL_672.get(i)).copied().unwrap_or(120.0);
    (at(below) + (at(below + 1) - at(below)) * (steps - f64::from(below))) / 120.0
}
