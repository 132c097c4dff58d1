//! Tells the event log when a unit's health changes.

use crate::platform::clock;
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::status::{UnitWatch, UnitsWatch};
use crate::runtime::unit::{Health, UnitContext, UnitKey};
use futures::StreamExt as _;
use futures::stream::{FuturesUnordered, select_all};
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use tokio_stream::wrappers::WatchStream;

/// The last health told of each unit, and the name it was told under.
type Told = HashMap<UnitKey, (String, Health)>;

/// The unit that watches all others.
#[derive(Debug)]
pub struct HealthWatch {
    units: UnitsWatch,
    events: Events,
}

impl HealthWatch {
    /// Watches these units.
    pub fn new(units: UnitsWatch, events: Events) -> Self {
        Self { units, events }
    }

    /// Runs until asked to stop.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), Infallible> {
        ctx.set_health(Health::Up);
        let mut told = Told::new();
        loop {
            let units = self.units.borrow_and_update().clone();
            self.farewell(&mut told, &units);
            let names: HashMap<UnitKey, String> =
                units.iter().map(|(key, unit)| (key.clone(), unit.name.clone())).collect();
            // An empty set of streams ends at once; the guard keeps it waiting.
            let guard = FuturesUnordered::new();
            guard.push(std::future::pending::<(UnitKey, Health)>());
            let streams = units.iter().map(|(key, unit)| {
                let key = key.clone();
                WatchStream::new(unit.health.clone()).map(move |health| (key.clone(), health)).boxed()
            });
            let mut healths = select_all(streams.chain([guard.boxed()]));
            loop {
                tokio::select! {
                    biased;
                    () = ctx.stop.cancelled() => return Ok(()),
                    // Cancel-safe: the watch keeps the newest set of units.
                    changed = self.units.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return Ok(()),
                    },
                    // Cancel-safe: a health not taken stays in its watch.
                    Some((key, health)) = healths.next() => {
                        let name = names.get(&key).cloned().unwrap_or_default();
                        self.tell(&mut told, key, &name, health);
                    }
                }
            }
        }
    }

    /// Units that are gone were stopped by a change of the configuration.
    fn farewell(&self, told: &mut Told, units: &BTreeMap<UnitKey, UnitWatch>) {
        let gone: Vec<UnitKey> = told.keys().filter(|key| !units.contains_key(key)).cloned().collect();
        for key in gone {
            if let Some((name, _)) = told.remove(&key) {
                self.event(&key, name, Outcome::Ok, "stopped".to_owned());
            }
        }
    }

    fn tell(&self, told: &mut Told, key: UnitKey, name: &str, health: Health) {
        // Starting is said by no event: what it ends in is.
        if health == Health::Starting || told.get(&key).is_some_and(|(_, before)| *before == health) {
            return;
        }
        let (result, detail) = match &health {
            Health::Starting | Health::Up => (Outcome::Ok, "up".to_owned()),
            Health::Degraded(why) => (Outcome::Failed, format!("degraded: {why}")),
            Health::Failed(why) => (Outcome::Failed, format!("failed: {why}")),
        };
        self.event(&key, name.to_owned(), result, detail);
        told.insert(key, (name.to_owned(), health));
    }

    fn event(&self, key: &UnitKey, subject: String, result: Outcome, detail: String) {
        self.events.tell(Event {
            unix_ms: clock::unix_ms(),
            source: key.kind.as_str().to_owned(),
            category: Category::Unit,
            subject,
            actor: String::new(),
            result,
            detail,
        });
    }
}
