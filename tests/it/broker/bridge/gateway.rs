//! A bridge in the whole gateway: from the document to the other broker, and what REST says of it.

use super::{Bridge, Client, Pair, Site};
use crate::support::gateway::TestGateway;
use crate::support::wait::eventually;
use dinrail::runtime::status::{UnitStatus, snapshot};
use reqwest::Method;
use rumqttc::QoS;
use serde_json::json;

fn bridge_unit(gateway: &TestGateway) -> Option<UnitStatus> {
    snapshot(&gateway.gateway.units).into_iter().find(|unit| unit.key.starts_with("bridge/"))
}

/// The files of queues in its data folder.
fn queues(gateway: &TestGateway) -> usize {
    let names = std::fs::read_dir(gateway.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| {
            name.to_str()
                .is_some_and(|name| name.starts_with("queue-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
        })
        .count()
}

#[tokio::test]
async fn a_bridge_is_set_up_changed_and_removed_by_rest() {
    let Pair { here, there, address, local, mut remote } = Pair::start().await;
    drop(local);
    here.end().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gateway = TestGateway::start().await;
    let rest = gateway.admin().await;
    let bridge = json!({"name": "cloud", "url": format!("mqtt://{address}"), "username": "all", "password": "all",
        "rules": [{"topic": "a/#", "direction": "out", "remote_prefix": "site/"}]});
    let broker = json!({"listeners": [{"address": port.to_string()}],
        "users": [{"name": "all", "password": "all", "publish": ["#"], "subscribe": ["#"]}]});
    assert_eq!(rest.change(Method::PUT, "/api/v1/config/mqtt/broker", Some(broker)).await.status, 201);
    assert_eq!(rest.change(Method::POST, "/api/v1/config/mqtt/broker/bridges", Some(bridge)).await.status, 201);
    let up = async || bridge_unit(&gateway).filter(|unit| unit.health == "up");
    let unit = eventually(up, "the bridge is up").await;
    assert_eq!(unit.name, "cloud");
    let (document, _) = rest.config().await;
    assert_eq!(document.pointer("/mqtt/broker/bridges/0/password"), Some(&json!("***")));

    assert!(remote.subscribe("#", QoS::AtLeastOnce).await);
    let connected = async || Client::connect(port, "local", "all", "all").await.ok();
    let local = eventually(connected, "the broker listens").await;
    local.publish("a/1", "1", QoS::AtLeastOnce).await;
    remote.gets("site/a/1", "1").await;
    let rules = json!({"rules": [{"topic": "b/#", "direction": "out"}]});
    assert_eq!(rest.change(Method::PATCH, "/api/v1/config/mqtt/broker/bridges/cloud", Some(rules)).await.status, 200);
    // Applied a moment after it is taken.
    let crossed = async || {
        local.publish("b/1", "2", QoS::AtLeastOnce).await;
        tokio::time::timeout(std::time::Duration::from_millis(200), remote.messages.recv()).await.ok().flatten()
    };
    assert_eq!(eventually(crossed, "the new rule holds").await.topic, "b/1");
    let unit = bridge_unit(&gateway).unwrap();
    let detail = serde_json::to_value(&unit.detail).unwrap();
    assert_eq!((&detail["connects"], &detail["bridge"]["returned"]), (&json!(1), &json!(0)));

    // What waits for a bridge goes with it.
    drop(remote);
    there.end().await;
    local.publish("b/1", "3", QoS::AtLeastOnce).await;
    eventually(async || (queues(&gateway) == 1).then_some(()), "it is written").await;
    assert_eq!(rest.change(Method::DELETE, "/api/v1/config/mqtt/broker/bridges/cloud", None).await.status, 200);
    eventually(async || bridge_unit(&gateway).is_none().then_some(()), "the bridge is gone").await;
    eventually(async || (queues(&gateway) == 0).then_some(()), "and its queue").await;
    assert!(local.is_connected());
    gateway.stop().await;
}

#[tokio::test]
async fn a_bridge_that_leads_home_by_another_name_does_not_go_on_for_ever() {
    // What the settings cannot see: a name of this very host.
    let (mut site, address) = Site::usual().await;
    let rules = json!([{"topic": "#", "direction": "both"}]);
    let bridge = Bridge::up(&site, address, &json!({}), &rules).await;
    let local = Client::all(address, "local").await;
    for number in 0..100 {
        local.publish("a", &number.to_string(), QoS::AtLeastOnce).await;
    }
    // Out and back: dropped by the broker. In by its own subscription: once, then known by its mark.
    bridge.counts_when("each came in once", |counts| (counts.brought, counts.returned) == (100, 100)).await;
    let status = site.status_when("each was known when it came back", |status| status.returned == 100).await;
    assert_eq!(status.messages_in, 200);
    bridge.end().await;
    site.end().await;
}
