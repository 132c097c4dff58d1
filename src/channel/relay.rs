//! A relay: on or off, and how often its contact closed.

use super::drive::Drive;
use super::settings::RelaySettings;
use super::signal::{Kept, Refusal};
use crate::tag::attribute::Attribute;
use crate::tag::channel::Own;
use crate::tag::reading::{Reading, Stamp};
use crate::tag::value::Value;

#[derive(Debug, Clone)]
pub(super) struct Relay {
    settings: RelaySettings,
    pub(super) drive: Drive<bool>,
    /// Closings; wear ends a contact long before 32 bits do.
    worn: Kept,
}

impl Relay {
    pub(super) fn new(settings: RelaySettings, kept: Option<Kept>) -> Self {
        Self { settings, drive: Drive::new(), worn: kept.unwrap_or_default() }
    }

    pub(super) fn configure(&mut self, settings: RelaySettings) {
        self.drive.change_safe(self.settings.safe, settings.safe);
        self.settings = settings;
    }

    pub(super) fn write(&mut self, attribute: Attribute, value: &Value) -> Result<Value, Refusal> {
        match (attribute, value) {
            (Attribute::Value, Value::Bool(on)) => {
                self.drive.free()?;
                self.drive.want(*on);
            }
            (Attribute::ResetCurrentCount, _) => self.worn.since_reset = 0,
            (Attribute::Value, _) => return Err(Refusal::Unfit),
            _ => return Err(Refusal::NotWritable),
        }
        Ok(value.clone())
    }

    pub(super) fn power_on(&mut self) {
        self.drive.power_on(self.settings.power_on);
    }

    pub(super) fn set_safe(&mut self, on: bool) {
        self.drive.set_safe(on, self.settings.safe);
    }

    /// A closing is counted when the contact is known to have been open before: what is read back first is no closing.
    pub(super) fn driven(&mut self, closed: bool, at: Stamp) {
        if closed && self.drive.shown() == Some(false) {
            self.worn.count = self.worn.count.saturating_add(1);
            self.worn.since_reset = self.worn.since_reset.saturating_add(1);
        }
        self.drive.driven(closed, at);
    }

    pub(super) fn kept(&self) -> Kept {
        self.worn
    }

    pub(super) fn report(&self) -> (Reading, Own) {
        let own = Own::Relay { total_count: self.worn.count, current_count: self.worn.since_reset };
        (self.drive.reading(Value::Bool), own)
    }
}
