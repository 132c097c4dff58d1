//! Messages through restarts of mosquitto, to a subscriber with a kept session.

use super::{each_value_once, nothing_is_lost};
use crate::support::mosquitto::Mosquitto;
use crate::support::mqtt_rig::MqttRig;
use dinrail::runtime::status::MqttStatus;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// How much is published while mosquitto is stopped and started.
struct Siege {
    protocol: &'static str,
    qos: u8,
    /// All but `t3` change in every round.
    tags: usize,
    rounds: u32,
    stops: u32,
    /// How long the subscriber may take for all of it, in seconds.
    patience: u32,
}

/// What a subscriber with a kept session received of each topic, in order; and how many messages were made.
struct Arrived {
    by_topic: BTreeMap<String, Vec<u64>>,
    made: u64,
}

impl Siege {
    fn small(protocol: &'static str, qos: u8) -> Self {
        Self { protocol, qos, tags: 4, rounds: 100, stops: 5, patience: 2 }
    }

    async fn run(&self) -> Arrived {
        let settings = "allow_anonymous true\npersistence true\npersistence_location {folder}/\nmax_queued_messages 0";
        let mut broker = Mosquitto::start(settings, &[]).await;
        let kept = ["-t", "line-3/#", "-q", "2", "-c", "-i", "kept", "-F", "%t %p"];
        // Its session begins; what comes while it is away is kept for it.
        broker.collect(&[&kept[..], &["-E"]].concat()).await;
        let members = json!({"protocol": self.protocol, "publications": [each_value_once(self.qos)]});
        let rig = MqttRig::start_with(&broker.url(), members, self.tags);
        for round in 1..=self.rounds {
            let values: Vec<_> = (0..self.tags).filter(|tag| *tag != 3).map(|tag| (tag, f64::from(round))).collect();
            rig.write_all(&values);
            tokio::time::sleep(Duration::from_millis(u64::from(round * 31 % 20))).await;
            if round.is_multiple_of(self.rounds / self.stops) {
                broker.terminate().await;
                broker.again().await;
            }
        }
        let done = |status: &MqttStatus| status.connected && status.queue.records == 0 && status.in_flight == 0;
        let status = rig.wait_status("nothing waits", done).await;
        let row = &status.ledger[0];
        assert_eq!((row.acknowledged, row.dropped.len()), (row.produced, 0));
        rig.stop().await;
        let lines = broker.collect(&[&kept[..], &["-W", &self.patience.to_string()]].concat()).await;
        let mut by_topic: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for line in lines.lines() {
            let (topic, payload) = line.split_once(' ').unwrap();
            let json: serde_json::Value = serde_json::from_str(payload).unwrap();
            let value = json["value"].to_string().trim_end_matches(".0").parse().unwrap();
            by_topic.entry(topic.to_owned()).or_default().push(value);
        }
        assert_eq!(by_topic.len(), self.tags);
        Arrived { by_topic, made: row.produced }
    }

    /// Answers how many arrived, all of them, first arrivals in order.
    async fn loses_nothing(&self) -> u64 {
        let Arrived { by_topic, made } = self.run().await;
        nothing_is_lost(&by_topic, made, u64::from(self.rounds));
        made
    }
}

#[tokio::test]
async fn every_message_reaches_a_kept_subscriber_through_restarts_of_the_broker() {
    for protocol in ["3.1.1", "5"] {
        assert!(150 < Siege::small(protocol, 1).loses_nothing().await);
    }
}

/// The long form: `cargo test --release --features peers --test it -- --ignored a_hundred_thousand`.
#[tokio::test]
#[ignore = "takes minutes"]
async fn a_hundred_thousand_messages_reach_a_kept_subscriber_through_fifty_restarts_of_the_broker() {
    for protocol in ["3.1.1", "5"] {
        let siege = Siege { tags: 501, rounds: 250, stops: 50, patience: 60, ..Siege::small(protocol, 1) };
        assert!(100_000 <= siege.loses_nothing().await);
    }
}

#[tokio::test]
async fn a_message_of_qos_2_comes_once_while_the_broker_keeps_its_session() {
    for protocol in ["3.1.1", "5"] {
        let siege = Siege::small(protocol, 2);
        let Arrived { by_topic, made } = siege.run().await;
        nothing_is_lost(&by_topic, made, u64::from(siege.rounds));
        let arrived = by_topic.values().map(|values| values.len() as u64).sum::<u64>();
        assert_eq!(arrived, made, "{protocol}: {by_topic:?}");
    }
}
