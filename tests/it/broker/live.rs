//! The configuration changes while clients are connected.

use super::{Client, Site, parse, usual};
use dinrail::runtime::unit::Health;
use rumqttc::{LastWill, QoS};
use serde_json::json;
use std::net::{SocketAddr, TcpListener};

#[tokio::test]
async fn removed_and_changed_users_go_and_the_others_notice_nothing() {
    let (mut site, address) = Site::usual().await;
    let mut stays = Client::all(address, "stays").await;
    assert!(stays.subscribe("press/#", QoS::AtLeastOnce).await);
    let mut removed = Client::connect(address, "removed", "press", "s3cret").await.unwrap();
    let mut changed = Client::connect(address, "changed", "viewer", "look").await.unwrap();
    let status = site.status_when("three are connected", |status| status.clients.len() == 3).await;
    let [second, first, third] = &status.clients[..] else { panic!("{status:?}") };
    assert_eq!([&*first.id, &*second.id, &*third.id], ["removed", "changed", "stays"]);
    assert_eq!(first.user.as_deref(), Some("press"));
    assert!(first.address.starts_with("127.0.0.1:") && first.since.ends_with('Z'), "{first:?}");

    let mut next = usual();
    let users = next["users"].as_array_mut().unwrap();
    users.remove(0);
    users[0]["subscribe"] = json!(["press/+"]);
    site.config.send_replace(parse(&next));
    removed.gone().await;
    changed.gone().await;
    assert!(Client::connect(address, "removed", "press", "s3cret").await.is_err());
    let viewer = Client::connect(address, "changed", "viewer", "look").await.unwrap();
    assert!(!viewer.subscribe("#", QoS::AtLeastOnce).await);
    let sender = Client::all(address, "sender").await;
    sender.publish("press/1", "still here", QoS::AtLeastOnce).await;
    stays.gets("press/1", "still here").await;
    assert!(stays.is_connected());
    site.end().await;
}

#[tokio::test]
async fn an_absent_session_ends_with_its_users_rights() {
    let (mut site, address) = Site::usual().await;
    let returning = || {
        let mut options = super::options(address, "historian", "viewer", "look");
        options.set_clean_session(false);
        options
    };
    let client = Client::with(returning()).await.unwrap();
    assert!(client.subscribe("secret/#", QoS::AtLeastOnce).await);
    drop(client);
    site.status_when("it is gone", |status| status.clients.is_empty()).await;
    let mut next = usual();
    next["users"][1]["subscribe"] = json!(["open/#"]);
    site.config.send_replace(parse(&next));
    // Comes back at once, with the right password: the old subscription must not come back with it.
    let mut client = Client::with(returning()).await.unwrap();
    assert!(client.subscribe("open/#", QoS::AtLeastOnce).await);
    let sender = Client::all(address, "sender").await;
    sender.publish("secret/1", "x", QoS::AtLeastOnce).await;
    client.gets_only_marker("open/1", &sender).await;
    site.end().await;
}

#[tokio::test]
async fn a_removed_user_leaves_no_last_will() {
    let (mut site, address) = Site::usual().await;
    let mut watcher = Client::all(address, "watcher").await;
    assert!(watcher.subscribe("press/#", QoS::AtLeastOnce).await);
    let mut options = super::options(address, "press-1", "press", "s3cret");
    options.set_last_will(LastWill::new("press/status", "gone", QoS::AtLeastOnce, true));
    let mut client = Client::with(options).await.unwrap();
    let mut next = usual();
    next["users"].as_array_mut().unwrap().remove(0);
    site.config.send_replace(parse(&next));
    client.gone().await;
    site.refusal("may no longer publish its last will").await;
    watcher.gets_only_marker("press/x", &Client::all(address, "marker").await).await;
    let mut late = Client::all(address, "late").await;
    assert!(late.subscribe("press/#", QoS::AtLeastOnce).await);
    late.gets_only_marker("press/x", &Client::all(address, "marker").await).await;
    site.end().await;
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn listeners_come_and_go_one_by_one() {
    let (first, second) = (free_address(), free_address());
    let with = |addresses: &[SocketAddr]| {
        let mut broker = usual();
        broker["listeners"] = addresses.iter().map(|address| json!({"address": address.to_string()})).collect();
        broker
    };
    let (mut site, _) = Site::up(&with(&[first])).await;
    let mut stays = Client::all(first, "stays").await;
    assert!(stays.subscribe("#", QoS::AtLeastOnce).await);

    site.config.send_replace(parse(&with(&[first, second])));
    site.status_when("both are open", |status| status.listeners.len() == 2).await;
    let mut through_second = Client::all(second, "second").await;
    through_second.publish("t", "across listeners", QoS::AtLeastOnce).await;
    stays.gets("t", "across listeners").await;

    site.config.send_replace(parse(&with(&[first])));
    through_second.gone().await;
    site.status_when("one is open", |status| status.listeners.len() == 1).await;
    let taken = TcpListener::bind(second).expect("the port is free again");
    assert!(stays.is_connected());

    // An address that is taken degrades the broker and leaves the others alone; it is taken up when it is free.
    site.config.send_replace(parse(&with(&[first, second])));
    let health = site.health_when("it is degraded", |health| matches!(health, Health::Degraded(_))).await;
    assert!(health.reason().unwrap().contains("already in use"), "{health:?}");
    assert!(stays.is_connected());
    drop(taken);
    site.health_when("it is up again", |health| *health == Health::Up).await;
    let _again = Client::all(second, "second").await;
    site.end().await;
}

#[tokio::test]
async fn a_broker_without_any_address_fails_with_the_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut broker = usual();
    broker["listeners"] = json!([{"address": taken.local_addr().unwrap().to_string()}]);
    let mut site = Site::start(&broker);
    let failure = site.task.join_next().await.unwrap().unwrap().unwrap_err();
    assert!(failure.to_string().contains("already in use"), "{failure}");
}

#[tokio::test]
async fn a_restart_frees_the_port_at_once() {
    let address = free_address();
    let mut broker = usual();
    broker["listeners"] = json!([{"address": address.to_string()}]);
    for _ in 0..3 {
        let (site, _) = Site::up(&broker).await;
        let mut client = Client::all(address, "one").await;
        assert!(client.subscribe("#", QoS::AtLeastOnce).await);
        site.end().await;
        client.gone().await;
        TcpListener::bind(address).expect("the port is free");
    }
}

#[tokio::test]
async fn a_broker_that_is_aborted_leaves_nothing_behind() {
    let address = free_address();
    let mut broker = usual();
    broker["listeners"] = json!([{"address": address.to_string()}]);
    let (mut site, _) = Site::up(&broker).await;
    let mut client = Client::all(address, "one").await;
    site.task.abort_all();
    let ended = site.task.join_next().await.unwrap().unwrap_err();
    assert!(ended.is_cancelled(), "{ended}");
    client.gone().await;
    let (site, _) = Site::up(&broker).await;
    let _again = Client::all(address, "one").await;
    site.end().await;
}
