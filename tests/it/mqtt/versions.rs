//! MQTT 5 and 3.1.1 by every way, against mosquitto.

use super::on_change;
use crate::support::certificates::{Authority, Validity};
use crate::support::field::free_port;
use crate::support::mosquitto::Mosquitto;
use crate::support::mqtt_rig::MqttRig;
use crate::support::wait::eventually;
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const VERSIONS: [&str; 2] = ["3.1.1", "5"];

/// A plain mosquitto, with another listener for the way that is tried.
struct Ways {
    broker: Mosquitto,
    authority: Authority,
    port: u16,
}

impl Ways {
    async fn open(way: &str, more: &str) -> Self {
        let (authority, port) = (Authority::new(), free_port());
        let signed = authority.server(&["127.0.0.1"], Validity::Now);
        let mut settings = format!("allow_anonymous true\nlistener {port} 127.0.0.1\nallow_anonymous true\n{more}\n");
        if way.starts_with("ws") {
            settings.push_str("protocol websockets\n");
        }
        if way.ends_with('s') && way != "ws" {
            settings.push_str("certfile {folder}/chain.pem\nkeyfile {folder}/key.pem\ncafile {folder}/ca.pem\n");
        }
        let ca = authority.ca();
        let files = [("chain.pem", signed.chain.as_str()), ("key.pem", &signed.key), ("ca.pem", &ca)];
        let broker = Mosquitto::start(&settings, &files).await;
        eventually(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok(), "the listener").await;
        Self { broker, authority, port }
    }

    fn connection(&self, way: &str, protocol: &str, members: Json) -> (String, Json) {
        let mut connection = members;
        connection["protocol"] = json!(protocol);
        if way.ends_with('s') && way != "ws" {
            connection["tls"]["ca"] = json!(self.authority.ca());
        }
        (format!("{way}://127.0.0.1:{}", self.port), connection)
    }
}

fn both_ways(qos: u8) -> Json {
    let publication = on_change(json!({"qos": qos, "tags": ["d/t1"], "topic": "out/{tag}"}));
    let subscription = json!({"name": "s", "topic": "in/{tag}", "tags": ["d/t1"], "qos": qos,
        "response_topic": "done/{tag}"});
    json!({"publications": [publication], "subscriptions": [subscription]})
}

async fn carries(way: &str) {
    let ways = Ways::open(way, "").await;
    let mut all = ways.broker.subscribe(&["out/#", "done/#"]).await;
    for protocol in VERSIONS {
        for qos in 0..=2u8 {
            let (url, members) = ways.connection(way, protocol, both_ways(qos));
            let mut rig = MqttRig::start(&url, members);
            let line = all.next_on("out/d/t1").await;
            assert!(line.starts_with(&format!("out/d/t1 {qos} 0 {{\"value\":0.0")), "{way} {protocol}: {line}");
            rig.wait_status("it is acknowledged", |status| status.acknowledged == 1).await;
            rig.wait_up().await;
            let quality = qos.to_string();
            ways.broker.publish(&["-t", "in/d/t1", "-m", "7", "-q", &quality]).await;
            let asked = rig.inbox.next().await.remove(0);
            assert_eq!(asked.value, Value::U64(7), "{way} {protocol} {qos}");
            asked.reply.send(Ok(Value::F64(7.0))).unwrap();
            let line = all.next_on("done/d/t1").await;
            assert!(line.starts_with(&format!("done/d/t1 {qos} 0 ")) && line.contains("\"ok\":true"), "{line}");
            rig.stop().await;
        }
    }
}

#[tokio::test]
async fn every_quality_goes_both_ways_over_tcp() {
    carries("mqtt").await;
}

#[tokio::test]
async fn every_quality_goes_both_ways_over_tls() {
    carries("mqtts").await;
}

#[tokio::test]
async fn every_quality_goes_both_ways_over_a_web_socket() {
    carries("ws").await;
}

#[tokio::test]
async fn every_quality_goes_both_ways_over_a_web_socket_in_tls() {
    carries("wss").await;
}

