//! What hosts ask of an edge node.

use super::{alias, born, edge_node, read, topic, wait, wait_told};
use crate::mqtt::sparkplug::host::Host;
use crate::support::mqtt_broker::TestBroker;
use crate::support::mqtt_rig::MqttRig;
use crate::support::sparkplug::{Metric, Value, command, named};
use crate::support::wait::PATIENCE;
use dinrail::runtime::events::{Category, Outcome};
use dinrail::tag::value::Value as TagValue;
use serde_json::json;

const REBIRTH: &str = "Node Control/Rebirth";

#[tokio::test]
async fn births_are_told_again_when_a_host_asks_and_not_more_often_than_it_can_use() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), edge_node(json!({})));
    let (node, device) = born(&broker).await;
    let ask = command(&[named(REBIRTH, Value::Boolean(true))]);
    broker.send(&topic("NCMD"), &ask, 0, false).await;
    rig.write(1, 9.0);
    let again = wait(&broker, "NBIRTH", 2).await.remove(1);
    assert_eq!((again.seq, again.value("bdSeq")), (Some(0), node.value("bdSeq")));
    let births = wait(&broker, "DBIRTH", 2).await;
    assert_eq!(alias(&births[1], "t1"), alias(&device, "t1"));
    // A hundred questions at once are one.
    for _ in 0..100 {
        broker.send(&topic("NCMD"), &ask, 0, false).await;
    }
    rig.wait_status("the questions are heard", |status| status.received == 101).await;
    wait(&broker, "DBIRTH", 3).await;
    rig.write(1, 10.0);
    wait_told(&broker, alias(&device, "t1"), 10.0).await;
    let count = broker.published().iter().filter(|message| message.topic == topic("NBIRTH")).count();
    assert!((3..=4).contains(&count), "{count}");
    rig.stop().await;
    let host = Host::follow(&broker.heard());
    assert!(host.held.contains("operational-behavior-data-commands-rebirth-action-3"));
}

#[tokio::test]
async fn a_host_that_never_stops_asking_for_births_silences_nobody() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), edge_node(json!({})));
    let (_, device) = born(&broker).await;
    let ask = command(&[named(REBIRTH, Value::Boolean(true))]);
    let asking = async {
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            pause.tick().await;
            broker.send(&topic("NCMD"), &ask, 0, false).await;
        }
    };
    let telling = async {
        for value in (0..20).map(|number| 100.0 + f64::from(number)) {
            rig.write(1, value);
            wait_told(&broker, alias(&device, "t1"), value).await;
        }
    };
    tokio::select! {
        () = asking => (),
        () = telling => (),
    }
    let count = broker.published().iter().filter(|message| message.topic == topic("NBIRTH")).count();
    assert!(count < 15, "{count} births: the data came between them and not at once");
    rig.stop().await;
    Host::follow(&broker.heard());
}

#[tokio::test]
async fn a_host_writes_what_it_may_and_the_new_value_is_told_when_the_field_has_it() {
    let broker = TestBroker::start().await;
    let mut rig = MqttRig::start(&broker.url(), edge_node(json!({})));
    let (_, birth) = born(&broker).await;
    let device = format!("{}/d", topic("DCMD"));
    let by_alias = Metric { alias: Some(alias(&birth, "t1")), value: Some(Value::Double(21.5)), ..Metric::default() };
    let two = command(&[by_alias, Metric { datatype: Some(10), ..named("t0", Value::Double(4.0)) }]);
    broker.send(&device, &two, 0, false).await;
    for (tag, value) in [("d/t1", 21.5), ("d/t0", 4.0)] {
        let asked = tokio::time::timeout(PATIENCE, rig.inbox.next()).await.expect("no command came").remove(0);
        assert_eq!((asked.tag.as_str(), &asked.value), (tag, &TagValue::F64(value)));
        asked.reply.send(Ok(asked.value)).unwrap();
        let event = rig.events.recv().await.unwrap();
        assert_eq!((event.category, event.result), (Category::Command, Outcome::Ok));
        assert_eq!((event.source.as_str(), event.actor.as_str()), ("mqtt/site", device.as_str()));
    }
    rig.write(1, 21.5);
    wait_told(&broker, alias(&birth, "t1"), 21.5).await;
    rig.stop().await;
    Host::follow(&broker.heard());
}

