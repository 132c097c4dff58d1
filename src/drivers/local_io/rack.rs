//! The channels of one module: between their state machines, the hardware, the image and those who write.

use super::backend::{Backend, Make, Sight, Wiring};
use crate::channel::Channel;
use crate::channel::settings::ChannelSettings;
use crate::channel::signal::{Input, Kept, Output, Refusal};
use crate::config::module::{ChannelConfig, ModuleConfig};
use crate::runtime::commands::{Command, WriteError};
use crate::runtime::image::{Image, Slot, Writer};
use crate::runtime::modules::ChannelStatus;
use crate::tag::channel::Aspects;
use crate::tag::quality::Reason;
use crate::tag::reading::{Reading, Stamp};
use crate::tag::value::Value;
use std::collections::HashMap;

/// A value that stays is told the image this often, in microseconds: how much older than the last look its age may seem.
const REFRESH_US: u64 = 100_000;
/// Edges of one output that are driven at once: one may bring the next, as the last of a train does.
const EDGES: usize = 3;

/// The channels of one module.
pub(super) struct Rack {
    config: ModuleConfig,
    backend: Box<dyn Backend>,
    make: Make,
    places: Vec<Place>,
    image: Image,
    writer: Writer,
    declared: u64,
    refreshed: u64,
    /// Why the safe mode is active.
    safe: Option<String>,
    /// Counts of channels that are not there at present, by id.
    kept: HashMap<String, Kept>,
    /// The host has booted since the module was known to it: the first channels are set to their power-on values.
    power_on: bool,
    seen: Vec<Sight>,
}

struct Place {
    config: ChannelConfig,
    channel: Channel,
    /// Why the hardware has no value of it.
    error: Option<String>,
    /// Its hardware was there once since the program started.
    was_open: bool,
    /// Then it is set to its power-on value: the host has booted.
    power_on: bool,
    /// What the hardware was driven with last.
    driven: Option<Output>,
    slot: Option<Slot>,
    told: Option<(Reading, Aspects)>,
}

/// How the channels are, for the unit's health.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Trouble {
    /// Channels whose hardware is not at hand.
    pub(super) broken: usize,
    /// The first of them, and why.
    pub(super) first: Option<(String, String)>,
}

impl Rack {
    /// The channels of a module that was never looked at.
    pub(super) fn new(
        config: ModuleConfig,
        image: &Image,
        kept: HashMap<String, Kept>,
        power_on: bool,
        make: Make,
    ) -> Self {
        let writer = image.writer(&config.identity.name);
        let backend = make(&config.driver);
        Self {
            config,
            backend,
            make,
            places: Vec::new(),
            image: image.clone(),
            writer,
            declared: 0,
            refreshed: 0,
            safe: None,
            kept,
            power_on,
            seen: Vec::new(),
        }
    }

    /// The configuration in force.
    pub(super) fn config(&self) -> &ModuleConfig {
        &self.config
    }

    /// Takes a configuration in; channels that did not change notice nothing of it.
    pub(super) fn configure(&mut self, config: ModuleConfig, now: Stamp) {
        if config.identity.name != self.config.identity.name {
            self.writer = self.image.writer(&config.identity.name);
        }
        if std::mem::discriminant(&config.driver) != std::mem::discriminant(&self.config.driver) {
            self.backend = (self.make)(&config.driver);
            self.places.iter_mut().for_each(|place| place.driven = None);
        }
        let mut before = std::mem::take(&mut self.places);
        for wanted in config.channels.iter().filter(|channel| channel.identity.enabled) {
            let same = |place: &Place| {
                place.config.identity.id == wanted.identity.id
                    && place.config.number == wanted.number
                    && place.config.settings.kind == wanted.settings.kind
            };
            let place = if let Some(at) = before.iter().position(same) {
                let mut place = before.swap_remove(at);
                if place.config.settings != wanted.settings {
                    place.channel.configure(&wanted.settings, now);
                }
                place.config = wanted.clone();
                place
            } else {
                let kept = self.kept.get(&wanted.identity.id).copied();
                let mut channel = Channel::new(&wanted.settings, kept, now);
                channel.set_safe(self.safe.is_some(), now);
                Place {
                    config: wanted.clone(),
                    channel,
                    error: None,
                    was_open: false,
                    power_on: self.power_on,
                    driven: None,
                    slot: None,
                    told: None,
                }
            };
            self.places.push(place);
        }
        for gone in before {
            if let Some(kept) = gone.channel.kept() {
                self.kept.insert(gone.config.identity.id, kept);
            }
        }
        // What is added later has not booted with the host.
        self.power_on = false;
        self.config = config;
        self.declared = 0;
        self.open(now);
    }

