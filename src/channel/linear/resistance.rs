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
    /// Nickel of 120 ohm, ratio 1.672, known as Edison curve 7.
    Nickel672,
}

/// A cubic piece of a curve: valid up to and with this temperature, its coefficients from that of t^0 on.
type Cubic = (f64, [f64; 4]);

/// Ratio R/R0 of the 0.00672 nickel sensor: the twelve cubics of Minco, "Resistance Thermometry: Principles and
/// Applications of Resistance Thermometers and Thermistors", code NA. They meet within 0.0009 ohm.
const NICKEL_672: [Cubic; 12] = [
    (-60.0, [9.980_384_367e-1, 5.779_005_438e-3, 4.519_218_356e-6, 1.883_007_648e-8]),
    (-30.0, [9.995_545_058e-1, 5.854_808_892e-3, 5.782_609_262e-6, 2.584_891_485e-8]),
    (0.0, [1.0, 5.899_358_312e-3, 7.267_589_932e-6, 4.234_870_007e-8]),
    (30.0, [1.0, 5.899_358_312e-3, 7.267_589_932e-6, 1.154_640_832e-8]),
    (60.0, [1.000_118_847, 5.887_473_643e-3, 7.663_745_572e-6, 7.144_678_985e-9]),
    (90.0, [1.002_329_124, 5.776_959_768e-3, 9.505_643_49e-6, -3.088_087_226e-9]),
    (120.0, [9.940_315_172e-1, 6.053_466_667e-3, 6.432_455_728e-6, 8.294_089_672e-9]),
    (150.0, [1.007_022_904, 5.728_761_999e-3, 9.138_994_624e-6, 7.759_260_7e-10]),
    (180.0, [8.918_592_09e-1, 8.032_035_898e-3, -6.216_164_699e-6, 3.489_850_234e-8]),
    (210.0, [9.060_247_382e-1, 7.795_943_744e-3, -4.904_541_625e-6, 3.246_957_072e-8]),
    (240.0, [1.103_473_241, 4.975_250_849e-3, 8.527_329_303e-6, 1.114_941_068e-8]),
    (260.0, [1.437_355_995, 8.017_164_189e-4, 2.591_705_61e-5, -1.300_325_764e-8]),
];

/// Callendar-Van Dusen constants A, B and C of IEC 60751:2008, section 4.2.
const IEC_60751: [f64; 3] = [3.9083e-3, -5.775e-7, -4.183e-12];
/// The same of JIS C 1604-1981, as converters for this curve have them (Analog Devices, LTC2983 data sheet, RTD curves).
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

    /// The temperatures the curve is defined for, in degrees Celsius: by IEC 60751, JIS C 1604-1989 (`JPt` ends at 500),
    /// DIN 43760 and Minco's table NA.
    pub fn ends(self) -> (f64, f64) {
        match self.metal {
            Metal::Platinum => (-200.0, 850.0),
            Metal::JapanesePlatinum => (-200.0, 500.0),
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
            Metal::Nickel672 => cubic(&NICKEL_672, t),
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

fn cubic(pieces: &[Cubic], t: f64) -> f64 {
    let [.., last] = pieces else { return 1.0 };
    let (_, [c0, c1, c2, c3]) = pieces.iter().find(|(end, _)| t <= *end).unwrap_or(last);
    c0 + t * (c1 + t * (c2 + t * c3))
}