#[tokio::test]
async fn a_broker_that_asks_for_our_certificate_gets_it_or_says_what_is_wrong() {
    for protocol in VERSIONS {
        let ways = Ways::open("mqtts", "require_certificate true").await;
        let (url, members) = ways.connection("mqtts", protocol, json!({}));
        let rig = MqttRig::start(&url, members.clone());
        let why = rig.wait_degraded().await;
        assert!(why.contains("asks for a certificate of ours"), "{protocol}: {why}");
        rig.stop().await;
        let showing = |authority: &Authority| {
            let signed = authority.server(&["press"], Validity::Now);
            let mut members = members.clone();
            members["certificates"] = json!([{"name": "press", "chain": signed.chain, "key": signed.key}]);
            members["tls"]["certificate"] = json!("press");
            members
        };
        let rig = MqttRig::start(&url, showing(&Authority::named("nobody's")));
        let why = rig.wait_degraded().await;
        assert!(why.contains("the broker refuses our certificate"), "{protocol}: {why}");
        rig.stop().await;
        let rig = MqttRig::start(&url, showing(&ways.authority));
        rig.wait_up().await;
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_broker_that_is_not_checked_is_told_of_and_a_pinned_key_is_enough() {
    let ways = Ways::open("mqtts", "").await;
    let url = format!("mqtts://127.0.0.1:{}", ways.port);
    let rig = MqttRig::start(&url, json!({"tls": {"insecure": true}}));
    let why = rig.wait_degraded().await;
    assert!(why.contains("is not checked (`insecure`)"), "{why}");
    assert!(rig.status().connected);
    rig.stop().await;
    let chain = std::fs::read_to_string(ways.broker.folder.path().join("chain.pem")).unwrap();
    let pin = dinrail::config::certificate::key_pin(&dinrail::config::pem::certificates(&chain).unwrap()[0]).unwrap();
    let pin = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pin);
    let rig = MqttRig::start(&url, json!({"tls": {"insecure": true, "pinned_key": format!("sha256//{pin}")}}));
    rig.wait_up().await;
    rig.stop().await;
    let other = format!("sha256//{}=", "A".repeat(43));
    let rig = MqttRig::start(&url, json!({"tls": {"ca": ways.authority.ca(), "pinned_key": other}}));
    let why = rig.wait_degraded().await;
    assert!(why.contains("the broker's key is not the pinned one"), "{why}");
    rig.stop().await;
}

#[tokio::test]
async fn in_mqtt_5_messages_carry_properties_and_expire() {
    let broker = Mosquitto::open().await;
    let kept = ["-V", "5", "-c", "-i", "kept", "-q", "1", "-t", "line-3/#", "-F", "%t %E %P"];
    let session = ["-x", "3600"];
    broker.collect(&[&kept[..], &session, &["-E"]].concat()).await;
    let five = json!({"message_expiry_s": 500, "user_properties": {"site": "north", "line": "3"}});
    let members =
        json!({"protocol": "5", "mqtt5": five, "publications": [on_change(json!({"qos": 1, "tags": ["d/t1"]}))]});
    let rig = MqttRig::start(&broker.url(), members);
    rig.wait_status("it is acknowledged", |status| status.acknowledged == 1).await;
    rig.write(1, 5.0);
    rig.wait_status("the second is, by its topic's number", |status| status.acknowledged == 2).await;
    rig.stop().await;
    let lines = broker.collect(&[&kept[..], &session, &["-W", "2"]].concat()).await;
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let left: u32 = words[1].parse().unwrap();
        assert!(words[0] == "line-3/d/t1" && (400..=500).contains(&left), "{line}");
        assert!(line.contains("site:north") && line.contains("line:3"), "{line}");
    }
}

