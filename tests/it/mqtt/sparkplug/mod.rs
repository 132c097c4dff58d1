//! The connection as an edge node of Sparkplug 3.0, against a broker that keeps a transcript. At the end of each test the
//! whole of it is held against the assertions of the specification.

mod commands;
mod host;
mod outages;
#[cfg(feature = "peers")]
mod peers;
mod primary_host;
mod readme;

use crate::support::mqtt_broker::{Heard, Message, Packet, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use crate::support::sparkplug::{Metric, Payload, Value};
use dinrail::tag::quality::Reason;
use host::{GROUP, Host, NODE};
use serde_json::{Value as Json, json};

/// An edge node that publishes all tags.
fn edge_node(more: Json) -> Json {
    let mut publication = json!({"name": "p", "id": "p1", "tags": ["d/*"], "payload": "sparkplug"});
    for (name, value) in more.as_object().unwrap() {
        publication[name] = value.clone();
    }
    json!({"sparkplug": {"group": GROUP, "edge_node": NODE, "writable": ["d/t0", "d/t1"]}, "publications": [publication]})
}

fn topic(kind: &str) -> String {
    format!("spBv1.0/{GROUP}/{kind}/{NODE}")
}

fn read(message: &Message) -> Payload {
    Payload::read(&message.bytes)
}

/// Waits for so many messages of this kind.
#[track_caller]
fn wait<'a>(broker: &'a TestBroker, kind: &str, count: usize) -> impl Future<Output = Vec<Payload>> + use<'a> {
    let prefix = topic(kind);
    async move { broker.wait_for_messages(&prefix, count).await.iter().map(read).collect() }
}

/// Waits until the edge node is born with its device.
async fn born(broker: &TestBroker) -> (Payload, Payload) {
    let mut devices = wait(broker, "DBIRTH", 1).await;
    (wait(broker, "NBIRTH", 1).await.remove(0), devices.remove(0))
}

/// The alias of a metric of a birth.
fn alias(birth: &Payload, name: &str) -> u64 {
    birth.metrics.iter().find(|metric| metric.name.as_deref() == Some(name)).unwrap().alias.unwrap()
}

/// The data messages among these.
fn data(heard: &[Heard]) -> impl Iterator<Item = Payload> {
    let prefix = topic("DDATA");
    heard.iter().filter_map(move |heard| match &heard.packet {
        Packet::Publish(message) if message.topic.starts_with(&prefix) => Some(read(message)),
        _ => None,
    })
}

/// The data of one metric, in the order it came: value, and whether it is of the past.
fn told(broker: &TestBroker, alias: u64) -> Vec<(f64, bool)> {
    told_of(&broker.heard(), alias)
}

