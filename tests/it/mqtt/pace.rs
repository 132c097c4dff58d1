//! Changes that come faster than a broker takes messages.

use super::{on_change, value};
use crate::support::mqtt_broker::{Manners, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use serde_json::json;
use std::time::{Duration, Instant};

/// More than may wait without holding a look at the image back.
const TAGS: usize = 1000;

/// A unit whose broker acknowledges nothing; a message of each tag has been made.
async fn behind() -> (TestBroker, MqttRig) {
    let broker = TestBroker::start_with(Manners { hold_acks: true, ..Manners::default() }).await;
    let members = json!({"publications": [on_change(json!({"qos": 1}))]});
    let rig = MqttRig::start_with(&broker.url(), members, TAGS);
    rig.wait_up().await;
    rig.wait_status("all were told", |_| rig.produced() == TAGS as u64).await;
    (broker, rig)
}

#[tokio::test]
async fn a_broker_that_hangs_holds_no_change_back() {
    let (broker, rig) = behind().await;
    for n in 1..=5u32 {
        rig.write(0, f64::from(n));
        rig.wait_status("it was told", |_| rig.produced() == TAGS as u64 + u64::from(n)).await;
    }
    broker.release_acks().await;
    let messages = broker.wait_for_messages("line-3/d/t0", 6).await;
    let told: Vec<_> = messages.iter().map(value).collect();
    assert_eq!(told, (0..=5).map(|n| json!(f64::from(n))).collect::<Vec<_>>());
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_sent_yet_is_merged_and_the_newest_arrives() {
    let (broker, rig) = behind().await;
    let (start, mut n) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_millis(500) {
        n += 1;
        rig.write(0, f64::from(n));
        tokio::task::yield_now().await;
    }
    // One look in ten milliseconds, and one at either end.
    let looks = start.elapsed().as_millis() / 10 + 2;
    broker.release_acks().await;
    rig.wait_status("nothing waits", |status| status.queue.records == 0 && 0 < status.acknowledged).await;
    let told: Vec<_> = broker.published().into_iter().filter(|message| message.topic == "line-3/d/t0").collect();
    assert!((told.len() as u128) <= looks + 1, "{} messages of {n} changes in {looks} looks", told.len());
    assert_eq!(value(told.last().unwrap()), json!(f64::from(n)));
    rig.stop().await;
}
