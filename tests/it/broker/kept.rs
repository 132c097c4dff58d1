//! What the broker keeps over a restart, and what it tells of itself.

use super::{Client, PATIENCE, Site, usual};
use dinrail::store::{Store, StoreLimits};
use rumqttc::QoS;
use std::collections::BTreeMap;
use std::path::Path;
use tokio::time::timeout;

/// A broker that keeps what is retained in this folder, with a client that may do everything.
async fn run(folder: &Path) -> (Site, Client, Store) {
    let store = Store::open(folder, StoreLimits::default()).await.unwrap();
    let mut site = Site::start_with(&usual(), Some(store.retained_messages()));
    let address = site.listening().await;
    let client = Client::all(address, "client").await;
    (site, client, store)
}

/// The retained messages, by topic.
async fn retained(client: &mut Client) -> BTreeMap<String, String> {
    assert!(client.subscribe("plant/#", QoS::AtLeastOnce).await);
    // Comes after them: the broker sends in order, and this topic has none retained.
    client.publish("plant/end", "end", QoS::AtLeastOnce).await;
    let mut found = BTreeMap::new();
    loop {
        let message = client.next().await;
        if message.topic == "plant/end" {
            return found;
        }
        assert!(message.retain, "{message:?}");
        found.insert(message.topic, message.payload);
    }
}

#[tokio::test]
async fn retained_messages_are_there_after_a_restart_and_those_taken_back_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let (site, client, store) = run(folder.path()).await;
    for (topic, payload) in [("plant/a", "1"), ("plant/b", "2"), ("plant/c", "3"), ("plant/a", "4")] {
        client.retain(topic, payload).await;
    }
    client.publish("plant/never", "not retained", QoS::AtLeastOnce).await;
    site.end().await;
    store.close().await;

    let (mut site, mut client, store) = run(folder.path()).await;
    site.status_when("three are retained", |status| status.retained >= 3).await;
    let expect = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(topic, payload)| ((*topic).to_owned(), (*payload).to_owned())).collect()
    };
    assert_eq!(retained(&mut client).await, expect(&[("plant/a", "4"), ("plant/b", "2"), ("plant/c", "3")]));
    client.retain("plant/b", "").await;
    site.end().await;
    store.close().await;

    let (site, mut client, store) = run(folder.path()).await;
    assert_eq!(retained(&mut client).await, expect(&[("plant/a", "4"), ("plant/c", "3")]));
    site.end().await;
    store.close().await;
}

#[tokio::test]
async fn they_are_written_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (site, client, store) = run(folder.path()).await;
    client.retain("plant/a", "1").await;
    let written = async {
        while store.retained_messages().all().await.unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, written).await.expect("written within a few seconds, without a stop");
    site.end().await;
    store.close().await;
}

#[tokio::test]
async fn it_tells_of_itself_to_whom_may_hear_it_and_not_under_the_sign_for_all_topics() {
    let (site, address) = Site::up(&{
        let mut broker = usual();
        broker["users"][2]["subscribe"] = serde_json::json!(["#", "$SYS/#"]);
        broker
    })
    .await;
    let mut client = Client::all(address, "client").await;
    assert!(client.subscribe("$SYS/broker/#", QoS::AtMostOnce).await);
    let mut told = BTreeMap::new();
    while told.len() < 11 {
        let message = client.next().await;
        told.insert(message.topic, message.payload);
    }
    let of = |name: &str| told.get(&format!("$SYS/broker/{name}")).map(String::as_str);
    assert!(of("version").is_some_and(|version| version.starts_with("dinrail ")), "{told:?}");
    assert!(of("uptime").is_some_and(|uptime| uptime.ends_with(" seconds")), "{told:?}");
    assert!(of("clients/connected").is_some() && of("retained messages/count").is_some(), "{told:?}");
    let viewer = Client::connect(address, "viewer", "viewer", "look").await.unwrap();
    assert!(!viewer.subscribe("$SYS/#", QoS::AtMostOnce).await, "`#` of its rules is no right to `$SYS`");
    let mut everything = Client::all(address, "everything").await;
    assert!(everything.subscribe("#", QoS::AtMostOnce).await);
    client.publish("plant/1", "first", QoS::AtLeastOnce).await;
    everything.gets("plant/1", "first").await;
    client.publish("$SYS/broker/version", "forged", QoS::AtLeastOnce).await;
    let mut reader = Client::all(address, "reader").await;
    assert!(reader.subscribe("$SYS/broker/version", QoS::AtMostOnce).await);
    assert!(reader.next().await.payload.starts_with("dinrail "), "nobody speaks for the broker");
    site.end().await;
}
