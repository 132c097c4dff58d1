//! The connection as an edge node of Sparkplug: which births and deaths are to be told now, and what waited made into data
//! that a host understands. No socket and no clock of its own.
//!
//! ```text
//! connected -> subscribed -> (the primary host is online) -> NBIRTH -> DBIRTH of each device that can be reached -> DDATA, in order
//! ```
//!
//! * **Level-triggered.** A birth or death that is due is a mark, and is made of the present states when it is sent; what
//!   a host asks for meanwhile changes nothing.
//! * **Before data.** While a birth is due nothing that waits is sent. What was produced before the birth of its device is
//!   of the past and marked so, unless the birth said the very same.
//! * **`seq`** is given when a message is handed over, so it has no holes; a message that the client library takes back
//!   although the session goes on makes all births due.
//! * **A device** is offline while no tag of it can be reached. Its death is told when everything that was produced before
//!   is on its way. If something of it waits although it is offline, it is born for as long as that takes.

mod device;
mod host;
mod wills;

use super::queue::ledger::Loss;
use crate::config::catalogue::Catalogue;
use crate::config::publication::PublicationConfig;
use crate::config::sparkplug::EdgeNodeConfig;
use crate::platform::clock;
use crate::runtime::image::{Reader, TagView};
use crate::tag::def::TagDef;
use crate::tag::reading::Stamp;
use crate::views::json::TagRef;
use crate::views::sparkplug::message::{data, device_death, node_birth, node_death};
use crate::views::sparkplug::model::{Aliases, devices, is_reachable};
use crate::views::sparkplug::payload::Payload;
use crate::views::sparkplug::topic::Topics;
use bytes::Bytes;
use device::Device;
pub(super) use host::Asked;
use prost::Message as _;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
pub(super) use wills::Wills;

/// Between two births that hosts ask for: a birth is many times larger than the question.
const PAUSE: Duration = Duration::from_secs(1);

/// The state of one edge node.
#[derive(Debug)]
pub(super) struct Edge {
    config: EdgeNodeConfig,
    topics: Topics,
    aliases: Aliases,
    devices: Vec<Device>,
    by_name: HashMap<String, usize>,
    /// Device and place of the metric.
    by_alias: HashMap<u64, (usize, usize)>,
    /// By the cell of a tag: the devices it is of, and whether it can be reached.
    cells: HashMap<u32, (SmallVec<[usize; 1]>, bool)>,
    /// Devices that were born in this session and are no more.
    gone: Vec<String>,
    stage: Stage,
    bd_seq: u8,
    seq: u8,
    /// Records below this id were produced before the node's birth.
    live_from: u64,
    host: host::Host,
    /// Hosts can be heard.
    hears: bool,
    /// Whether some device may have something to tell.
    restless: bool,
    born_at: Option<Instant>,
    /// When a birth that was asked for too soon is told.
    again_at: Option<Instant>,
    /// Until then nothing else is: a `seq` is missing. What hosts ask for silences nobody.
    has_hole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is no session.
    Down,
    /// The subscriptions are not acknowledged, or the primary host is not known to be online.
    Waiting,
    /// NBIRTH is due.
    Due,
    /// NBIRTH is told.
    Alive,
}

/// Where the queue stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// The id of the next record.
    pub(super) next: u64,
    /// The lowest id that is still to be handed over.
    pub(super) oldest: Option<u64>,
}

/// A birth or a death, ready to be sent.
#[derive(Debug)]
pub(super) struct Saying {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) step: Step,
}

/// What follows when it was sent.
#[derive(Debug)]
pub(super) enum Step {
    Node,
    Birth(usize, Vec<device::Said>),
    Death(usize),
    Gone,
}

/// What became of something that waited.
#[derive(Debug, PartialEq)]
pub(super) enum Made {
    /// To be sent.
    Data {
        topic: String,
        payload: Bytes,
    },
    /// Its device must be born first.
    NotYet,
    /// The birth said it.
    Told,
    Void(Loss),
}

impl Edge {
    pub(super) fn new(config: EdgeNodeConfig) -> Self {
        Self {
            topics: Topics::of(&config),
            host: host::Host::new(config.primary_host.as_deref()),
            config,
            aliases: Aliases::default(),
            devices: Vec::new(),
            by_name: HashMap::new(),
            by_alias: HashMap::new(),
            cells: HashMap::new(),
            gone: Vec::new(),
            stage: Stage::Down,
            bd_seq: 0,
            seq: 0,
            live_from: 0,
            hears: false,
            restless: false,
            born_at: None,
            again_at: None,
            has_hole: false,
        }
    }