fn told_of(heard: &[Heard], alias: u64) -> Vec<(f64, bool)> {
    let metrics = data(heard).flat_map(|data| data.metrics).filter(|metric| metric.alias == Some(alias));
    metrics
        .map(|metric| match metric.value {
            Some(Value::Double(x)) => (x, metric.is_historical),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Waits until the metric was told with this value.
#[track_caller]
fn wait_told(broker: &TestBroker, alias: u64, value: f64) -> impl Future<Output = ()> {
    let is_it = move |(x, _): &(f64, bool)| x.to_bits() == value.to_bits();
    broker.wait(format!("data of alias {alias} with {value}"), move |heard| {
        told_of(heard, alias).iter().any(is_it).then_some(())
    })
}

fn kinds(broker: &TestBroker) -> Vec<String> {
    broker.published().iter().map(|message| message.topic.split('/').nth(2).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn births_come_first_and_then_what_changes_by_alias() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), edge_node(json!({"attributes": ["value", "max", "quality"]})));
    let (_, birth) = born(&broker).await;
    let names: Vec<_> = birth.metrics.iter().map(|metric| metric.name.as_deref().unwrap()).collect();
    assert_eq!(names.len(), 12);
    assert!(["t0", "t0/max", "t0/quality", "t3/quality"].iter().all(|name| names.contains(name)), "{names:?}");
    assert_eq!(
        (birth.value("t1"), birth.value("t1/quality")),
        (Some(&Value::Double(0.0)), Some(&Value::String("good".into())))
    );
    // Nothing that the birth said is said again, and of two tags that change together one message tells.
    rig.write_all(&[(1, 7.5), (2, 8.5)]);
    let data = wait(&broker, "DDATA", 1).await.remove(0);
    let said = |name: &str| data.metrics.iter().find(|metric| metric.alias == Some(alias(&birth, name)));
    assert_eq!(data.metrics.len(), 4, "{data:?}");
    assert_eq!(said("t2").unwrap().value, Some(Value::Double(8.5)));
    assert_eq!(said("t1/max").unwrap().value, Some(Value::Double(7.5)));
    assert_eq!(said("t1").unwrap().properties, [("Quality".to_owned(), 3, Value::Int(192))]);
    // Within its deadband a tag is silent.
    rig.write_all(&[(3, 4.0)]);
    rig.write_all(&[(0, 1.0)]);
    wait_told(&broker, alias(&birth, "t0"), 1.0).await;
    assert_eq!(told(&broker, alias(&birth, "t3")), []);
    let status = rig.wait_status("all is acknowledged", |status| status.ledger[0].queued == 0).await;
    let row = &status.ledger[0];
    assert_eq!((row.produced, row.dropped.len()), (row.acknowledged, 0));
    rig.stop().await;
    assert_eq!(kinds(&broker), ["NBIRTH", "DBIRTH", "DDATA", "DDATA", "NDEATH"]);
    Host::follow(&broker.heard());
}

#[tokio::test]
async fn the_numbers_of_messages_have_no_holes_over_their_end() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), edge_node(json!({"trigger": {"on_change": true, "every": true}})));
    let (_, birth) = born(&broker).await;
    for n in 1..=600 {
        rig.write(1, f64::from(n));
    }
    wait_told(&broker, alias(&birth, "t1"), 600.0).await;
    let expect: Vec<(f64, bool)> = (1..=600).map(|n| (f64::from(n), false)).collect();
    assert_eq!(told(&broker, alias(&birth, "t1")), expect);
    rig.stop().await;
    Host::follow(&broker.heard());
}

#[tokio::test]
async fn a_device_dies_when_nothing_of_it_answers_and_comes_back() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), edge_node(json!({})));
    let (_, birth) = born(&broker).await;
    // As long as one tag is read, the device is there.
    for tag in 0..3 {
        rig.fail(tag, Reason::NoAnswer);
    }
    let gone = |metric: &Metric| {
        metric.alias == Some(alias(&birth, "t2")) && metric.properties == [("Quality".to_owned(), 3, Value::Int(0))]
    };
    broker.wait("bad data", |heard| data(heard).any(|data| data.metrics.iter().any(gone)).then_some(())).await;
    assert!(!kinds(&broker).contains(&"DDEATH".to_owned()));
    rig.fail(3, Reason::PortClosed);
    let death = wait(&broker, "DDEATH", 1).await.remove(0);
    assert_eq!(death.metrics, []);
    broker.forget();
    // Of a device that is dead nothing is told, until it is born again.
    rig.fail(3, Reason::NoAnswer);
    rig.write(1, 5.0);
    let birth = wait(&broker, "DBIRTH", 1).await.remove(0);
    assert_eq!(birth.value("t1"), Some(&Value::Double(5.0)));
    rig.write(1, 6.0);
    wait_told(&broker, alias(&birth, "t1"), 6.0).await;
    assert_eq!(told(&broker, alias(&birth, "t1")), [(6.0, false)]);
    // What changed while it was dead may be told behind the birth once more, and never before it.
    let kinds = kinds(&broker);
    assert!(kinds[0] == "DBIRTH" && kinds[1..].iter().all(|kind| kind == "DDATA"), "{kinds:?}");
    rig.stop().await;
}

