//! Resistance thermometers and thermocouples as channels.

use super::*;

fn rtd(mode: Mode) -> ChannelSettings {
    settings(ChannelKind::Rtd, mode)
}

fn tc(mode: Mode) -> ChannelSettings {
    settings(ChannelKind::Tc, mode)
}

fn millivolt(mv: f64, cold_junction: Option<f64>) -> Input {
    Input::Millivolt { mv, cold_junction }
}

#[track_caller]
fn shows(settings: &ChannelSettings, input: Input, expect: f64) {
    let mut it = channel(settings);
    it.sense(input, ms(1));
    assert_eq!(why(&it), GOOD, "{} {input:?}", settings.mode);
    assert!((number(&it) - expect).abs() < 0.02, "{} {input:?} shows {}", settings.mode, number(&it));
}

#[track_caller]
fn fails(settings: &ChannelSettings, input: Input, status: &str, quality: Quality, reason: Reason) {
    let mut it = channel(settings);
    it.sense(input, ms(1));
    let found = (aspect(&it, Attribute::Status).to_string(), why(&it));
    assert_eq!(found, (status.to_owned(), (quality, reason)), "{} {input:?}", settings.mode);
}

#[test]
fn degrees_and_offset_are_those_that_were_chosen() {
    let with = |degrees: Degrees, offset: f64| {
        with_temperature(rtd(Mode::Pt100), |own| (own.degrees, own.offset) = (degrees, offset))
    };
    shows(&with(Degrees::Celsius, 0.0), Input::Ohm(138.5055), 100.0);
    shows(&with(Degrees::Fahrenheit, 0.0), Input::Ohm(138.5055), 212.0);
    shows(&with(Degrees::Kelvin, 0.0), Input::Ohm(138.5055), 373.15);
    shows(&with(Degrees::Fahrenheit, -1.8), Input::Celsius(100.0), 210.2);
}

#[test]
fn the_cold_junction_is_added_in_millivolts() {
    let k = tc(Mode::TypeK);
    // NIST: K is 4.096 mV at 100, 1.000 mV at 25 and 12.209 mV at 300 degrees.
    shows(&k, millivolt(4.096, None), 100.0);
    shows(&k, millivolt(4.096 - 1.000, Some(25.0)), 100.0);
    shows(&k, millivolt(12.209 - 1.000, Some(25.0)), 300.0);
    shows(&k, millivolt(0.0, Some(25.0)), 25.0);
    let offset = with_temperature(k, |own| own.cold_junction_offset = 5.0);
    shows(&offset, millivolt(4.096 - 1.000, Some(20.0)), 100.0);
    shows(&offset, Input::Celsius(100.0), 100.0);
}

#[test]
fn resistance_and_voltage_modes_show_their_unit() {
    for (mode, high) in [(Mode::Ohm310, 310.0), (Mode::Ohm620, 620.0), (Mode::Ohm1250, 1250.0), (Mode::Ohm2200, 2200.0)]
    {
        let in_kelvin = with_temperature(rtd(mode), |own| (own.degrees, own.offset) = (Degrees::Kelvin, 0.5));
        shows(&in_kelvin, Input::Ohm(high), high + 0.5);
        fails(&rtd(mode), Input::Ohm(high * 1.03), "over range", Quality::Uncertain, Reason::OverRange);
        fails(&rtd(mode), Input::Ohm(high * 2.1), "burnout", Quality::Bad, Reason::Burnout);
        fails(&rtd(mode), Input::Celsius(20.0), "normal", Quality::Bad, Reason::InvalidValue);
    }
    for (mode, high) in [(Mode::Milli78, 78.126), (Mode::Milli39, 39.062), (Mode::Milli19, 19.532)] {
        shows(&tc(mode), millivolt(-high, Some(25.0)), -high);
        fails(&tc(mode), millivolt(high * 1.03, None), "over range", Quality::Uncertain, Reason::OverRange);
        fails(&tc(mode), millivolt(high * -1.03, None), "under range", Quality::Uncertain, Reason::UnderRange);
        fails(&tc(mode), Input::Ohm(5.0), "normal", Quality::Bad, Reason::InvalidValue);
    }
}

#[test]
fn beyond_the_curve_there_is_no_temperature() {
    let pt = rtd(Mode::Pt100);
    fails(&pt, Input::Ohm(391.0), "over range", Quality::Bad, Reason::OverRange);
    fails(&pt, Input::Ohm(10.0), "under range", Quality::Bad, Reason::UnderRange);
    fails(&pt, Input::Ohm(0.0), "under range", Quality::Bad, Reason::UnderRange);
    fails(&pt, Input::Ohm(2200.0), "burnout", Quality::Bad, Reason::Burnout);
    fails(&pt, Input::Ohm(f64::INFINITY), "burnout", Quality::Bad, Reason::Burnout);
    fails(&pt, Input::Open, "burnout", Quality::Bad, Reason::Burnout);
    fails(&pt, millivolt(1.0, None), "normal", Quality::Bad, Reason::InvalidValue);
    let k = tc(Mode::TypeK);
    fails(&k, millivolt(55.0, None), "over range", Quality::Bad, Reason::OverRange);
    fails(&k, millivolt(-7.0, None), "under range", Quality::Bad, Reason::UnderRange);
    fails(&k, millivolt(f64::NAN, None), "burnout", Quality::Bad, Reason::Burnout);
    fails(&k, millivolt(1.0, Some(f64::NAN)), "normal", Quality::Bad, Reason::InvalidValue);
    fails(&k, Input::Open, "burnout", Quality::Bad, Reason::Burnout);
}

#[test]
fn the_mean_and_the_burnt_out_value_are_as_set() {
    let mut it = channel(&with_temperature(rtd(Mode::Pt100), |own| {
        (own.mean, own.burnout_value) = (2, BurnoutValue::Set(999.0));
    }));
    for (celsius, shown) in [(10.0, 10.0), (20.0, 15.0), (30.0, 25.0)] {
        it.sense(Input::Celsius(celsius), ms(1));
        assert!((number(&it) - shown).abs() < 1e-9);
    }
    it.sense(Input::Open, ms(2));
    assert_eq!((why(&it), number(&it)), ((Quality::Bad, Reason::Burnout), 999.0));
    it.sense(Input::Celsius(40.0), ms(3));
    assert_eq!((why(&it), number(&it)), (GOOD, 40.0));
}