    /// Whether these settings are of this edge node.
    pub(super) fn is(&self, config: &EdgeNodeConfig) -> bool {
        let own = &self.config;
        (&own.group, &own.edge_node, &own.primary_host) == (&config.group, &config.edge_node, &config.primary_host)
    }

    /// Other tags that hosts may write.
    pub(super) fn allow(&mut self, config: &EdgeNodeConfig) {
        self.config.writable.clone_from(&config.writable);
    }

    /// Shows these publications from now on. What a host knows of a device that stays as it was it need not be told again.
    pub(super) fn configure(
        &mut self,
        publications: &[PublicationConfig],
        appliance: &str,
        defs: &[(u32, Arc<TagDef>)],
        reader: &Reader,
    ) {
        let catalogue = Catalogue::new(defs.iter().map(|(_, def)| def.as_ref()));
        let shown = devices(publications, appliance, &catalogue);
        self.aliases.keep(&shown);
        let mut old: HashMap<String, Device> =
            std::mem::take(&mut self.devices).into_iter().map(|device| (device.name.clone(), device)).collect();
        for shown in shown {
            let aliases = self.aliases.of(&shown);
            let before = old.remove(&shown.name);
            self.devices.push(Device::new(shown, &aliases, defs, before));
        }
        self.gone.extend(old.into_values().filter(|device| device.born).map(|device| device.name));
        self.gone.retain(|name| !self.devices.iter().any(|device| device.name == *name));
        self.by_name = self.devices.iter().enumerate().map(|(index, device)| (device.name.clone(), index)).collect();
        self.by_alias.clear();
        self.cells.clear();
        for (index, device) in self.devices.iter().enumerate() {
            self.by_alias
                .extend(device.metrics.iter().enumerate().map(|(place, metric)| (metric.alias, (index, place))));
            for cell in &device.cells {
                self.cells.entry(*cell).or_default().0.push(index);
            }
        }
        let cells: Vec<u32> = self.cells.keys().copied().collect();
        self.changed(&reader.cells(&cells));
        self.restless = true;
    }

    /// Whether a change of this cell matters.
    pub(super) fn concerns(&self, cell: u32) -> bool {
        self.cells.contains_key(&cell)
    }

    /// Notes whether tags can be reached.
    pub(super) fn changed(&mut self, views: &[TagView]) {
        for view in views {
            let Some((devices, up)) = self.cells.get_mut(&view.cell) else { continue };
            let now = is_reachable(TagRef { def: &view.def, state: &view.state });
            if std::mem::replace(up, now) != now {
                for index in devices.iter() {
                    self.devices[*index].count(now);
                }
                self.restless = true;
            }
        }
    }

    /// A session is up whose will has this number.
    pub(super) fn connected(&mut self, bd_seq: u8) {
        self.bd_seq = bd_seq;
        self.host.connected();
        self.hears = false;
        self.stage = Stage::Waiting;
    }

    /// The broker has answered the subscriptions: a node that is born can be commanded.
    pub(super) fn subscribed(&mut self) {
        self.hears = true;
        self.begin();
    }

    fn begin(&mut self) {
        if self.stage == Stage::Waiting && self.hears && self.host.is_online() {
            self.stage = Stage::Due;
        }
    }

    /// The session is gone, and with it every birth.
    pub(super) fn lost(&mut self) {
        self.stage = Stage::Down;
        (self.again_at, self.has_hole) = (None, false);
        self.born_at = None;
        self.gone.clear();
        self.devices.iter_mut().for_each(Device::forget);
    }

    /// Whether the primary host is waited for; its name.
    pub(super) fn waits_for(&self) -> Option<&str> {
        self.config.primary_host.as_deref().filter(|_| self.stage == Stage::Waiting && !self.host.is_online())
    }

    /// The births are to be told anew; those that hosts ask for not too often.
    pub(super) fn ask_births(&mut self, now: Instant) {
        if self.stage != Stage::Alive {
            return;
        }
        match self.born_at.map(|at| at + PAUSE).filter(|free| now < *free) {
            Some(free) => self.again_at = Some(free),
            None => self.stage = Stage::Due,
        }
    }

    /// A message that took a `seq` did not reach the broker: hosts will miss it.
    pub(super) fn has_missed(&mut self, now: Instant) {
        self.ask_births(now);
        self.has_hole = self.again_at.is_some();
    }