#[tokio::test]
async fn what_a_host_may_not_do_is_refused_with_the_reason_in_the_log() {
    let broker = TestBroker::start().await;
    let mut rig = MqttRig::start(&broker.url(), edge_node(json!({})));
    born(&broker).await;
    let device = format!("{}/d", topic("DCMD"));
    let value = Value::Double(1.0);
    let text = |metrics: &[Metric]| command(metrics);
    let long = "x".repeat(30_000);
    let cut = &text(&[named("t1", value.clone())])[..9];
    let beyond = Metric { alias: Some(9999), value: Some(value.clone()), ..Metric::default() };
    let cases = [
        (
            &device,
            text(&[named("t2", value.clone())]),
            "d/t2",
            "`d/t2` is none of the tags that hosts may write (`writable` of the edge node)",
        ),
        (
            &device,
            text(&[named("t1", Value::Int(1))]),
            "d/t1",
            "the metric is of type Double: the value of a command has the same",
        ),
        (
            &device,
            text(&[Metric { value: None, ..named("t1", value.clone()) }]),
            "d/t1",
            "a command has a value that is not null",
        ),
        (&device, text(&[named("nobody", value.clone())]), device.as_str(), "no birth told of a metric `nobody`"),
        (&device, text(&[beyond]), device.as_str(), "no birth told of a metric with alias 9999"),
        (&device, b"{\"value\": 1}".to_vec(), device.as_str(), "the payload is not one of Sparkplug B"),
        (&device, Vec::new(), device.as_str(), "a command has 1..1000 metrics, not 0"),
        (&device, cut.to_vec(), device.as_str(), "the payload is not one of Sparkplug B"),
        // Ten thousands of groups in each other.
        (&device, vec![0x7B; 60_000], device.as_str(), "the payload is not one of Sparkplug B"),
        (
            &device,
            vec![0xFF; 1024 * 1024],
            device.as_str(),
            "the payload has 1048576 bytes; a command has at most 65536",
        ),
        (
            &device,
            text(&vec![named("t1", value.clone()); 1001]),
            device.as_str(),
            "a command has 1..1000 metrics, not 1001",
        ),
        (
            &device,
            text(&[Metric { name: None, ..named("", value.clone()) }]),
            device.as_str(),
            "a metric of a command has a name or an alias",
        ),
        (
            &device,
            text(&[named(&long, value.clone())]),
            device.as_str(),
            &format!("no birth told of a metric `{}`", &long[..60]),
        ),
        (
            &device,
            text(&[named("t1", Value::Double(f64::NAN))]),
            "d/t1",
            "the metric is of type Double: the value of a command has the same",
        ),
        (
            &device,
            text(&[named("t1", Value::Double(f64::INFINITY))]),
            "d/t1",
            "the metric is of type Double: the value of a command has the same",
        ),
        (&device, text(&[named("t1", Value::Double(1e300))]), "d/t1", "writing "),
        (
            &device,
            text(&[named("t1", Value::Boolean(true))]),
            "d/t1",
            "the metric is of type Double: the value of a command has the same",
        ),
        (
            &topic("NCMD"),
            text(&[named("Node Control/Reboot", Value::Boolean(true))]),
            topic("NCMD").leak(),
            "an edge node takes `Node Control/Rebirth` with the value true, and nothing else",
        ),
    ];
    for (count, (to, payload, subject, why)) in (1..).zip(cases) {
        broker.send(to, &payload, 0, false).await;
        let event = tokio::time::timeout(PATIENCE, rig.events.recv()).await.expect(why).unwrap();
        assert_eq!((event.subject.as_str(), event.result), (subject, Outcome::Refused));
        assert!(event.detail == why || (why == "writing " && event.detail.ends_with("outside -..1000")), "{event:?}");
        rig.wait_status("it is counted", |status| status.refused == count).await;
    }
    assert!(rig.inbox.try_next().is_none());
    // A retained command would move an output at every connect.
    broker.send(&device, &text(&[named("t1", value)]), 0, true).await;
    broker.send(&topic("NCMD"), &text(&[named("x", Value::Boolean(true))]), 0, false).await;
    assert_eq!(rig.events.recv().await.unwrap().actor, topic("NCMD"));
    let last = broker.published().pop().unwrap();
    assert!(last.topic.starts_with(&topic("DBIRTH")), "{:?}", read(&last));
    rig.stop().await;
}
