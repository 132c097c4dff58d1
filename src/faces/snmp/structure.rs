//! The tree of the moment: made anew when tags, units or settings change; values are read when somebody asks.

use super::SnmpUnitConfig;
use super::world::World;
use crate::config::snmp::{Access, ViewConfig};
use crate::runtime::unit::UnitKey;
use crate::store::{SnmpMemory, StoreError};
use crate::tag::def::TagDef;
use crate::views::mib::house::EVENT_ROWS;
use crate::views::mib::schema::{Table, objects};
use crate::views::mib::tree::Tree;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Row numbers given before all are forgotten: three times the most tags there can be.
const MOST_NUMBERS: usize = 300_000;

/// What a row needs to find its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// There is one of it.
    One,
    /// The interface of this number.
    Interface(u32),
    /// The tag in this cell of the image, while it has this id; and the slot of its module.
    Tag(u32, Arc<str>, u32),
    /// A port, by its place in the configuration.
    Port(usize),
    /// A device, by its place in the configuration.
    Device(usize),
    /// A unit.
    Unit(UnitKey),
    /// The n-th last event, from 1.
    Event(u32),
}

/// Everything that does not change from request to request.
#[derive(Debug, Default)]
pub(super) struct Structure {
    pub(super) config: Option<SnmpUnitConfig>,
    whole: Option<Arc<Tree<Key>>>,
    /// By group: `community/<name>`, `user/<name>`.
    by_group: HashMap<String, Group>,
}

/// What a community or user may do.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// What it sees.
    pub(super) tree: Arc<Tree<Key>>,
    /// What it may do with that.
    pub(super) access: Access,
}

impl Structure {
    /// What somebody of this group may do.
    pub(super) fn group(&self, group: &[u8]) -> Option<&Group> {
        self.by_group.get(std::str::from_utf8(group).ok()?)
    }

    /// What somebody of this group sees.
    pub(super) fn tree(&self, group: &[u8]) -> Option<&Tree<Key>> {
        self.group(group).map(|group| group.tree.as_ref())
    }

    /// Rows of all tables.
    pub(super) fn rows(&self) -> usize {
        self.whole.as_ref().map_or(0, |tree| tree.len())
    }

    /// The tree of this configuration and of what is there now.
    pub(super) fn new(config: SnmpUnitConfig, world: &World, numbers: &Numbers) -> Self {
        let objects = objects(&config.snmp.enterprise_oid);
        let rows = Rows { config: &config, world, numbers };
        let whole = Arc::new(Tree::new(objects.clone(), rows.of(None)));
        let views: HashMap<String, Arc<Tree<Key>>> = config
            .snmp
            .views
            .iter()
            .map(|view| (view.identity.name.clone(), Arc::new(Tree::new(objects.clone(), rows.of(Some(view))))))
            .collect();
        let seen = |view: Option<&String>| match view {
            None => Some(Arc::clone(&whole)),
            Some(view) => views.get(view).cloned(),
        };
        let group = |view: Option<&String>, access| Some(Group { tree: seen(view)?, access });
        let communities = config.snmp.communities.iter();
        let communities = communities
            .filter_map(|one| Some((community_group(&one.identity.name), group(one.view.as_ref(), one.access)?)));
        let users = config.snmp.users.iter();
        let users =
            users.filter_map(|one| Some((user_group(&one.identity.name), group(one.view.as_ref(), one.access)?)));
        let by_group = communities.chain(users).collect();
        Self { whole: Some(whole), by_group, config: Some(config) }
    }
}

/// The group of a community.
pub(super) fn community_group(name: &str) -> String {
    format!("community/{name}")
}

/// The group of a user.
pub(super) fn user_group(name: &str) -> String {
    format!("user/{name}")
}

struct Rows<'a> {
    config: &'a SnmpUnitConfig,
    world: &'a World,
    numbers: &'a Numbers,
}

