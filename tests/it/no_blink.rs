//! A change of the configuration disturbs nothing it does not mean.

use crate::support::field::{FirstLight, free_port};
use crate::support::gateway::TestGateway;
use crate::support::wait::eventually;
use futures::StreamExt as _;
use reqwest::{Method, StatusCode};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The poll period of `meter1`.
const POLL: Duration = Duration::from_millis(100);

/// What a watcher saw of `meter1/voltage`.
#[derive(Debug, Clone)]
struct Sight {
    at: Instant,
    value: Json,
    quality: Json,
}

type Record = Arc<Mutex<Vec<Sight>>>;

/// 100 values a second would be too much for the wire: the voltage moves with every poll of 100 ms.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_neighbours_are_not_seen_by_a_watcher() {
    let field = FirstLight::start(POLL);
    let gateway = TestGateway::start().await;
    let rest = gateway.admin().await;
    let broker = free_port();
    let answer = rest.change(Method::PUT, "/api/v1/config", Some(field.document(broker))).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);

    let (by_sse, by_mqtt) = (Record::default(), Record::default());
    let mut watchers = JoinSet::new();
    let mut stream = rest.stream("meter1/voltage").await;
    let record = Arc::clone(&by_sse);
    watchers.spawn(async move {
        while let Some((at, tag)) = stream.next().await {
            let sight = Sight { at, value: tag["value"].clone(), quality: tag["quality"].clone() };
            record.lock().unwrap().push(sight);
        }
    });
    watchers.spawn(subscribe(broker, Arc::clone(&by_mqtt)));
    let good = |record: &Record| record.lock().unwrap().iter().filter(|sight| sight.quality == "good").count();
    eventually(async || (5 < good(&by_sse) && 5 < good(&by_mqtt)).then_some(()), "values at both watchers").await;
    let before = line_and_connection(&rest.get("/api/v1/status").await.body);
    let begin = Instant::now();

    let tag = json!({ "name": "extra", "table": "input", "address": 20, "type": "u16" });
    step(&rest, Method::POST, "/api/v1/config/devices/meter1/tags", Some(tag), StatusCode::CREATED).await;
    let patch = json!({ "poll_ms": 250 });
    step(&rest, Method::PATCH, "/api/v1/config/devices/oven", Some(patch), StatusCode::OK).await;
    let publication = json!({
        "name": "more", "topic": "more/{tag}", "tags": ["oven/*"], "payload": "value", "trigger": { "interval_ms": 200 }
    });
    let list = "/api/v1/config/mqtt/connections/site/publications";
    step(&rest, Method::POST, list, Some(publication), StatusCode::CREATED).await;
    step(&rest, Method::DELETE, "/api/v1/config/devices/spare", None, StatusCode::OK).await;

    let marks = (good(&by_sse), good(&by_mqtt));
    let after = async || (marks.0 + 5 < good(&by_sse) && marks.1 + 5 < good(&by_mqtt)).then_some(());
    eventually(after, "values after the edits").await;
    let status = rest.get("/api/v1/status").await.body;
    assert_eq!(line_and_connection(&status), before, "tty reopened or MQTT reconnected: {status}");
    for (name, record) in [("SSE", &by_sse), ("MQTT", &by_mqtt)] {
        let sights = record.lock().unwrap().clone();
        let during: Vec<&Sight> = sights.iter().filter(|sight| begin <= sight.at).collect();
        assert!(during.iter().all(|sight| sight.quality == "good"), "{name}: quality changed");
        assert!(
            during.windows(2).all(|pair| pair[0].value != pair[1].value),
            "{name}: the voltage moves with each poll"
        );
        let gaps = during.windows(2).map(|pair| pair[1].at - pair[0].at);
        let longest = gaps.max().unwrap();
        assert!(longest <= POLL * 2, "{name}: {longest:?} without a value");
    }
    watchers.shutdown().await;
    gateway.stop().await;
}

async fn step(rest: &crate::support::rest::Rest, method: Method, path: &str, body: Option<Json>, expect: StatusCode) {
    let answer = rest.change(method.clone(), path, body).await;
    assert_eq!(answer.status, expect, "{method} {path}: {:?}", answer.body);
}

/// How often the tty was opened and the MQTT session made.
fn line_and_connection(status: &Json) -> (Json, Json) {
    let units = status["units"].as_array().unwrap();
    let detail = |kind: &str| units.iter().find(|unit| unit["kind"] == kind).unwrap()["detail"].clone();
    (detail("line")["opened"].clone(), detail("mqtt")["connects"].clone())
}

async fn subscribe(port: u16, record: Record) {
    let mut options = MqttOptions::new("watcher", ("127.0.0.1", port));
    options.set_credentials("line-3", "change-me");
    let (client, mut events) = AsyncClient::builder(options).capacity(10).build();
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                client.subscribe("+/read/meter1/voltage/value", QoS::AtMostOnce).await.unwrap();
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let json: Json = serde_json::from_slice(&publish.payload).unwrap();
                let sight =
                    Sight { at: Instant::now(), value: json["value"].clone(), quality: json["quality"].clone() };
                record.lock().unwrap().push(sight);
            }
            Ok(_) => (),
            // The broker may not listen yet.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
