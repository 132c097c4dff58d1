use crate::support::mqtt_broker::{Message, Packet, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use serde_json::{Value as Json, json};
use std::collections::HashSet;

fn members(tags: &[&str]) -> Json {
    json!({
        "cloud": {"kind": "home-assistant"},
        "publications": [{"name": "p", "preset": "discovery", "tags": tags, "qos": 1, "trigger": {"on_change": true}}],
        "subscriptions": [{"name": "s", "topic": "{appliance}/set/{tag}", "tags": ["d/t0"]}],
    })
}

async fn announced(broker: &TestBroker, topic: &str) -> Message {
    broker.wait_for_messages(topic, 1).await.remove(0)
}

const T0: &str = "homeassistant/number/line-3_site_6/d_t0_1_2/config";
const T1: &str = "homeassistant/sensor/line-3_site_6/d_t1_1_2/config";

#[tokio::test]
async fn entities_are_announced_and_taken_away_with_their_publication() {
    let broker = TestBroker::start().await;
    let mut rig = MqttRig::start(&broker.url(), members(&["d/t0"]));
    let config = announced(&broker, T0).await;
    assert!(config.retain && config.qos == 1);
    let config: Json = serde_json::from_str(&config.payload).unwrap();
    assert_eq!(config["state_topic"], "line-3/read/d/t0/value");
    assert_eq!(config["command_topic"], "line-3/set/d/t0");
    assert_eq!((&config["max"], &config["availability_topic"]), (&json!(1000.0), &json!("line-3/status")));
    // The state is where it was said to be, for whoever comes later, and so is whether we are there.
    let state = announced(&broker, "line-3/read/d/t0/value").await;
    assert!(state.retain && state.payload.starts_with(r#"{"value":0.0,"#), "{state:?}");
    let birth = announced(&broker, "line-3/status").await;
    assert_eq!((birth.payload.as_str(), birth.retain), ("online", true));
    let will = broker.heard().into_iter().find_map(|heard| match heard.packet {
        Packet::Connect(connect) => connect.will,
        _ => None,
    });
    assert_eq!(
        will.map(|will| (will.topic, will.payload, will.retain)),
        Some(("line-3/status".into(), "offline".into(), true))
    );
    // What Home Assistant sends for a number is the bare number.
    broker.send("line-3/set/d/t0", b"21.5", 0, false).await;
    let command = rig.inbox.next().await.remove(0);
    assert_eq!(command.value, dinrail::tag::value::Value::F64(21.5));
    command.reply.send(Ok(command.value)).unwrap();

    // Another tag: it alone is announced.
    broker.forget();
    rig.edit(members(&["d/t0", "d/t1"]));
    announced(&broker, T1).await;
    assert!(broker.published().iter().all(|message| message.topic != T0));
    // After the publication nothing of it stays.
    broker.forget();
    rig.edit(json!({"publications": []}));
    for topic in [T0, T1] {
        let gone = announced(&broker, topic).await;
        assert!(gone.payload.is_empty() && gone.retain, "{gone:?}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_an_earlier_life_announced_is_taken_away() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), members(&["d/t0"]));
    announced(&broker, T0).await;
    let filter = "homeassistant/+/line-3_site_6/+/config".to_owned();
    broker
        .wait("SUBSCRIBE", |heard| {
            let asked = |filters: &[(String, u8)]| filters.iter().any(|(asked, _)| *asked == filter);
            heard
                .iter()
                .any(|heard| matches!(&heard.packet, Packet::Subscribe(filters) if asked(filters)))
                .then_some(())
        })
        .await;
    broker.forget();
    let old = "homeassistant/sensor/line-3_site_6/d_gone_1_4/config";
    broker.send(T0, b"{}", 1, true).await;
    broker.send(old, b"{}", 1, true).await;
    let gone = announced(&broker, old).await;
    assert!(gone.payload.is_empty() && gone.retain, "{gone:?}");
    assert!(broker.published().iter().all(|message| message.topic != T0), "it is still wanted");
    // A broker that has forgotten everything is told everything.
    broker.forget();
    broker.cut().await;
    announced(&broker, T0).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_thousand_entities_are_announced_without_a_loss() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start_with(&broker.url(), members(&["d/*"]), 1000);
    let told = broker.wait_for_messages("homeassistant/", 1000).await;
    let topics: HashSet<_> = told.iter().map(|message| &message.topic).collect();
    assert_eq!(topics.len(), 1000);
    let status = rig.wait_status("all are acknowledged", |status| status.in_flight == 0).await;
    assert_eq!((status.failed, status.last_error), (0, None));
    rig.stop().await;
}

#[cfg(feature = "peers")]
#[tokio::test]
async fn mosquitto_keeps_what_is_wanted_and_nothing_else() {
    let broker = crate::support::mosquitto::Mosquitto::open().await;
    let mut first = broker.subscribe(&["homeassistant/#"]).await;
    let rig = MqttRig::start(&broker.url(), members(&["d/t0", "d/t1"]));
    for topic in [T0, T1] {
        first.next_on(topic).await;
    }
    rig.stop().await;
    // The next life has less to tell, and was not there when that was decided.
    let rig = MqttRig::start(&broker.url(), members(&["d/t0"]));
    let gone = loop {
        let line = first.next_on(T1).await;
        if !line.contains('{') {
            break line;
        }
    };
    assert_eq!(gone.trim(), format!("{T1} 1 0"));
    let mut later = broker.subscribe(&["homeassistant/#"]).await;
    broker.publish(&["-t", "homeassistant/end", "-m", "end"]).await;
    assert!(later.next().await.starts_with(&format!("{T0} 1 1 {{")));
    assert_eq!(later.next().await, "homeassistant/end 0 0 end");
    rig.stop().await;
}