impl Rows<'_> {
    /// The rows of a view, or all.
    fn of(&self, view: Option<&ViewConfig>) -> BTreeMap<Table, Vec<(u32, Key)>> {
        let mut rows: BTreeMap<Table, Vec<(u32, Key)>> = BTreeMap::new();
        let slots: HashMap<&str, u32> = self.config.slots.iter().map(|(name, slot)| (name.as_str(), *slot)).collect();
        for (cell, def) in self.world.reader.defs() {
            if view.is_some_and(|view| !view.shows(&def.name)) {
                continue;
            }
            let table = Table::of(&def);
            let Some(number) = self.numbers.get(table, &def.id) else { continue };
            let slot = slots.get(def.name.group()).copied().unwrap_or(0);
            rows.entry(table).or_default().push((number, Key::Tag(cell, def.id.as_str().into(), slot)));
        }
        if view.is_none_or(|view| view.system) {
            self.system(&mut rows);
        }
        rows
    }

    fn system(&self, rows: &mut BTreeMap<Table, Vec<(u32, Key)>>) {
        rows.insert(Table::One, vec![(0, Key::One)]);
        let interfaces =
            self.world.host().interfaces.iter().map(|one| (one.index, Key::Interface(one.index))).collect();
        rows.insert(Table::Interface, interfaces);
        let number = |table, id: &str| self.numbers.get(table, id);
        let ports = self.config.ports.iter().enumerate();
        let ports = ports.filter_map(|(at, port)| Some((number(Table::Port, &port.id)?, Key::Port(at))));
        rows.insert(Table::Port, ports.collect());
        let devices = self.config.devices.iter().enumerate();
        let devices = devices.filter_map(|(at, device)| Some((number(Table::Device, &device.id)?, Key::Device(at))));
        rows.insert(Table::Device, devices.collect());
        let units = self.world.units.borrow().clone();
        let units =
            units.keys().filter_map(|key| Some((number(Table::Unit, &key.to_string())?, Key::Unit(key.clone()))));
        rows.insert(Table::Unit, units.collect());
        rows.insert(Table::Event, (1..=EVENT_ROWS).map(|row| (row, Key::Event(row))).collect());
    }
}

/// The row numbers given so far.
pub(super) struct Numbers {
    memory: SnmpMemory,
    given: HashMap<(String, String), u32>,
    last: HashMap<String, u32>,
}

impl Numbers {
    pub(super) async fn load(memory: SnmpMemory) -> Result<Self, StoreError> {
        let mut numbers = Self { memory, given: HashMap::new(), last: HashMap::new() };
        for ((realm, object), number) in numbers.memory.numbers().await? {
            numbers.put(realm, object, number);
        }
        Ok(numbers)
    }

    fn put(&mut self, realm: String, object: String, number: u32) {
        let last = self.last.entry(realm.clone()).or_default();
        *last = number.max(*last);
        self.given.insert((realm, object), number);
    }

    fn get(&self, table: Table, id: &str) -> Option<u32> {
        self.given.get(&(table.word().to_owned(), id.to_owned())).copied()
    }

    /// Gives numbers to what has none yet, and keeps them.
    pub(super) async fn complete(&mut self, config: &SnmpUnitConfig, world: &World) -> Result<(), StoreError> {
        if MOST_NUMBERS < self.given.len() {
            self.memory.forget_numbers().await?;
            self.given.clear();
            self.last.clear();
        }
        let defs: Vec<(u32, Arc<TagDef>)> = world.reader.defs();
        let units = world.units.borrow().clone();
        let tags = defs.iter().map(|(_, def)| (Table::of(def), def.id.clone()));
        let ports = config.ports.iter().map(|port| (Table::Port, port.id.clone()));
        let devices = config.devices.iter().map(|device| (Table::Device, device.id.clone()));
        let units = units.keys().map(|key| (Table::Unit, key.to_string()));
        let mut news = Vec::new();
        for (table, object) in tags.chain(ports).chain(devices).chain(units).collect::<Vec<_>>() {
            let realm = table.word().to_owned();
            if self.get(table, &object).is_none() {
                let number = self.last.get(&realm).copied().unwrap_or(0) + 1;
                self.put(realm.clone(), object.clone(), number);
                news.push((realm, object, number));
            }
        }
        if news.is_empty() { Ok(()) } else { self.memory.keep(&news).await }
    }
}
