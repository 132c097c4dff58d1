//! The channels of one remote module, by their numbers; what they say goes to the image together.

use super::lane::Lane;
use crate::channel::signal::{Kept, Output, Refusal};
use crate::config::module::{ModbusIoConfig, ModuleConfig, Role, parse_tag_name};
use crate::runtime::commands::{Command, WriteError};
use crate::runtime::image::{Slot, TagView, Writer};
use crate::runtime::modules::ChannelStatus;
use crate::tag::attribute::Attribute;
use crate::tag::quality::Reason;
use crate::tag::reading::Stamp;
use crate::tag::value::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The channels of a module.
#[derive(Debug, Default)]
pub(super) struct Bank {
    lanes: BTreeMap<u8, Lane>,
    /// Channels with news for the image.
    changed: BTreeSet<u8>,
    slots: HashMap<u8, Option<Slot>>,
    declared: Option<u64>,
}

impl Bank {
    /// Makes the channels those of the configuration; those that stay keep counts, values and outputs. Answers commands of
    /// channels that go.
    pub(super) fn configure(&mut self, module: &ModuleConfig, kept: &HashMap<String, Kept>, safe: bool, now: Stamp) {
        let mut old = std::mem::take(&mut self.lanes);
        for config in module.channels.iter().filter(|channel| channel.identity.enabled) {
            let number = config.number;
            let same = old.remove(&number).filter(|lane| lane.config.identity.id == config.identity.id);
            let mut lane = if let Some(mut lane) = same {
                lane.channel.configure(&config.settings, now);
                lane.config = config.clone();
                lane
            } else {
                Lane::new(config.clone(), kept.get(&config.identity.id).copied(), now)
            };
            lane.channel.set_safe(safe, now);
            self.lanes.insert(number, lane);
        }
        for command in old.into_values().flat_map(Lane::leave) {
            let tag = command.tag.to_string();
            command.answer(Err(WriteError::Unknown(tag)));
        }
        self.changed = self.lanes.keys().copied().collect();
        self.declared = None;
    }

    /// Takes what registers say; true when outputs that were out of reach are back, and must be made safe.
    pub(super) fn hear(&mut self, driver: &ModbusIoConfig, views: &[TagView]) -> bool {
        let mut back = false;
        for view in views {
            let Some((number, role)) = parse_tag_name(view.def.name.name()) else { continue };
            let Some(lane) = self.lanes.get_mut(&number) else { continue };
            let Some(place) = driver.place(lane.config.settings.kind, role) else { continue };
            let counted = driver.place(lane.config.settings.kind, Role::Count).is_some();
            let was_lost = lane.lost;
            if lane.hear(role, place, counted, &view.state) {
                back |= was_lost && !lane.lost && lane.config.settings.kind.is_output();
                self.changed.insert(number);
            }
        }
        back
    }

    /// Takes one command; it is answered at once, or when the write it needs has landed.
    pub(super) fn command(&mut self, command: Command, now: Stamp) {
        let found = self.lanes.iter_mut().find(|(_, lane)| lane.config.identity.name == command.tag.name());
        let Some((number, lane)) = found else {
            let tag = command.tag.to_string();
            return command.answer(Err(WriteError::Unknown(tag)));
        };
        self.changed.insert(*number);
        match lane.channel.write(command.attribute, &command.value, now) {
            Err(refusal) => {
                let error = refused(refusal, lane, &command);
                command.answer(Err(error));
            }
            Ok(value) if lane.config.settings.kind.is_output() && sets_output(command.attribute) => {
                if lane.lost {
                    let tag = command.tag.to_string();
                    command.answer(Err(WriteError::OutOfReach(tag)));
                } else {
                    lane.waiting.push((command, value));
                }
            }
            Ok(value) => command.answer(Ok(value)),
        }
    }

    /// Every write of a register that is due now.
    pub(super) fn take_off(&mut self, now: Stamp) -> Vec<(u8, Output)> {
        let mut writes = Vec::new();
        for (number, lane) in &mut self.lanes {
            if lane.channel.next_change().is_some_and(|at| at <= now.mono_us) {
                lane.channel.advance(now);
                self.changed.insert(*number);
            }
            if let Some(output) = lane.take_off() {
                writes.push((*number, output));
            }
        }
        writes
    }

    /// A write is over.
    pub(super) fn landed(&mut self, number: u8, result: Result<(), WriteError>, now: Stamp) {
        let Some(lane) = self.lanes.get_mut(&number) else { return };
        for (command, value) in lane.landed(result.is_ok(), now) {
            command.answer(result.clone().map(|()| value));
        }
        self.changed.insert(number);
    }

