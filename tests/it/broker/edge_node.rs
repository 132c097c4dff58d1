//! An edge node of Sparkplug at the embedded broker.

use super::{Client, PATIENCE, Site, usual};
use crate::support::mqtt_rig::MqttRig;
use rumqttc::{PublishOptions, QoS};
use serde_json::json;
use tokio::time::timeout;

/// The kind of the next message of the edge node.
async fn next(host: &mut Client) -> String {
    let message = timeout(PATIENCE, host.messages.recv()).await.expect("a message").unwrap();
    message.topic.split('/').nth(2).unwrap().to_owned()
}

#[tokio::test]
async fn it_is_born_obeys_and_dies_as_at_any_other() {
    let (site, address) = Site::up(&usual()).await;
    let mut host = Client::all(address, "host").await;
    for filter in ["spBv1.0/plant/+/line-3", "spBv1.0/plant/+/line-3/+"] {
        assert!(host.subscribe(filter, QoS::AtLeastOnce).await);
    }
    let say = async |host: &Client, online: bool, timestamp: u64| {
        let state = json!({"online": online, "timestamp": timestamp}).to_string();
        let options = PublishOptions::new(QoS::AtLeastOnce).retain(true);
        host.asks.publish("spBv1.0/STATE/scada", state, options).await.unwrap();
    };
    say(&host, true, 1000).await;
    let members = json!({
        "username": "all", "password": "all",
        "sparkplug": {"group": "plant", "edge_node": "line-3", "primary_host": "scada"},
        "publications": [{"name": "p", "id": "p1", "tags": ["d/*"], "payload": "sparkplug"}],
    });
    let rig = MqttRig::start(&format!("mqtt://{address}"), members);
    assert_eq!([next(&mut host).await, next(&mut host).await], ["NBIRTH", "DBIRTH"]);
    rig.write(1, 4.0);
    assert_eq!(next(&mut host).await, "DDATA");
    // The host leaves: the node says that it dies, and is silent until the host is back.
    say(&host, false, 1001).await;
    assert_eq!(next(&mut host).await, "NDEATH");
    rig.wait_degraded().await;
    say(&host, true, 2000).await;
    assert_eq!([next(&mut host).await, next(&mut host).await], ["NBIRTH", "DBIRTH"]);
    drop(rig);
    assert_eq!(next(&mut host).await, "NDEATH");
    site.end().await;
}
