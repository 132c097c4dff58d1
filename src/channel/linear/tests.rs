//! The curves against published tables, and their inverses against themselves.

use super::*;
use crate::tag::channel::ChannelKind;
use proptest::prelude::*;

/// Points of the NIST ITS-90 tables, which are those of IEC 60584-1: degrees Celsius and mV rounded to 0.001.
const NIST: &[(Mode, &str)] = &[
    (
        Mode::TypeJ,
        "-210 -8.095, -140 -6.159, -70 -3.344, 0 0.000, 25 1.277, 70 3.650, 100 5.269, 140 7.459, 210 11.334, \
         280 15.219, 350 19.090, 420 22.952, 490 26.834, 560 30.788, 630 34.873, 700 39.132, 770 43.559, \
         840 48.074, 910 52.500, 980 56.763, 1050 60.890, 1120 64.948, 1190 68.980, 1200 69.553",
    ),
    (
        Mode::TypeK,
        "-270 -6.458, -240 -6.344, -160 -5.141, -80 -2.920, 0 0.000, 25 1.000, 80 3.267, 100 4.096, 160 6.540, \
         240 9.747, 320 13.040, 400 16.397, 480 19.792, 560 23.203, 640 26.602, 720 29.965, 800 33.275, \
         880 36.524, 960 39.708, 1040 42.826, 1120 45.873, 1200 48.838, 1280 51.708, 1360 54.479, 1372 54.886",
    ),
    (
        Mode::TypeT,
        "-270 -6.258, -240 -6.105, -200 -5.603, -160 -4.865, -120 -3.923, -80 -2.788, -40 -1.475, 0 0.000, \
         25 0.992, 40 1.612, 80 3.358, 100 4.279, 120 5.228, 160 7.209, 200 9.288, 240 11.458, 280 13.709, \
         320 16.032, 360 18.422, 400 20.872",
    ),
    (
        Mode::TypeE,
        "-270 -9.835, -210 -9.063, -140 -6.907, -70 -3.811, 0 0.000, 25 1.495, 70 4.330, 100 6.319, 140 9.081, \
         210 14.164, 280 19.484, 350 24.964, 420 30.550, 490 36.196, 560 41.862, 630 47.509, 700 53.112, \
         770 58.659, 840 64.144, 910 69.554, 980 74.869, 1000 76.373",
    ),
    (
        Mode::TypeR,
        "-50 -0.226, 0 0.000, 25 0.141, 90 0.573, 100 0.647, 180 1.294, 270 2.112, 360 2.997, 450 3.933, \
         540 4.910, 630 5.926, 720 6.980, 810 8.073, 900 9.205, 990 10.374, 1080 11.578, 1170 12.812, \
         1260 14.066, 1350 15.334, 1440 16.605, 1530 17.872, 1620 19.126, 1710 20.356, 1768 21.101",
    ),
    (
        Mode::TypeS,
        "-50 -0.236, 0 0.000, 25 0.143, 90 0.573, 100 0.646, 180 1.273, 270 2.052, 360 2.880, 450 3.742, \
         540 4.632, 630 5.546, 720 6.486, 810 7.454, 900 8.449, 990 9.472, 1080 10.520, 1170 11.590, \
         1260 12.675, 1350 13.766, 1440 14.857, 1530 15.942, 1620 17.013, 1710 18.061, 1768 18.693",
    ),
    (
        Mode::TypeB,
        "0 0.000, 25 -0.002, 90 0.025, 100 0.033, 180 0.141, 270 0.344, 360 0.632, 450 1.002, 540 1.451, \
         630 1.975, 720 2.569, 810 3.230, 900 3.957, 990 4.743, 1080 5.585, 1170 6.478, 1260 7.417, \
         1350 8.397, 1440 9.410, 1530 10.447, 1620 11.497, 1710 12.549, 1800 13.591, 1820 13.820",
    ),
    (
        Mode::TypeN,
        "-270 -4.345, -240 -4.277, -160 -3.491, -80 -1.972, 0 0.000, 25 0.659, 80 2.189, 100 2.774, 160 4.618, \
         240 7.255, 320 10.054, 400 12.974, 480 15.984, 560 19.059, 640 22.175, 720 25.312, 800 28.455, \
         880 31.590, 960 34.707, 1040 37.795, 1120 40.845, 1200 43.846, 1280 46.789, 1300 47.513",
    ),
];