#[tokio::test]
async fn in_mqtt_5_an_answer_goes_where_it_is_wanted_with_what_came_along() {
    let broker = Mosquitto::open().await;
    let mut answers = broker.subscribe_with(&["-V", "5"], "%t %D %p", &["me/#", "done/#"]).await;
    let mut members = both_ways(1);
    members["protocol"] = json!("5");
    let mut rig = MqttRig::start(&broker.url(), members);
    rig.wait_up().await;
    let wanted =
        ["-V", "5", "-q", "1", "-D", "publish", "response-topic", "me/1", "-D", "publish", "correlation-data", "c7"];
    broker.publish(&[&wanted[..], &["-t", "in/d/t1", "-m", "4"]].concat()).await;
    let asked = rig.inbox.next().await.remove(0);
    asked.reply.send(Ok(Value::F64(4.0))).unwrap();
    let line = answers.next().await;
    assert!(line.starts_with("me/1 c7 {") && line.contains(r#""ok":true,"value":4.0"#), "{line}");
    // Whatever is sent gets a word.
    let megabyte = format!("\"{}\"", "x".repeat(1024 * 1024));
    let file = broker.folder.path().join("megabyte");
    std::fs::write(&file, megabyte).unwrap();
    let hostile: [&[&str]; 4] = [
        &["-f", file.to_str().unwrap()],
        &["-m", "NaN"],
        &["-m", r#"{"value": {"deep": [1]}}"#],
        &["-m", "[[[[[[[[[[[[[[[["],
    ];
    for payload in hostile {
        broker.publish(&[&wanted[..], &["-t", "in/d/t1"], payload].concat()).await;
        let line = answers.next().await;
        assert!(line.starts_with("me/1 c7 {") && line.contains(r#""ok":false,"error":""#), "{line}");
    }
    broker.publish(&["-t", "in/d/t2", "-m", "4", "-q", "1"]).await;
    assert!(answers.next().await.contains("`d/t2` is not one of the tags"));
    rig.stop().await;
}

#[tokio::test]
async fn in_mqtt_5_a_message_that_is_refused_is_given_up_and_counted() {
    let rules = "topic write line-3/d/t1\ntopic read #\n";
    let settings = "allow_anonymous true\nacl_file {folder}/rules";
    let broker = Mosquitto::start(settings, &[("rules", rules)]).await;
    let members = json!({"protocol": "5", "publications": [on_change(json!({"qos": 1, "tags": ["d/t1", "d/t2"]}))]});
    let rig = MqttRig::start(&broker.url(), members);
    let done = |status: &dinrail::runtime::status::MqttStatus| {
        let row = status.ledger.first()?;
        (row.acknowledged == 1 && row.dropped.get("refused") == Some(&1) && row.queued == 0).then_some(())
    };
    let status = rig.wait_status("one is taken and one refused", |status| done(status).is_some()).await;
    assert_eq!(status.last_error.as_deref(), Some("the broker refuses a message: not authorised for its topic"));
    rig.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_said_in_both_versions() {
    // As `mosquitto_passwd -b` writes it, for user `press` with password `steam`.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users");
    let arguments = ["-b", "-c", file.to_str().unwrap(), "press", "steam"];
    let made = tokio::process::Command::new("mosquitto_passwd").args(arguments).status().await;
    assert!(made.expect("mosquitto_passwd is installed").success());
    let users = std::fs::read_to_string(&file).unwrap();
    let broker = Mosquitto::start("allow_anonymous false\npassword_file {folder}/users", &[("users", &users)]).await;
    for protocol in VERSIONS {
        let wrong = json!({"protocol": protocol, "username": "press", "password": "water"});
        let mut rig = MqttRig::start(&broker.url(), wrong);
        let why = rig.wait_degraded().await;
        assert!(why.contains("not authorised (user name, password or client id)"), "{protocol}: {why}");
        assert!(!why.contains("water"), "{protocol}: {why}");
        rig.edit(json!({"password": "steam"}));
        rig.wait_up().await;
        rig.stop().await;
    }
}

/// A server that takes connections and answers nothing, or closes them; how often it was asked.
async fn dumb(closes: bool) -> (u16, Arc<AtomicU32>, tokio::task::JoinSet<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicU32::new(0));
    let asked = Arc::clone(&count);
    let mut task = tokio::task::JoinSet::new();
    task.spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            asked.fetch_add(1, Ordering::SeqCst);
            if !closes {
                held.push(stream);
            }
        }
    });
    (port, count, task)
}

#[tokio::test]
async fn a_broker_that_hangs_or_throws_us_out_is_said_and_not_asked_all_the_time() {
    for (scheme, closes, sentence) in [
        ("mqtt", true, "closes the connection instead of answering CONNECT"),
        ("mqtt", false, "accepts the connection and does not answer CONNECT"),
        ("mqtts", false, "accepts the connection and then says nothing"),
        ("ws", false, "does not answer the WebSocket's request"),
        ("ws", true, "no WebSocket server"),
    ] {
        for protocol in VERSIONS {
            let (port, count, task) = dumb(closes).await;
            let tls = if scheme == "mqtts" { json!({"tls": {"insecure": true}}) } else { json!({}) };
            let mut members = tls;
            members["protocol"] = json!(protocol);
            let rig = MqttRig::start(&format!("{scheme}://127.0.0.1:{port}"), members);
            let why = rig.wait_degraded().await;
            assert!(why.contains(sentence), "{scheme} {protocol}: {why}");
            tokio::time::sleep(Duration::from_millis(500)).await;
            // An eighth of a second, then twice as long each time: a second has four tries, and a start one more.
            assert!(count.load(Ordering::SeqCst) <= 8, "{scheme} {protocol}: {count:?} tries");
            rig.stop().await;
            drop(task);
        }
    }
}
