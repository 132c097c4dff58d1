//! `simulated`: inputs follow signals, outputs are remembered.

use super::backend::{Backend, Sight, Wiring};
use crate::channel::settings::ChannelSettings;
use crate::channel::signal::{Input, Output};
use crate::config::module::driver::DriverConfig;
use crate::config::module::driver::simulated::{Course, Span};
use crate::tag::channel::{ChannelKind, Mode};
use crate::tag::reading::Stamp;

/// Share of the span that a random walk moves at most in one step.
const STEP: f64 = 0.05;
/// Steps a random walk catches up at once; behind a longer pause it goes on from where it was.
const CATCH_UP: u64 = 10_000;

/// Channels without hardware.
#[derive(Debug, Default)]
pub(super) struct Simulated {
    /// When the signals began, in microseconds of the monotonic clock.
    began: Option<u64>,
    channels: Vec<Simulation>,
}

#[derive(Debug)]
struct Simulation {
    number: u8,
    settings: ChannelSettings,
    what: What,
}

#[derive(Debug)]
enum What {
    Input { course: Course, walk: Walk },
    Output(Output),
}

impl Backend for Simulated {
    fn wire(&mut self, wiring: &Wiring<'_>, now: Stamp) -> Vec<(u8, String)> {
        self.began.get_or_insert(now.mono_us);
        let DriverConfig::Simulated(config) = wiring.driver else { return Vec::new() };
        let mut before = std::mem::take(&mut self.channels);
        for (number, settings) in wiring.channels {
            let known = before.iter().position(|channel| channel.number == *number).map(|at| before.swap_remove(at));
            let known = known.filter(|channel| channel.settings.kind == settings.kind);
            let what = if settings.kind.is_output() {
                // A new output begins at rest, as hardware does that has just got its power.
                let rest =
                    if settings.kind.is_digital() { Output::Level(false) } else { Output::Field(ends(settings).0) };
                match known.map(|known| known.what) {
                    Some(What::Output(shown)) => What::Output(shown),
                    _ => What::Output(rest),
                }
            } else {
                let signal = config.signals.iter().find(|signal| signal.channel == *number);
                let course = signal.map_or_else(|| Course::Constant(rest(settings)), |signal| signal.course.clone());
                match known.map(|known| known.what) {
                    Some(What::Input { course: same, walk }) if same == course => What::Input { course, walk },
                    _ => What::Input { walk: Walk::new(&course), course },
                }
            };
            self.channels.push(Simulation { number: *number, settings: settings.clone(), what });
        }
        Vec::new()
    }

    fn scan(&mut self, now: Stamp, seen: &mut Vec<Sight>) {
        let us = now.mono_us.saturating_sub(self.began.unwrap_or(now.mono_us));
        let seconds = std::time::Duration::from_micros(us).as_secs_f64();
        for channel in &mut self.channels {
            let input = match &mut channel.what {
                What::Input { course, walk } => {
                    let ends = ends(&channel.settings);
                    shown(&channel.settings, value(course, walk, seconds, ends))
                }
                What::Output(Output::Level(level)) => Input::Level(*level),
                What::Output(Output::Field(field)) => Input::Field(*field),
            };
            seen.push(Sight { channel: channel.number, what: Ok(input), at: now });
        }
    }

    fn drive(&mut self, channel: u8, output: Output) -> Result<(), String> {
        let wanted = |simulation: &&mut Simulation| simulation.number == channel;
        if let Some(simulation) = self.channels.iter_mut().find(wanted) {
            simulation.what = What::Output(output);
        }
        Ok(())
    }
}

/// As the kind and mode of the input has it.
fn shown(settings: &ChannelSettings, x: f64) -> Input {
    match (settings.kind, settings.mode) {
        (ChannelKind::Di, _) => Input::Level(0.5 <= x),
        (ChannelKind::Rtd, mode) if is_ohm(mode) => Input::Ohm(x),
        (ChannelKind::Tc, mode) if is_millivolt(mode) => Input::Millivolt { mv: x, cold_junction: None },
        (ChannelKind::Rtd | ChannelKind::Tc, _) => Input::Celsius(x),
        _ => Input::Field(x),
    }
}

fn is_ohm(mode: Mode) -> bool {
    matches!(mode, Mode::Ohm310 | Mode::Ohm620 | Mode::Ohm1250 | Mode::Ohm2200)
}

fn is_millivolt(mode: Mode) -> bool {
    matches!(mode, Mode::Milli78 | Mode::Milli39 | Mode::Milli19)
}

