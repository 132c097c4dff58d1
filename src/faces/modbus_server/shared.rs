//! What all connections share: what is served now, and the ways to image, commands and lines.

use super::ModbusServerUnit;
use super::clients::Clients;
use super::gateway::Way;
use crate::config::modbus_server::{ModbusServerConfig, OwnUnit};
use crate::modbus::address::Span;
use crate::modbus::server::{Identity, Written};
use crate::net::door::Door;
use crate::platform::clock;
use crate::runtime::commands::Commands;
use crate::runtime::image::{Reader, Slot};
use crate::runtime::lines::Lines;
use crate::runtime::safe_mode::SafeMode;
use crate::tag::id::TagName;
use crate::tag::reading::Stamp;
use crate::views::register_map::{Refused, RegisterMap, Step};
use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::mpsc;

/// The unit ids that mean the server itself, whatever its own is (Modbus messaging on TCP/IP V1.0b, 4.4.2.3: FF, and 00
/// for clients that know no other).
const ITSELF: [u8; 2] = [0, 255];

/// Counts since the unit started.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) requests: AtomicU64,
    pub(super) exceptions: AtomicU64,
    pub(super) broken: AtomicU64,
    pub(super) idled: AtomicU64,
    pub(super) forwarded: AtomicU64,
    pub(super) cached: AtomicU64,
}

/// Held by the unit and by every connection.
pub(super) struct Shared {
    pub(super) image: Reader,
    pub(super) commands: Commands,
    pub(super) lines: Lines,
    pub(super) safe_mode: SafeMode,
    pub(super) door: Door,
    pub(super) clients: Clients,
    pub(super) counts: Counts,
    /// Takes writes that go on after their answer.
    pub(super) behind: mpsc::Sender<BoxFuture<'static, ()>>,
    served: ArcSwap<Served>,
}

impl Shared {
    pub(super) fn new(
        image: Reader,
        commands: Commands,
        lines: Lines,
        safe_mode: SafeMode,
        door: Door,
        behind: mpsc::Sender<BoxFuture<'static, ()>>,
        served: Served,
    ) -> Self {
        let (clients, counts, served) = (Clients::default(), Counts::default(), ArcSwap::from_pointee(served));
        Self { image, commands, lines, safe_mode, door, clients, counts, behind, served }
    }

    /// From the next request on.
    pub(super) fn serve(&self, served: Served) {
        self.served.store(Arc::new(served));
    }

    pub(super) fn served(&self) -> Arc<Served> {
        self.served.load_full()
    }
}

/// What requests are answered by: one configuration and one set of tags.
pub(super) struct Served {
    pub(super) config: ModbusServerConfig,
    routes: Vec<Way>,
    map: RegisterMap,
    /// What is found under unit ids that devices or modules have for themselves.
    units: BTreeMap<u8, RegisterMap>,
    /// By the maps' indices of tags.
    slots: Vec<Slot>,
    pub(super) identity: Identity,
}

/// Whom a request is for.
pub(super) enum Target<'a> {
    /// The image.
    Own,
    /// A device: the route, and the address on the line.
    Device(&'a Way, u8),
    /// Nobody.
    Nobody,
}

impl Served {
    pub(super) fn new(
        config: &ModbusServerUnit,
        map: RegisterMap,
        units: BTreeMap<u8, RegisterMap>,
        slots: Vec<Slot>,
    ) -> Self {
        let ModbusServerUnit { appliance, server, routes } = config;
        let identity = Identity::new([
            (0, "dinrail".to_owned()),
            (1, "dinrail".to_owned()),
            (2, env!("CARGO_PKG_VERSION").to_owned()),
            (4, "remote I/O head and Modbus gateway".to_owned()),
            (6, appliance.clone()),
        ]);
        let places: HashMap<&TagName, Slot> =
            map.tags().iter().zip(&slots).map(|(def, slot)| (&def.name, *slot)).collect();
        let routes = routes.iter().map(|route| Way::new(route, |name| places.get(name).copied())).collect();
        Self { config: server.clone(), routes, map, units, slots, identity }
    }

    pub(super) fn target(&self, unit: u8) -> Target<'_> {
        let routed = self.routes.iter().find_map(|route| Some((route, route.unit(unit)?)));
        match (routed, self.config.unit) {
            (Some((route, unit)), _) => Target::Device(route, unit),
            (None, OwnUnit::Any) => Target::Own,
            (None, _) if self.units.contains_key(&unit) => Target::Own,
            (None, OwnUnit::One(own)) if own == unit || ITSELF.contains(&unit) => Target::Own,
            (None, OwnUnit::One(_)) => Target::Nobody,
        }
    }

    /// Points for which there was no room, under whatever unit id.
    pub(super) fn left_out(&self) -> usize {
        self.units.values().chain([&self.map]).map(RegisterMap::left_out).sum()
    }

    /// The registers under a unit id.
    fn map(&self, unit: u8) -> &RegisterMap {
        self.units.get(&unit).unwrap_or(&self.map)
    }

    /// What a read finds, all from one moment; `now` is for ages.
    pub(super) fn read(&self, image: &Reader, unit: u8, span: Span, now: Stamp) -> Result<Vec<u16>, Refused> {
        image.look(|moment| self.map(unit).read(span, now, |tag| moment.state(*self.slots.get(tag as usize)?)))
    }

    /// What a write means.
    pub(super) fn steps(&self, image: &Reader, unit: u8, written: &Written) -> Result<Vec<Step>, Refused> {
        let now = clock::now();
        image.look(|moment| self.map(unit).write(written, now, |tag| moment.state(*self.slots.get(tag as usize)?)))
    }
}