    /// Holds outputs at their safe values, or lets them go.
    pub(super) fn set_safe(&mut self, on: bool, now: Stamp) {
        for (number, lane) in &mut self.lanes {
            lane.channel.set_safe(on, now);
            self.changed.insert(*number);
        }
    }

    /// Holds a channel at a value by hand, or lets it go.
    pub(super) fn force(&mut self, name: &str, value: Option<Value>, now: Stamp) -> Result<(), WriteError> {
        let found = self.lanes.iter_mut().find(|(_, lane)| lane.config.identity.name == name);
        let Some((number, lane)) = found else { return Err(WriteError::Unknown(name.to_owned())) };
        self.changed.insert(*number);
        let unfit = value.as_ref().map(ToString::to_string).unwrap_or_default();
        lane.channel.force(value, now).map_err(|refusal| match refusal {
            Refusal::SafeMode => WriteError::SafeMode(name.to_owned()),
            _ => WriteError::Unfit(format!("`{name}` cannot be {unfit}")),
        })
    }

    /// Lets every channel go; how many were forced.
    pub(super) fn end_all(&mut self, now: Stamp) -> usize {
        let names: Vec<String> = self.lanes.values().map(|lane| lane.config.identity.name.clone()).collect();
        let forced = self.forced();
        for name in names {
            // Letting go is never refused.
            self.force(&name, None, now).ok();
        }
        forced
    }

    /// How many channels are forced.
    pub(super) fn forced(&self) -> usize {
        self.lanes.values().filter(|lane| lane.channel.report().1.forced).count()
    }

    /// When a channel changes by itself next, in microseconds of the monotonic clock.
    pub(super) fn next_change(&self) -> Option<u64> {
        self.lanes.values().filter_map(|lane| lane.channel.next_change()).min()
    }

    /// What to keep over a power loss, by the id of the channel.
    pub(super) fn kept(&self) -> Vec<(String, Kept)> {
        let kept = |lane: &Lane| Some((lane.config.identity.id.clone(), lane.channel.kept()?));
        self.lanes.values().filter_map(kept).collect()
    }

    /// Hands what is new to the image, all in one moment.
    pub(super) fn publish(&mut self, writer: &Writer) {
        let declared = writer.declared();
        if self.declared != Some(declared) {
            self.declared = Some(declared);
            let place = |(number, lane): (&u8, &Lane)| (*number, writer.slot(&lane.config.identity.name));
            self.slots = self.lanes.iter().map(place).collect();
            self.changed = self.lanes.keys().copied().collect();
        }
        let mut batch = Vec::with_capacity(self.changed.len());
        for number in std::mem::take(&mut self.changed) {
            let (Some(lane), Some(Some(slot))) = (self.lanes.get(&number), self.slots.get(&number)) else { continue };
            let (reading, aspects) = lane.channel.report();
            batch.push((*slot, reading, aspects));
        }
        if !batch.is_empty() {
            writer.write_channels(&batch);
        }
    }

    /// Every channel as the status shows it.
    pub(super) fn status(&self) -> Vec<ChannelStatus> {
        let status = |(number, lane): (&u8, &Lane)| ChannelStatus {
            channel: *number,
            name: lane.config.identity.name.clone(),
            kind: lane.config.settings.kind.as_str(),
            mode: lane.config.settings.mode.as_str(),
            forced: lane.channel.report().1.forced,
            error: lane.lost.then(|| Reason::NoAnswer.to_string()),
        };
        self.lanes.iter().map(status).collect()
    }
}

/// Whether the attribute changes what the hardware shows.
fn sets_output(attribute: Attribute) -> bool {
    matches!(attribute, Attribute::Value | Attribute::Raw)
}

fn refused(refusal: Refusal, lane: &Lane, command: &Command) -> WriteError {
    let point = if command.attribute == Attribute::Value {
        command.tag.to_string()
    } else {
        format!("{}/{}", command.tag, command.attribute)
    };
    match refusal {
        Refusal::WrongMode => WriteError::WrongMode { point, mode: lane.config.settings.mode.as_str() },
        Refusal::SafeMode => WriteError::SafeMode(point),
        Refusal::Forced => WriteError::Forced(command.tag.to_string()),
        Refusal::NotWritable => WriteError::NotWritable(point),
        Refusal::Unfit => WriteError::Unfit(format!("{} does not fit {point}", command.value)),
    }
}