    /// When [`Edge::tick`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        self.again_at
    }

    pub(super) fn tick(&mut self, now: Instant) {
        if self.again_at.take_if(|at| *at <= now).is_some() {
            self.stage = Stage::Due;
        }
    }

    /// The next birth or death that is due.
    pub(super) fn next(&mut self, reader: &Reader, mark: Mark, now: Stamp) -> Option<Saying> {
        match self.stage {
            Stage::Down | Stage::Waiting => None,
            Stage::Due => Some(self.say("NBIRTH", None, &node_birth(self.bd_seq, now), Step::Node)),
            // A birth of all is due in a moment: until then nothing is said.
            Stage::Alive if !self.restless || self.has_hole => None,
            Stage::Alive => {
                if let Some(name) = self.gone.last() {
                    return Some(self.say("DDEATH", Some(name), &device_death(self.seq, now), Step::Gone));
                }
                let mut restless = false;
                for index in 0..self.devices.len() {
                    match self.devices[index].need(mark) {
                        device::Need::Nothing => (),
                        device::Need::Later => restless = true,
                        device::Need::Birth => {
                            let device = &self.devices[index];
                            let (birth, said) = device.birth(reader, self.seq, now);
                            return Some(self.say("DBIRTH", Some(&device.name), &birth, Step::Birth(index, said)));
                        }
                        device::Need::Death => {
                            let name = &self.devices[index].name;
                            let death = device_death(self.seq, now);
                            return Some(self.say("DDEATH", Some(name), &death, Step::Death(index)));
                        }
                    }
                }
                self.restless = restless;
                None
            }
        }
    }

    fn say(&self, kind: &str, device: Option<&str>, payload: &Payload, step: Step) -> Saying {
        let topic = device.map_or_else(|| self.topics.node(kind), |device| self.topics.device(kind, device));
        Saying { topic, payload: payload.encode_to_vec().into(), step }
    }

    /// It was handed over.
    pub(super) fn said(&mut self, step: Step, mark: Mark, now: Instant) {
        match step {
            Step::Node => {
                self.stage = Stage::Alive;
                self.seq = 1;
                self.live_from = mark.next;
                self.born_at = Some(now);
                (self.again_at, self.has_hole) = (None, false);
                self.restless = true;
                self.gone.clear();
                self.devices.iter_mut().for_each(Device::forget);
                return;
            }
            Step::Birth(index, said) => self.devices[index].was_born(said, mark),
            Step::Death(index) => self.devices[index].forget(),
            Step::Gone => drop(self.gone.pop()),
        }
        self.sent();
    }

    /// A message with the present `seq` was handed over.
    pub(super) fn sent(&mut self) {
        self.seq = self.seq.wrapping_add(1);
    }

    /// Whether another look may find something to tell.
    pub(super) fn is_restless(&self) -> bool {
        self.stage == Stage::Due || (self.restless && self.speaks())
    }

    /// Whether data can be sent now.
    pub(super) fn speaks(&self) -> bool {
        self.stage == Stage::Alive && !self.has_hole
    }

    /// Whether what a publication makes of this device now is nobody's business: its death was told.
    pub(super) fn is_dead(&self, device: &str) -> bool {
        let device = self.by_name.get(device).map(|index| &self.devices[*index]);
        self.speaks() && device.is_some_and(|device| !device.born && !device.is_up())
    }

    /// Makes data of what was produced for a device with this id; `None` where nothing keeps it.
    pub(super) fn make(&mut self, id: Option<u64>, device: &str, waited: &Bytes, now: Stamp) -> Made {
        if !self.speaks() {
            return Made::NotYet;
        }
        let Some(index) = self.by_name.get(device).copied() else { return Made::Void(Loss::Removed) };
        let device = &mut self.devices[index];
        if !device.born {
            let is_old = id.is_some_and(|id| id < self.live_from);
            if !is_old && !device.is_up() {
                return Made::Void(Loss::Unsent);
            }
            device.is_wanted |= is_old;
            self.restless = true;
            return Made::NotYet;
        }
        let Ok(mut waited) = Payload::decode(waited.as_ref()) else { return Made::Void(Loss::NotMade) };
        waited.metrics.retain(|metric| !device.has_said(metric));
        if waited.metrics.is_empty() {
            return Made::Told;
        }
        let is_historical = id.is_some_and(|id| id < device.live_from);
        match data(waited, |name| device.known(name), is_historical, self.seq, now) {
            Some(data) => {
                let topic = self.topics.device("DDATA", &device.name);
                Made::Data { topic, payload: data.encode_to_vec().into() }
            }
            None => Made::Void(Loss::Removed),
        }
    }

    /// The death of the node, for the end of a session in which it was born.
    pub(super) fn farewell(&self) -> Option<(String, Bytes)> {
        (self.stage == Stage::Alive || self.stage == Stage::Due && self.born_at.is_some())
            .then(|| will(&self.topics, self.bd_seq))
    }
}

/// The death of an edge node, as its will and as its last word.
pub(super) fn will(topics: &Topics, bd_seq: u8) -> (String, Bytes) {
    (topics.node("NDEATH"), node_death(bd_seq, clock::now()).encode_to_vec().into())
}
