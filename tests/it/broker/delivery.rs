//! Messages get where they belong.

use super::{Client, Message, Site, options};
use rumqttc::{LastWill, QoS};

#[tokio::test]
async fn every_quality_of_service_works_both_ways() {
    let (site, address) = Site::usual().await;
    let (one, mut two) = (Client::all(address, "one").await, Client::all(address, "two").await);
    for (index, receive) in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce].into_iter().enumerate() {
        let filter = format!("q{index}/+");
        assert!(two.subscribe(&filter, receive).await);
        for send in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
            let topic = format!("q{index}/온도");
            one.publish(&topic, "21.5", send).await;
            let expect = Message { topic, payload: "21.5".into(), retain: false, qos: (send as u8).min(receive as u8) };
            assert_eq!(two.next().await, expect);
        }
    }
    site.end().await;
}

#[tokio::test]
async fn many_messages_arrive_in_order_and_once() {
    let (site, address) = Site::usual().await;
    let (one, mut two) = (Client::all(address, "one").await, Client::all(address, "two").await);
    assert!(two.subscribe("count", QoS::ExactlyOnce).await);
    for number in 0..2000 {
        let qos = [QoS::AtLeastOnce, QoS::ExactlyOnce][number % 2];
        let options = rumqttc::PublishOptions::new(qos);
        one.asks.publish("count", number.to_string(), options).await.unwrap();
    }
    let mut seen = [Vec::new(), Vec::new()];
    for _ in 0..2000 {
        let message = two.next().await;
        seen[usize::from(message.qos - 1)].push(message.payload.parse::<usize>().unwrap());
    }
    assert!(seen.iter().all(|numbers| numbers.len() == 1000 && numbers.is_sorted()));
    site.end().await;
}

#[tokio::test]
async fn retained_messages_are_kept_replaced_and_removed() {
    let (site, address) = Site::usual().await;
    let one = Client::all(address, "one").await;
    one.retain("state/a", "old").await;
    one.retain("state/a", "new").await;
    one.retain("state/b", "x").await;
    one.retain("state/b", "").await;
    let mut two = Client::all(address, "two").await;
    assert!(two.subscribe("state/#", QoS::AtLeastOnce).await);
    let message = two.next().await;
    assert_eq!((message.topic.as_str(), message.payload.as_str(), message.retain), ("state/a", "new", true));
    two.gets_only_marker("state/c", &one).await;
    site.end().await;
}

#[tokio::test]
async fn a_new_subscriber_gets_all_of_many_retained_messages() {
    let (site, address) = Site::usual().await;
    let one = Client::all(address, "one").await;
    for number in 0..5000 {
        let options = rumqttc::PublishOptions::new(QoS::AtLeastOnce).retained();
        one.asks.publish(format!("state/{number}"), "x", options).await.unwrap();
    }
    one.retain("state/last", "x").await;
    let mut two = Client::all(address, "two").await;
    assert!(two.subscribe("state/#", QoS::AtMostOnce).await);
    let mut topics = std::collections::BTreeSet::new();
    while topics.len() < 5001 {
        topics.insert(two.next().await.topic);
    }
    site.end().await;
}

#[tokio::test]
async fn a_last_will_is_published_only_when_the_client_vanishes() {
    let (site, address) = Site::usual().await;
    let mut watcher = Client::all(address, "watcher").await;
    assert!(watcher.subscribe("press/status", QoS::AtLeastOnce).await);
    for polite in [true, false] {
        let mut options = options(address, "press-1", "press", "s3cret");
        options.set_last_will(LastWill::new("press/status", "gone", QoS::AtLeastOnce, false));
        let client = Client::with(options).await.unwrap();
        client.publish("press/status", "here", QoS::AtLeastOnce).await;
        watcher.gets("press/status", "here").await;
        if polite {
            client.asks.disconnect().await.unwrap();
            let mut client = client;
            client.gone().await;
        } else {
            drop(client);
            watcher.gets("press/status", "gone").await;
        }
    }
    site.end().await;
}

#[tokio::test]
async fn an_absent_client_finds_what_came_meanwhile() {
    let (mut site, address) = Site::usual().await;
    let one = Client::all(address, "one").await;
    let returning = || {
        let mut options = options(address, "historian", "all", "all");
        options.set_clean_session(false);
        options
    };
    let two = Client::with(returning()).await.unwrap();
    assert!(two.subscribe("log/#", QoS::AtLeastOnce).await);
    drop(two);
    site.status_when("only one is left", |status| status.clients.len() == 1).await;
    for number in 0..3000 {
        one.publish("log/x", &number.to_string(), QoS::AtLeastOnce).await;
    }
    let mut two = Client::with(returning()).await.unwrap();
    for number in 0..3000 {
        two.gets("log/x", &number.to_string()).await;
    }
    site.end().await;
}