/// Points of published tables and half of their last digit: degrees Celsius and ohm. Pt100: IEC 60751. `JPt100`: the
/// ratio 1.3916 of JIS C 1604-1989, which its constants meet within 0.02 degrees. Nickel: DIN 43760. Ni120: Pyromation,
/// "120 ohm nickel RTD, 0.00672 coefficient".
const RESISTANCES: &[(Mode, f64, &str)] = &[
    (
        Mode::Pt100,
        0.005,
        "-200 18.52, -190 22.83, -150 39.72, -100 60.26, -50 80.31, -10 96.09, 0 100, 10 103.90, 50 119.40, \
         100 138.51, 150 157.33, 200 175.86, 250 194.10, 300 212.05, 400 247.09, 500 280.98, 600 313.71, \
         850 390.48",
    ),
    (Mode::JPt100, 0.008, "0 100, 100 139.16"),
    (
        Mode::Ni1000,
        0.05,
        "-60 695.2, -51 737.8, -50 742.6, -40 791.3, -30 841.5, -20 893.0, -10 945.8, 0 1000, 9 1049.9, \
         10 1055.5, 20 1112.4, 28 1158.8",
    ),
    (Mode::Ni100, 0.05, "-60 69.5, 0 100, 100 161.8, 180 223.2, 250 289.2"),
    (
        Mode::Ni120,
        0.005,
        "-80 66.60, -70 73.10, -60 79.62, -50 86.16, -40 92.76, -30 99.41, -20 106.15, -10 113.00, 0 120, \
         10 127.17, 20 134.52, 30 142.06, 40 149.80, 50 157.75, 60 165.90, 70 174.27, 80 182.85, 90 191.64, \
         100 200.64, 110 209.85, 120 219.29, 130 228.95, 140 238.84, 150 248.95, 160 259.30, 170 269.89, \
         180 280.77, 190 291.95, 200 303.45, 210 315.31, 220 327.54, 230 340.14, 240 353.14, 250 366.53, \
         260 380.31",
    ),
];

/// What the cubics of Ni120 may differ where they meet, in ohm.
const DUST: f64 = 1e-3;

fn points(text: &str) -> impl Iterator<Item = (f64, f64)> {
    text.split(", ").map(|point| {
        let (t, x) = point.split_once(' ').unwrap();
        (t.parse().unwrap(), x.parse().unwrap())
    })
}

fn couple(mode: Mode) -> Thermocouple {
    Thermocouple::of(mode).unwrap()
}

fn curve(mode: Mode) -> Curve {
    Curve::of(mode).unwrap()
}

#[test]
fn thermocouples_agree_with_the_nist_tables() {
    for (mode, text) in NIST {
        for (t, mv) in points(text) {
            let found = couple(*mode).millivolt(t);
            assert!((found - mv).abs() <= 0.0005 + 1e-6, "{mode} at {t}: {found} is not {mv}");
        }
    }
}

#[test]
fn the_nist_tables_read_backwards_within_their_last_digit() {
    for (mode, text) in NIST {
        let couple = couple(*mode);
        for (t, mv) in points(text).filter(|(t, _)| couple.ends().0 <= *t) {
            let found = couple.celsius(mv).unwrap();
            // Compared in mV: half a last digit is many degrees where a function is flat.
            let off = couple.millivolt(found) - couple.millivolt(t);
            assert!(off.abs() <= 0.0005 + 1e-6, "{mode} {mv}: {found} is not {t}");
        }
    }
}

