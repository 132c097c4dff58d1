//! Lines that tests move.

use super::pin::{Direction, Edge, Pin, Pins};
use crate::config::module::driver::gpio::GpioLine;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What the kernel keeps of a line's changes.
const KEPT: usize = 1024;

/// The chip of a test; clones share it.
#[derive(Debug, Clone, Default)]
pub(in crate::drivers::local_io) struct Scripted(Arc<Mutex<HashMap<String, State>>>);

#[derive(Debug, Default)]
struct State {
    level: bool,
    events: Vec<Edge>,
    sequence: u32,
    opened: u32,
    driven: u32,
    broken: bool,
}

impl Scripted {
    fn with<R>(&self, place: &str, act: impl FnOnce(&mut State) -> R) -> R {
        act(self.0.lock().unwrap().entry(place.to_owned()).or_default())
    }

    /// The field changes an input, so many microseconds before the next look.
    pub(in crate::drivers::local_io) fn change(&self, place: &str, level: bool, ago_us: u64) {
        self.with(place, |state| {
            state.level = level;
            state.sequence += 1;
            // As the kernel does when its buffer is full: the change is lost, its number is not given again.
            if state.events.len() < KEPT {
                state.events.push(Edge { level, ago_us, sequence: state.sequence });
            }
        });
    }

    pub(in crate::drivers::local_io) fn set_broken(&self, place: &str, broken: bool) {
        self.with(place, |state| state.broken = broken);
    }

    pub(in crate::drivers::local_io) fn level(&self, place: &str) -> bool {
        self.with(place, |state| state.level)
    }

    pub(in crate::drivers::local_io) fn opened(&self, place: &str) -> u32 {
        self.with(place, |state| state.opened)
    }

    pub(in crate::drivers::local_io) fn driven(&self, place: &str) -> u32 {
        self.with(place, |state| state.driven)
    }
}

struct ScriptedPin {
    place: String,
    chip: Scripted,
}

impl ScriptedPin {
    fn alive<R>(&self, act: impl FnOnce(&mut State) -> R) -> Result<R, String> {
        self.chip.with(&self.place, |state| if state.broken { Err("unplugged".to_owned()) } else { Ok(act(state)) })
    }
}

impl Pins for Scripted {
    fn open(&mut self, line: &GpioLine, _: Direction) -> Result<Box<dyn Pin>, String> {
        let pin = ScriptedPin { place: line.place(), chip: self.clone() };
        pin.alive(|state| state.opened += 1)?;
        Ok(Box::new(pin))
    }
}

impl Pin for ScriptedPin {
    fn level(&mut self) -> Result<bool, String> {
        self.alive(|state| state.level)
    }

    fn set(&mut self, level: bool) -> Result<(), String> {
        self.alive(|state| {
            state.driven += 1;
            state.level = level;
        })
    }

    fn events(&mut self, into: &mut Vec<Edge>) -> Result<(), String> {
        self.alive(|state| into.append(&mut state.events))
    }
}
