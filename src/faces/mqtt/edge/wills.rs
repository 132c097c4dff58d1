//! The wills of an edge node: each CONNECT registers the death of the session that it asks for, under a number of its own.

use super::will;
use crate::config::sparkplug::EdgeNodeConfig;
use crate::faces::mqtt::client::EventLoop;
use crate::faces::mqtt::wire::Wire;
use crate::store::queue::BirthNumbers;
use crate::views::sparkplug::topic::Topics;

/// The wills of one edge node, and the numbers they take.
#[derive(Debug)]
pub(in crate::faces::mqtt) struct Wills {
    topics: Topics,
    numbers: BirthNumbers,
    present: Option<u8>,
}

impl Wills {
    pub(in crate::faces::mqtt) fn new(edge_node: &EdgeNodeConfig, numbers: BirthNumbers) -> Self {
        Self { topics: Topics::of(edge_node), numbers, present: None }
    }

    /// Registers the will of the next CONNECT; answers its number. Where none was sent since the last, that one stays.
    pub(in crate::faces::mqtt) async fn register(&mut self, events: &mut EventLoop, wire: &Wire) -> u8 {
        let used = wire.reached.take();
        if used || self.present.is_none() {
            let (number, error) = self.numbers.take().await;
            if let Some(error) = error {
                tracing::warn!(%error, number, "the number of the next birth could not be kept; after a restart it comes again");
            }
            self.present = Some(number);
        }
        let number = self.present.unwrap_or_default();
        let (topic, payload) = will(&self.topics, number);
        events.set_will(topic, payload);
        number
    }
}