#[test]
fn thermometers_agree_with_the_published_tables() {
    for (mode, half_digit, text) in RESISTANCES {
        for (t, ohm) in points(text) {
            let found = curve(*mode).ohm(t);
            assert!((found - ohm).abs() <= half_digit + DUST, "{mode} at {t}: {found} is not {ohm}");
        }
    }
}

#[test]
fn sensors_of_a_metal_differ_by_their_resistance_alone() {
    let ratio = |mode: Mode| curve(mode).ohm(123.0) / curve(mode).ohm(0.0);
    for family in [
        [Mode::Pt50, Mode::Pt100, Mode::Pt200, Mode::Pt500, Mode::Pt1000].as_slice(),
        &[Mode::JPt100, Mode::JPt200, Mode::JPt500, Mode::JPt1000],
        &[Mode::Ni100, Mode::Ni200, Mode::Ni500, Mode::Ni1000],
    ] {
        for mode in family {
            let nominal: f64 = mode.as_str().trim_start_matches(char::is_alphabetic).parse().unwrap();
            assert!((curve(*mode).ohm(0.0) - nominal).abs() < 1e-9);
            assert!((ratio(*mode) - ratio(family[0])).abs() < 1e-12);
        }
    }
}

#[test]
fn every_curve_rises_from_end_to_end() {
    for mode in ChannelKind::Rtd.modes().iter().chain(ChannelKind::Tc.modes()) {
        let (ends, at): (_, Box<dyn Fn(f64) -> f64>) = match sensor(*mode) {
            Some(Sensor::Resistance(curve)) => (curve.ends(), Box::new(move |t| curve.ohm(t))),
            Some(Sensor::Thermocouple(couple)) => (couple.ends(), Box::new(move |t| couple.millivolt(t))),
            None => continue,
        };
        let mut t = ends.0;
        while t + 0.5 <= ends.1 {
            assert!(at(t) < at(t + 0.5), "{mode} at {t}");
            t += 0.5;
        }
    }
}

#[test]
fn beyond_its_ends_a_curve_tells_where_it_was_left() {
    let k = couple(Mode::TypeK);
    assert_eq!((k.celsius(54.9), k.celsius(-6.47)), (Err(Status::OverRange), Err(Status::UnderRange)));
    assert!((k.celsius(54.888).unwrap() - 1372.0).abs() < 1e-3);
    let pt = curve(Mode::Pt100);
    assert_eq!((pt.celsius(390.5), pt.celsius(18.5)), (Err(Status::OverRange), Err(Status::UnderRange)));
    // Type B is the same at 0 and at 42 degrees: what is told is the warmer one.
    let b = couple(Mode::TypeB);
    assert!((41.0..44.0).contains(&b.celsius(0.0).unwrap()));
    assert!((b.celsius(-0.004).unwrap() - 21.02).abs() < 0.01);
}

proptest! {
    #[test]
    fn a_temperature_comes_back_within_a_hundredth_of_a_degree(part in 0.0f64..=1.0) {
        for mode in ChannelKind::Rtd.modes().iter().chain(ChannelKind::Tc.modes()) {
            let (t, back) = match sensor(*mode) {
                Some(Sensor::Resistance(curve)) => {
                    let t = curve.ends().0 + part * (curve.ends().1 - curve.ends().0);
                    (t, curve.celsius(curve.ohm(t)))
                }
                Some(Sensor::Thermocouple(couple)) => {
                    let t = couple.ends().0 + part * (couple.ends().1 - couple.ends().0);
                    (t, couple.celsius(couple.millivolt(t)))
                }
                None => continue,
            };
            prop_assert!((back.unwrap() - t).abs() < 0.01, "{} {} {:?}", mode, t, back);
        }
    }

    #[test]
    fn no_voltage_and_no_resistance_is_too_strange(x in any::<f64>()) {
        for mode in ChannelKind::Rtd.modes().iter().chain(ChannelKind::Tc.modes()) {
            match sensor(*mode) {
                Some(Sensor::Resistance(curve)) => drop(curve.celsius(x)),
                Some(Sensor::Thermocouple(couple)) => drop(couple.celsius(x)),
                None => {}
            }
        }
    }
}