    /// Opens what hardware is missing; true when none is any more.
    pub(super) fn open(&mut self, now: Stamp) -> bool {
        let channels: Vec<(u8, ChannelSettings)> =
            self.places.iter().map(|place| (place.config.number, place.config.settings.clone())).collect();
        let missing = self.backend.wire(&Wiring { driver: &self.config.driver, channels: &channels }, now);
        for place in &mut self.places {
            let why = missing.iter().find(|(number, _)| *number == place.config.number).map(|(_, why)| why.clone());
            match why {
                Some(why) => place.lose(why),
                None => place.found(self.safe.is_some(), now),
            }
        }
        missing.is_empty()
    }

    /// Looks at the hardware.
    pub(super) fn scan(&mut self, now: Stamp) {
        let mut seen = std::mem::take(&mut self.seen);
        self.backend.scan(now, &mut seen);
        for sight in seen.drain(..) {
            let Some(place) = self.places.iter_mut().find(|place| place.config.number == sight.channel) else {
                continue;
            };
            match sight.what {
                Ok(input) if place.error.is_none() => {
                    // Somebody else set the line: what was driven is not there any more, and is driven again.
                    if let (Input::Level(seen), Some(Output::Level(driven))) = (input, place.driven)
                        && seen != driven
                    {
                        place.driven = None;
                    }
                    place.channel.sense(input, sight.at);
                }
                Ok(_) => (),
                Err(why) => place.lose(why),
            }
        }
        self.seen = seen;
        self.settle(now);
    }

    /// Does what is due by now, and drives outputs.
    pub(super) fn settle(&mut self, now: Stamp) {
        for place in &mut self.places {
            place.channel.advance(now);
            place.drive(self.backend.as_mut(), now).unwrap_or_else(|why| place.lose(why));
        }
    }

    /// When `settle` matters next, in microseconds of the monotonic clock.
    pub(super) fn next_change(&self) -> Option<u64> {
        self.places.iter().filter_map(|place| place.channel.next_change()).min()
    }

    /// Tells the image what differs, and now and then also what does not.
    pub(super) fn tell(&mut self, now: Stamp) {
        let declared = self.writer.declared();
        let anew = declared != self.declared;
        if anew {
            self.declared = declared;
            for place in &mut self.places {
                let source = u64::from(place.config.number);
                place.slot = self.writer.slot_of(&place.config.identity.name, source);
            }
        }
        let refresh = anew || self.refreshed + REFRESH_US <= now.mono_us;
        let mut batch = Vec::new();
        for place in &mut self.places {
            let Some(slot) = place.slot else { continue };
            let (reading, aspects) = place.channel.report();
            let differs = place.told.as_ref().is_none_or(|(before, old)| *old != aspects || !same(before, &reading));
            if differs || refresh {
                place.told = Some((reading.clone(), aspects));
                batch.push((slot, reading, aspects));
            }
        }
        if refresh {
            self.refreshed = now.mono_us;
        }
        if !batch.is_empty() {
            self.writer.write_channels(&batch);
        }
    }

    /// Does a command and answers it.
    pub(super) fn write(&mut self, command: Command, now: Stamp) {
        let result = self.written(&command, now);
        // Whoever hears the answer finds the new value in the image.
        self.tell(now);
        command.answer(result);
    }

    fn written(&mut self, command: &Command, now: Stamp) -> Result<Value, WriteError> {
        let (backend, safe) = (self.backend.as_mut(), self.safe.as_deref());
        let name = command.tag.name();
        let place = self.places.iter_mut().find(|place| place.config.identity.name == name);
        let place = place.ok_or_else(|| WriteError::Unknown(command.tag.to_string()))?;
        // What hardware that is gone does not take must not come to it later.
        if let Some(why) = place.error.as_ref().filter(|_| place.config.settings.kind.is_output()) {
            return Err(WriteError::Module(why.clone()));
        }
        let point = || format!("{}/{}", command.tag, command.attribute);
        let taken = place.channel.write(command.attribute, &command.value, now);
        let value = taken.map_err(|refusal| place.refused(refusal, point(), safe))?;
        place.driven_now(backend, now)?;
        Ok(value)
    }

    /// Holds a channel at a value, or ends that.
    pub(super) fn force(&mut self, channel: &str, value: Option<Value>, now: Stamp) -> Result<(), WriteError> {
        let (backend, safe) = (self.backend.as_mut(), self.safe.as_deref());
        let point = format!("{}/{channel}", self.config.identity.name);
        let place = self.places.iter_mut().find(|place| place.config.identity.name == channel);
        let place = place.ok_or_else(|| WriteError::Unknown(point.clone()))?;
        let output = place.config.settings.kind.is_output();
        if let (Some(why), Some(_), true) = (&place.error, &value, output) {
            return Err(WriteError::Module(why.clone()));
        }
        place.channel.force(value, now).map_err(|refusal| place.refused(refusal, point, safe))?;
        let done = place.driven_now(backend, now);
        self.tell(now);
        done
    }