/// Between what a signal moves unless it is said: the range of the mode; 0..1 digital, 0..100 degrees Celsius.
fn ends(settings: &ChannelSettings) -> (f64, f64) {
    match (settings.range(), settings.kind) {
        (Some((low, high, _)), _) => (low, high),
        (None, kind) if kind.is_digital() => (0.0, 1.0),
        (None, ChannelKind::Rtd | ChannelKind::Tc) => (0.0, 100.0),
        (None, _) => (0.0, 10.0),
    }
}

/// What an input without a signal shows: off, the lower end of its range, or the temperature of a room.
fn rest(settings: &ChannelSettings) -> f64 {
    match settings.kind {
        ChannelKind::Rtd | ChannelKind::Tc if settings.range().is_none() => 20.0,
        _ => ends(settings).0,
    }
}

/// The value of a course so many seconds after its beginning.
fn value(course: &Course, walk: &mut Walk, seconds: f64, ends: (f64, f64)) -> f64 {
    let between = |span: &Span, share: f64| {
        let (low, high) = (span.low.unwrap_or(ends.0), span.high.unwrap_or(ends.1));
        low + (high - low) * share
    };
    let phase = |span: &Span| (seconds / span.period.as_secs_f64()).fract();
    match course {
        Course::Constant(x) => *x,
        Course::Ramp(span) => between(span, phase(span)),
        Course::Sine(span) => between(span, 0.5 - 0.5 * (phase(span) * std::f64::consts::TAU).cos()),
        Course::Square(span) => between(span, if phase(span) < 0.5 { 0.0 } else { 1.0 }),
        Course::RandomWalk(span, _) => between(span, walk.at(seconds / span.period.as_secs_f64())),
        Course::Csv(rows) => {
            let last = rows.last().map_or(0.0, |row| row.0);
            let at = if 0.0 < last { seconds % last } else { 0.0 };
            let row = rows.iter().rev().find(|row| row.0 <= at).or(rows.first());
            row.map_or(0.0, |row| row.1)
        }
    }
}

/// A random walk between 0 and 1, the same for the same seed.
#[derive(Debug)]
struct Walk {
    state: u64,
    steps: u64,
    place: f64,
}

impl Walk {
    fn new(course: &Course) -> Self {
        let seed = if let Course::RandomWalk(_, seed) = course { *seed } else { 0 };
        Self { state: u64::from(seed), steps: 0, place: 0.5 }
    }

    fn at(&mut self, steps: f64) -> f64 {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds since the start, and whole"
        )]
        let wanted = steps.max(0.0) as u64;
        for _ in 0..wanted.saturating_sub(self.steps).min(CATCH_UP) {
            let step = (self.random() * 2.0 - 1.0) * STEP;
            self.place = (self.place + step).clamp(0.0, 1.0);
        }
        self.steps = wanted;
        self.place
    }

    /// The next number of `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014), as 0..1.
    fn random(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let high = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX);
        f64::from(high) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn span(seconds: f64) -> Span {
        Span { low: Some(4.0), high: Some(20.0), period: Duration::from_secs_f64(seconds) }
    }

    #[track_caller]
    fn check(course: Course, seconds: f64, expect: f64) {
        let found = value(&course, &mut Walk::new(&course), seconds, (0.0, 1.0));
        assert!((found - expect).abs() < 1e-9, "{course:?} at {seconds}: {found}, not {expect}");
    }

    #[test]
    fn every_course_has_its_shape() {
        check(Course::Constant(7.5), 99.0, 7.5);
        check(Course::Ramp(span(2.0)), 0.5, 8.0);
        check(Course::Ramp(span(2.0)), 2.5, 8.0);
        check(Course::Sine(span(2.0)), 0.0, 4.0);
        check(Course::Sine(span(2.0)), 1.0, 20.0);
        check(Course::Square(span(2.0)), 0.99, 4.0);
        check(Course::Square(span(2.0)), 1.01, 20.0);
        let rows = || Course::Csv(vec![(0.0, 1.0), (1.0, 2.0), (3.0, 9.0)]);
        check(rows(), 0.5, 1.0);
        check(rows(), 2.9, 2.0);
        check(rows(), 3.5, 1.0);
        let own = Span { low: None, high: None, period: Duration::from_secs(2) };
        check(Course::Ramp(own), 1.0, 0.5);
    }

    #[test]
    fn a_random_walk_stays_within_its_span_and_is_the_same_for_the_same_seed() {
        let course = |seed| Course::RandomWalk(span(1.0), seed);
        let run = |seed| {
            let mut walk = Walk::new(&course(seed));
            let at = |second: u32| value(&course(seed), &mut walk, f64::from(second), (0.0, 1.0));
            (0..500).map(at).collect::<Vec<f64>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert!(run(1).iter().all(|x| (4.0..=20.0).contains(x)));
        assert!(run(1).windows(2).all(|pair| (pair[0] - pair[1]).abs() <= 16.0 * STEP));
    }
}
