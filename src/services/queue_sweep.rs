//! Removes the queue of an MQTT connection or bridge that was taken out of the configuration, once its unit has ended.
//!
//! Only a removal that is seen counts: a connection that is not among those of a start may be one whose stored settings
//! cannot be read just now, and its messages would be lost for good.

use crate::platform::clock;
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::status::UnitsWatch;
use crate::runtime::unit::{Health, UnitContext, UnitKey, UnitKind};
use crate::store::queue::Queues;
use std::collections::BTreeMap;
use std::convert::Infallible;
use tokio::sync::watch;

/// The names of all connections and bridges, those switched off too, by their ids.
pub type Connections = BTreeMap<String, String>;

/// The unit that sweeps.
#[derive(Debug)]
pub struct QueueSweep {
    connections: watch::Receiver<Connections>,
    units: UnitsWatch,
    queues: Queues,
    events: Events,
}

impl QueueSweep {
    /// Follows the connections of the configuration.
    pub fn new(connections: watch::Receiver<Connections>, units: UnitsWatch, queues: Queues, events: Events) -> Self {
        Self { connections, units, queues, events }
    }

    /// Runs until asked to stop.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), Infallible> {
        ctx.set_health(Health::Up);
        let mut known = self.connections.borrow_and_update().clone();
        // Removed, and their units may still run.
        let mut leaving = Connections::new();
        loop {
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => return Ok(()),
                // Cancel-safe: the watch keeps the newest.
                Ok(()) = self.connections.changed() => {
                    let now = self.connections.borrow_and_update().clone();
                    leaving.extend(std::mem::take(&mut known).into_iter().filter(|(id, _)| !now.contains_key(id)));
                    leaving.retain(|id, _| !now.contains_key(id));
                    known = now;
                }
                // Cancel-safe, as above.
                Ok(()) = self.units.changed() => (),
                else => return Ok(()),
            }
            let units = self.units.borrow_and_update().clone();
            leaving.retain(|id, name| {
                let runs = |kind| units.contains_key(&UnitKey::new(kind, id.clone()));
                let running = [UnitKind::Mqtt, UnitKind::Bridge].into_iter().any(runs);
                if !running {
                    self.remove(id, name);
                }
                running
            });
        }
    }

    fn remove(&self, id: &str, name: &str) {
        if let Err(error) = self.queues.remove(id) {
            let detail = format!("what waited for the broker could not be removed with its connection: {error}");
            tracing::warn!(connection = name, "{detail}");
            self.events.tell(Event {
                unix_ms: clock::unix_ms(),
                source: "mqtt".to_owned(),
                category: Category::System,
                subject: name.to_owned(),
                actor: String::new(),
                result: Outcome::Failed,
                detail,
            });
        }
    }
}
