//! What every output has: who says what it shows, and who goes before whom.
//!
//! Safe mode goes before a person's hand, that before what was written. Safe mode ends a forcing for good, so that
//! nothing moves by itself when it clears: the output stays at its safe value until it is written again.

use super::settings::Preset;
use super::signal::Refusal;
use crate::tag::quality::Reason;
use crate::tag::reading::{Reading, Stamp};
use crate::tag::value::Value;

#[derive(Debug, Clone)]
pub(super) struct Drive<T> {
    /// What was written last; `None` until then: the hardware is left as it is.
    wanted: Option<T>,
    /// What the hardware shows, and since when that is known.
    shown: Option<(T, Stamp)>,
    forced: Option<T>,
    safe: bool,
}

impl<T: Copy + PartialEq> Drive<T> {
    pub(super) fn new() -> Self {
        Self { wanted: None, shown: None, forced: None, safe: false }
    }

    /// What the hardware must show; `None` = leave it.
    pub(super) fn target(&self) -> Option<T> {
        self.forced.or(self.wanted)
    }

    pub(super) fn shown(&self) -> Option<T> {
        self.shown.map(|(value, _)| value)
    }

    pub(super) fn is_forced(&self) -> bool {
        self.forced.is_some()
    }

    pub(super) fn is_safe(&self) -> bool {
        self.safe
    }

    /// Whether something may be written now.
    pub(super) fn free(&self) -> Result<(), Refusal> {
        match (self.safe, self.forced) {
            (true, _) => Err(Refusal::SafeMode),
            (false, Some(_)) => Err(Refusal::Forced),
            (false, None) => Ok(()),
        }
    }

    /// Sets what is wanted, without asking whether it may.
    pub(super) fn want(&mut self, value: T) {
        self.wanted = Some(value);
    }

    /// The host booted: sets the power-on value, but not over a safe one.
    pub(super) fn power_on(&mut self, preset: Preset<T>) {
        if !self.safe {
            self.preset(preset);
        }
    }

    pub(super) fn preset(&mut self, preset: Preset<T>) {
        if let Preset::Set(value) = preset {
            self.wanted = Some(value);
        }
    }

    /// Enters or leaves safe mode; true when it was entered.
    pub(super) fn set_safe(&mut self, on: bool, preset: Preset<T>) -> bool {
        if on == self.safe {
            return false;
        }
        self.safe = on;
        if on {
            self.hold();
            self.forced = None;
            self.preset(preset);
        }
        on
    }

    /// Takes a changed safe value in while it holds.
    pub(super) fn change_safe(&mut self, before: Preset<T>, now: Preset<T>) {
        if self.safe && before != now {
            self.preset(now);
        }
    }

    /// Forces a value, or ends that: then what was written, or found, before holds again.
    pub(super) fn force(&mut self, value: Option<T>) -> Result<(), Refusal> {
        if self.safe && value.is_some() {
            return Err(Refusal::SafeMode);
        }
        if value.is_some() && self.wanted.is_none() {
            self.hold();
        }
        self.forced = value;
        Ok(())
    }

    /// Wants what is there.
    fn hold(&mut self) {
        self.wanted = self.target().or(self.shown());
    }

    pub(super) fn driven(&mut self, value: T, at: Stamp) {
        self.shown = Some((value, at));
    }

    /// Puts every value through `change`; what becomes `None` is forgotten.
    pub(super) fn convert(&mut self, change: impl Fn(T) -> Option<T>) {
        self.wanted = self.wanted.and_then(&change);
        self.forced = self.forced.and_then(&change);
        self.shown = self.shown.and_then(|(value, at)| Some((change(value)?, at)));
    }

    pub(super) fn reading(&self, say: impl Fn(T) -> Value) -> Reading {
        match self.shown {
            Some((value, at)) => Reading::Good { value: say(value), raw: crate::tag::reading::Raw::new(), at },
            None => Reading::Failed(Reason::NotYetRead),
        }
    }
}
