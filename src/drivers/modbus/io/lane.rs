//! One channel of a remote module: its state, and the write of its register under way.

use crate::channel::Channel;
use crate::channel::signal::{CountWidth, Input, Kept, Output};
use crate::config::module::{ChannelConfig, Measures, Place, Role};
use crate::runtime::commands::Command;
use crate::tag::quality::{Quality, Reason};
use crate::tag::reading::{Stamp, TagState};
use crate::tag::value::Value;

/// A read back analog value this near, in V or mA, is the one that was written: registers have steps.
const NEAR: f64 = 0.05;

/// A channel at work.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) config: ChannelConfig,
    pub(super) channel: Channel,
    /// Commands whose value no write carries yet.
    pub(super) waiting: Vec<(Command, Value)>,
    /// Commands the write under way carries.
    riding: Vec<(Command, Value)>,
    /// What the write under way sets.
    flying: Option<Output>,
    /// What the register was seen or written to hold.
    shown: Option<Output>,
    /// As of when each register was heard last, by role.
    heard: [Option<Stamp>; 3],
    /// Its registers cannot be read.
    pub(super) lost: bool,
}

impl Lane {
    pub(super) fn new(config: ChannelConfig, kept: Option<Kept>, now: Stamp) -> Self {
        Self {
            channel: Channel::new(&config.settings, kept, now),
            config,
            waiting: Vec::new(),
            riding: Vec::new(),
            flying: None,
            shown: None,
            heard: [None; 3],
            lost: false,
        }
    }

    /// What a register says; true when it is news to the channel. `counted`: the module counts its pulses.
    pub(super) fn hear(&mut self, role: Role, place: &Place, counted: bool, state: &TagState) -> bool {
        match state.quality {
            Quality::Bad if state.reason == Reason::InvalidValue && role != Role::Count => {
                let Some(at) = self.newer(role, state) else { return false };
                self.channel.sense(Input::Open, at);
            }
            Quality::Bad => {
                if state.reason == Reason::NotYetRead {
                    return false;
                }
                self.lost = true;
                self.shown = None;
                self.channel.fail(state.reason);
            }
            Quality::Good | Quality::Uncertain => {
                // A channel is good when all of it is known: a count that was not heard yet would lose its first pulses.
                if role == Role::Input && counted && self.heard[Role::Count as usize].is_none() {
                    return false;
                }
                let Some(at) = self.newer(role, state) else { return false };
                let Some(input) = state.value.as_ref().and_then(|value| input(role, place, value)) else {
                    return false;
                };
                self.lost = false;
                if role == Role::Output {
                    self.shown = match input {
                        Input::Level(level) => Some(Output::Level(level)),
                        Input::Field(x) => Some(Output::Field(x)),
                        _ => None,
                    };
                }
                self.channel.sense(input, at);
            }
        }
        true
    }

    fn newer(&mut self, role: Role, state: &TagState) -> Option<Stamp> {
        let at = state.at?;
        let before = self.heard[role as usize].replace(at);
        before.is_none_or(|before| before.mono_us < at.mono_us).then_some(at)
    }

    /// What must be written now, if anything, to the register; the commands that wait ride along.
    pub(super) fn take_off(&mut self) -> Option<Output> {
        if self.flying.is_some() {
            return None;
        }
        let wanted = self.channel.output();
        let stale = match (wanted, self.shown) {
            (Some(Output::Field(a)), Some(Output::Field(b))) => NEAR < (a - b).abs(),
            (Some(wanted), Some(shown)) => wanted != shown,
            // Nothing is known of the register: only a command is worth a write.
            _ => false,
        };
        if wanted.is_some() && (stale || !self.waiting.is_empty()) {
            self.flying = wanted;
            self.riding = std::mem::take(&mut self.waiting);
            return wanted;
        }
        None
    }

    /// The write is over: the commands that it carried, to be answered.
    pub(super) fn landed(&mut self, took: bool, now: Stamp) -> Vec<(Command, Value)> {
        if let Some(output) = self.flying.take()
            && took
        {
            self.shown = Some(output);
            self.channel.driven(output, now);
        }
        std::mem::take(&mut self.riding)
    }

    /// Everybody who waits, because the channel is going.
    pub(super) fn leave(self) -> impl Iterator<Item = Command> {
        self.waiting.into_iter().chain(self.riding).map(|(command, _)| command)
    }
}

fn input(role: Role, place: &Place, value: &Value) -> Option<Input> {
    match (role, value) {
        (Role::Count, value) => {
            let width = if place.is_wide() { CountWidth::Bits32 } else { CountWidth::Bits16 };
            let Value::U64(now) = value else { return None };
            Some(Input::Count { now: u32::try_from(*now).ok()?, width })
        }
        (_, Value::Bool(on)) => Some(Input::Level(*on)),
        (_, value) => {
            let x = value.as_f64()?;
            Some(match place.measures {
                Measures::Field => Input::Field(x),
                Measures::Celsius => Input::Celsius(x),
                Measures::Ohm => Input::Ohm(x),
                Measures::Millivolt => Input::Millivolt { mv: x, cold_junction: None },
            })
        }
    }
}