    /// Ends every forcing; answers how many there were.
    pub(super) fn end_forcing(&mut self, now: Stamp) -> usize {
        let mut ended = 0;
        for place in self.places.iter_mut().filter(|place| place.channel.report().1.forced) {
            ended += usize::from(place.channel.force(None, now).is_ok());
        }
        self.settle(now);
        self.tell(now);
        ended
    }

    /// Enters the safe mode with its reason, or leaves it.
    pub(super) fn set_safe(&mut self, why: Option<String>, now: Stamp) {
        let on = why.is_some();
        self.safe = why;
        self.places.iter_mut().for_each(|place| place.channel.set_safe(on, now));
        self.settle(now);
        self.tell(now);
    }

    /// Whether the safe mode is active.
    pub(super) fn is_safe(&self) -> bool {
        self.safe.is_some()
    }

    /// What is to be kept over a power loss, by the id of the channel.
    pub(super) fn kept(&self) -> impl Iterator<Item = (&str, Kept)> {
        self.places.iter().filter_map(|place| Some((place.config.identity.id.as_str(), place.channel.kept()?)))
    }

    /// What the hardware could not hand over.
    pub(super) fn lost_events(&self) -> u64 {
        self.backend.lost_events()
    }

    /// Which hardware is missing.
    pub(super) fn trouble(&self) -> Trouble {
        let mut broken =
            self.places.iter().filter_map(|place| Some((&place.config.identity.name, place.error.as_ref()?)));
        let first = broken.next().map(|(name, why)| (name.clone(), why.clone()));
        Trouble { broken: usize::from(first.is_some()) + broken.count(), first }
    }

    /// The channels as the status shows them.
    pub(super) fn channels(&self) -> Vec<ChannelStatus> {
        let status = |place: &Place| ChannelStatus {
            channel: place.config.number,
            name: place.config.identity.name.clone(),
            kind: place.config.settings.kind.as_str(),
            mode: place.config.settings.mode.as_str(),
            forced: place.channel.report().1.forced,
            error: place.error.clone(),
        };
        self.places.iter().map(status).collect()
    }
}

impl Place {
    fn lose(&mut self, why: String) {
        self.channel.fail(Reason::NoModule);
        self.error = Some(why);
        self.driven = None;
    }

    /// Its hardware is there.
    fn found(&mut self, safe: bool, now: Stamp) {
        let returned = self.error.take().is_some();
        if !self.was_open {
            self.was_open = true;
            if self.power_on && !safe {
                self.channel.power_on();
            }
        } else if returned && !safe {
            // Lost hardware may have got new power meanwhile, and what was written long ago must not come to it by itself:
            // it begins at its safe value.
            self.channel.set_safe(true, now);
            self.channel.set_safe(false, now);
        }
    }

    /// Drives what the channel wants and the hardware does not show yet.
    fn drive(&mut self, backend: &mut dyn Backend, now: Stamp) -> Result<(), String> {
        if self.error.is_some() {
            return Ok(());
        }
        for _ in 0..EDGES {
            let Some(output) = self.channel.output().filter(|output| self.driven != Some(*output)) else { break };
            backend.drive(self.config.number, output)?;
            self.driven = Some(output);
            self.channel.driven(output, now);
        }
        Ok(())
    }

    /// As `drive`, for somebody who waits for it.
    fn driven_now(&mut self, backend: &mut dyn Backend, now: Stamp) -> Result<(), WriteError> {
        self.drive(backend, now).map_err(|why| {
            self.lose(why.clone());
            WriteError::Module(why)
        })
    }

    fn refused(&self, refusal: Refusal, point: String, safe: Option<&str>) -> WriteError {
        match refusal {
            Refusal::WrongMode => WriteError::WrongMode { point, mode: self.config.settings.mode.as_str() },
            Refusal::SafeMode => WriteError::SafeMode(safe.unwrap_or_default().to_owned()),
            Refusal::Forced => WriteError::Forced(point),
            Refusal::NotWritable => WriteError::NotWritable(point),
            Refusal::Unfit => WriteError::Unfit(format!("`{point}` cannot show that value")),
        }
    }
}

/// Whether two readings say the same, apart from their times.
fn same(a: &Reading, b: &Reading) -> bool {
    match (a, b) {
        (Reading::Good { value: a, .. }, Reading::Good { value: b, .. }) => a.same(b),
        (Reading::Uncertain { value: a, reason: x, .. }, Reading::Uncertain { value: b, reason: y, .. }) => {
            a.same(b) && x == y
        }
        (Reading::Failed(x), Reading::Failed(y)) | (Reading::Unknown(x), Reading::Unknown(y)) => x == y,
        (Reading::Invalid { .. }, Reading::Invalid { .. }) => true,
        (Reading::Bad { value: a, reason: x, .. }, Reading::Bad { value: b, reason: y, .. }) => x == y && a == b,
        _ => false,
    }
}
