//! Who gets in, and what for.

use super::{Client, Site, options, usual};
use rumqttc::{LastWill, PublishOptions, QoS};
use serde_json::json;

#[tokio::test]
async fn wrong_logins_are_refused_and_told_apart_only_inside() {
    let (mut site, address) = Site::usual().await;
    for (user, password) in [("press", "wrong"), ("nobody", "s3cret"), ("press", ""), ("PRESS", "s3cret")] {
        let refused = Client::connect(address, "x", user, password).await.err().unwrap();
        assert!(refused.contains("BadUserNamePassword"), "{refused}");
    }
    site.refusal("wrong user name or password").await;
    let anonymous = Client::connect(address, "x", "", "").await.err().unwrap();
    assert!(anonymous.contains("BadUserNamePassword"), "{anonymous}");
    site.refusal("no user name was given").await;
    assert!(Client::connect(address, "x", "press", "s3cret").await.is_ok());
    site.end().await;
}

#[tokio::test]
async fn the_anonymous_are_let_in_only_when_the_setting_says_so() {
    let mut open = usual();
    open["anonymous"] = json!(true);
    let (mut site, address) = Site::up(&open).await;
    let mut client = Client::connect(address, "guest", "", "").await.unwrap();
    assert!(client.subscribe("#", QoS::AtMostOnce).await);
    client.publish("any/thing", "1", QoS::AtLeastOnce).await;
    client.gets("any/thing", "1").await;
    assert!(Client::connect(address, "x", "press", "wrong").await.is_err(), "a wrong password is no anonymity");
    let named = Client::connect(address, "named", "all", "all").await.unwrap();

    site.config.send_replace(super::parse(&usual()));
    client.gone().await;
    assert!(named.is_connected());
    site.status_when("one is left", |status| status.clients.len() == 1).await;
    site.end().await;
}

#[tokio::test]
async fn filters_bound_what_a_user_publishes_and_sees() {
    let (mut site, address) = Site::usual().await;
    let mut all = Client::all(address, "all").await;
    assert!(all.subscribe("#", QoS::AtLeastOnce).await);
    let mut press = Client::connect(address, "press", "press", "s3cret").await.unwrap();
    for (filter, granted) in [
        ("press/#", true),
        ("press/+/x", true),
        ("common/a", true),
        ("common/#", false),
        ("#", false),
        ("+/a", false),
        ("oven/1", false),
    ] {
        assert_eq!(press.subscribe(filter, QoS::AtLeastOnce).await, granted, "{filter}");
    }
    // 3.1.1 knows no refusal of a message: it is acknowledged and goes nowhere.
    press.publish("oven/1", "forbidden", QoS::AtLeastOnce).await;
    press.publish("oven/1", "forbidden", QoS::ExactlyOnce).await;
    press.send("oven/1", b"forbidden".to_vec(), PublishOptions::new(QoS::AtLeastOnce).retained()).await.unwrap();
    press.publish("press/1", "allowed", QoS::AtLeastOnce).await;
    all.gets("press/1", "allowed").await;
    all.publish("oven/2", "secret", QoS::AtLeastOnce).await;
    all.gets("oven/2", "secret").await;
    let first = press.next().await;
    assert_eq!(first.topic, "press/1");
    site.refusal("may not publish to oven/1").await;

    let viewer = Client::connect(address, "viewer", "viewer", "look").await.unwrap();
    assert!(viewer.subscribe("#", QoS::AtLeastOnce).await);
    assert!(!viewer.subscribe("$SYS/#", QoS::AtLeastOnce).await);
    viewer.publish("press/1", "forbidden", QoS::AtLeastOnce).await;
    all.gets_only_marker("x", &press_like(address).await).await;
    site.end().await;
}

async fn press_like(address: std::net::SocketAddr) -> Client {
    Client::all(address, "marker").await
}

#[tokio::test]
async fn a_last_will_needs_the_right_to_its_topic() {
    let (mut site, address) = Site::usual().await;
    let mut options = options(address, "press-1", "press", "s3cret");
    options.set_last_will(LastWill::new("oven/status", "gone", QoS::AtLeastOnce, true));
    let refused = Client::with(options).await.err().unwrap();
    assert!(refused.contains("NotAuthorized"), "{refused}");
    site.refusal("may not publish its last will to oven/status").await;
    site.end().await;
}

#[tokio::test]
async fn nobody_takes_over_the_session_of_another_user() {
    let (mut site, address) = Site::usual().await;
    let with = |user, password| {
        let mut options = options(address, "historian", user, password);
        options.set_clean_session(false);
        options
    };
    let mut owner = Client::with(with("all", "all")).await.unwrap();
    assert!(owner.subscribe("secret/#", QoS::AtLeastOnce).await);
    let refused = Client::with(with("press", "s3cret")).await.err().unwrap();
    assert!(refused.contains("NotAuthorized"), "{refused}");
    site.refusal("belongs to another user").await;
    assert!(owner.is_connected());
    // The owner itself may come again; its old connection ends.
    let again = Client::with(with("all", "all")).await.unwrap();
    owner.gone().await;
    assert!(again.is_connected());
    site.end().await;
}