#[tokio::test]
async fn an_edit_is_told_by_the_birth_of_the_devices_it_changes_alone() {
    let broker = TestBroker::start().await;
    let second = json!({"name": "q", "id": "q1", "tags": ["d/t2"], "payload": "sparkplug", "device": "hall"});
    let with = |first: Json, more: &[Json]| {
        let mut members = edge_node(first);
        members["publications"].as_array_mut().unwrap().extend_from_slice(more);
        members
    };
    let mut rig = MqttRig::start(&broker.url(), with(json!({"tags": ["d/t0", "d/t1"]}), std::slice::from_ref(&second)));
    wait(&broker, "DBIRTH", 2).await;
    let births = broker.published();
    let first = births.iter().find(|message| message.topic.ends_with("/d")).map(read).unwrap();
    let hall = births.iter().find(|message| message.topic.ends_with("/hall")).map(read).unwrap();
    assert_eq!(hall.metrics[0].name.as_deref(), Some("d/t2"));
    broker.forget();
    rig.edit(with(json!({"tags": ["d/t1", "d/t3"]}), std::slice::from_ref(&second)));
    let again = wait(&broker, "DBIRTH", 1).await.remove(0);
    assert_eq!(alias(&again, "t1"), alias(&first, "t1"));
    assert!(!first.metrics.iter().chain(&hall.metrics).any(|metric| metric.alias == Some(alias(&again, "t3"))));
    // What other settings there are changes nothing for hosts.
    rig.edit(with(json!({"tags": ["d/t1", "d/t3"], "trigger": {"on_change": true, "min_gap_ms": 1}}), &[second]));
    rig.write(1, 3.0);
    wait_told(&broker, alias(&again, "t1"), 3.0).await;
    rig.edit(with(json!({"tags": ["d/t1", "d/t3"]}), &[]));
    let gone = broker.wait_for_messages(&topic("DDEATH"), 1).await.remove(0);
    assert!(gone.topic.ends_with("/hall"));
    assert_eq!(kinds(&broker), ["DBIRTH", "DDATA", "DDEATH"]);
    // Another name is another edge node: the old one says that it ends.
    broker.forget();
    let mut other = edge_node(json!({}));
    other["sparkplug"]["edge_node"] = json!("line-4");
    rig.edit(other);
    broker.wait_for_messages(&format!("spBv1.0/{GROUP}/DBIRTH/line-4"), 1).await;
    assert_eq!(kinds(&broker), ["NDEATH", "NBIRTH", "DBIRTH"]);
    rig.stop().await;
}

#[tokio::test]
async fn without_a_buffer_the_present_is_told_and_nothing_else() {
    let broker = TestBroker::start().await;
    let mut members = edge_node(json!({}));
    members["buffer"] = json!({"max_mib": 0});
    let rig = MqttRig::start(&broker.url(), members);
    let (_, birth) = born(&broker).await;
    rig.write(1, 1.0);
    wait_told(&broker, alias(&birth, "t1"), 1.0).await;
    broker.behave(|manners| manners.refuse = 3);
    broker.cut().await;
    rig.wait_degraded().await;
    rig.write(1, 2.0);
    rig.write(1, 3.0);
    let before = wait(&broker, "NBIRTH", 1).await.len();
    broker.behave(|manners| manners.refuse = 0);
    let again = wait(&broker, "DBIRTH", before + 1).await.remove(before);
    assert_eq!(again.value("t1"), Some(&Value::Double(3.0)));
    rig.write(1, 4.0);
    wait_told(&broker, alias(&again, "t1"), 4.0).await;
    assert_eq!(told(&broker, alias(&again, "t1")), [(1.0, false), (4.0, false)]);
    rig.stop().await;
    Host::follow(&broker.heard());
}

#[tokio::test]
async fn samples_that_wait_for_each_other_are_told_in_the_order_of_their_times() {
    let broker = TestBroker::start().await;
    let publication = json!({"trigger": {"on_change": true, "every": true}, "batch": {"count": 6}});
    let rig = MqttRig::start(&broker.url(), edge_node(publication));
    let (_, birth) = born(&broker).await;
    for n in 1..=3 {
        rig.write_all(&[(2, f64::from(n))]);
        rig.write_all(&[(0, f64::from(n))]);
    }
    let data = wait(&broker, "DDATA", 1).await.remove(0);
    assert_eq!(data.metrics.len(), 6);
    assert_eq!(told(&broker, alias(&birth, "t0")), [(1.0, false), (2.0, false), (3.0, false)]);
    rig.stop().await;
    Host::follow(&broker.heard());
}
