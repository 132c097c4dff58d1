//! `gpio`: lines of the GPIO character device. Inputs are followed by the kernel's events, so that nothing between two
//! scans is lost; each line is a request of its own, so that an edit of one touches no other.

mod kernel;
mod pin;
#[cfg(test)]
pub(super) mod scripted;

pub(super) use kernel::Kernel;
pub(super) use pin::{Direction, Pin, Pins};

use super::backend::{Backend, Sight, Wiring, not_open, other_kind};
use crate::channel::signal::{Input, Output};
use crate::config::module::driver::DriverConfig;
use crate::config::module::driver::gpio::GpioLine;
use crate::tag::reading::Stamp;

/// The lines of one module.
pub(super) struct Gpio {
    pins: Box<dyn Pins>,
    lines: Vec<Line>,
    lost: u64,
}

struct Line {
    config: GpioLine,
    direction: Direction,
    pin: Box<dyn Pin>,
    /// The number of the last event.
    sequence: Option<u32>,
}

impl Gpio {
    /// Lines that are opened by `pins`.
    pub(super) fn new(pins: Box<dyn Pins>) -> Self {
        Self { pins, lines: Vec::new(), lost: 0 }
    }
}

impl Backend for Gpio {
    fn wire(&mut self, wiring: &Wiring<'_>, _now: Stamp) -> Vec<(u8, String)> {
        let DriverConfig::Gpio(config) = wiring.driver else { return Vec::new() };
        let mut before = std::mem::take(&mut self.lines);
        let mut wanted = Vec::new();
        let mut failed = Vec::new();
        for (number, settings) in wiring.channels {
            let direction = if settings.kind.is_output() { Direction::Output } else { Direction::Input };
            let Some(line) = config.lines.iter().find(|line| line.channel == *number) else {
                failed.push((*number, format!("channel {number} has no line: name it in the driver's `lines`")));
                continue;
            };
            let same = |open: &Line| open.config == *line && open.direction == direction;
            match before.iter().position(same) {
                Some(at) => self.lines.push(before.swap_remove(at)),
                None => wanted.push((line, direction)),
            }
        }
        // Those that nobody wants any more are let go first: another channel may want the same line.
        drop(before);
        for (line, direction) in wanted {
            match self.pins.open(line, direction) {
                Ok(pin) => self.lines.push(Line { config: line.clone(), direction, pin, sequence: None }),
                Err(why) => failed.push((line.channel, why)),
            }
        }
        failed
    }

    fn scan(&mut self, now: Stamp, seen: &mut Vec<Sight>) {
        let mut lost = 0;
        self.lines.retain_mut(|line| match line.look(now, seen) {
            Ok(missed) => {
                lost += u64::from(missed);
                true
            }
            Err(why) => {
                seen.push(Sight { channel: line.config.channel, what: Err(why), at: now });
                false
            }
        });
        self.lost += lost;
    }

    fn drive(&mut self, channel: u8, output: Output) -> Result<(), String> {
        let Output::Level(level) = output else { return Err(other_kind()) };
        let at = self.lines.iter().position(|line| line.config.channel == channel);
        let at = at.ok_or_else(|| not_open(channel))?;
        let driven = self.lines[at].pin.set(level);
        if driven.is_err() {
            self.lines.swap_remove(at);
        }
        driven
    }

    fn lost_events(&self) -> u64 {
        self.lost
    }
}

impl Line {
    /// Tells the events since the last look and the level now; answers how many events are missing.
    fn look(&mut self, now: Stamp, seen: &mut Vec<Sight>) -> Result<u32, String> {
        // The level is read before the events: then these hold all that led to it, and at most what came after.
        let level = self.pin.level()?;
        let channel = self.config.channel;
        let mut edges = Vec::new();
        if self.direction == Direction::Input {
            self.pin.events(&mut edges)?;
        }
        let mut lost = 0;
        let mut last = None;
        for edge in edges {
            let at = before(now, edge.ago_us);
            let missed = self.sequence.map_or(0, |sequence| edge.sequence.wrapping_sub(sequence).wrapping_sub(1));
            // Numbers that go back begin anew with another request of the line.
            lost += if missed < u32::MAX / 2 { missed } else { 0 };
            self.sequence = Some(edge.sequence);
            seen.push(Sight { channel, what: Ok(Input::Level(edge.level)), at });
            last = Some(edge);
        }
        // A change keeps its own time. The level is told where nothing changed, and where events are missing.
        if last.is_none_or(|edge| edge.level != level && 0 < edge.ago_us) {
            seen.push(Sight { channel, what: Ok(Input::Level(level)), at: now });
        }
        Ok(lost)
    }
}

/// A moment so many microseconds ago.
fn before(now: Stamp, us: u64) -> Stamp {
    let ms = i64::try_from(us / 1000).unwrap_or(0);
    Stamp { unix_ms: now.unix_ms - ms, mono_us: now.mono_us.saturating_sub(us) }
}
