use super::{on_change, published_in_silence, value};
use crate::support::mqtt_broker::{Heard, Manners, Packet, QUIET, TestBroker};
use crate::support::mqtt_rig::MqttRig;
use dinrail::runtime::unit::Health;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

#[tokio::test]
async fn connect_carries_the_settings() {
    let broker = TestBroker::start().await;
    let will = json!({"topic": "{appliance}/state", "payload": "{\"online\": false}", "qos": 1, "retain": true});
    let rig = MqttRig::start(
        &broker.url(),
        json!({"client_id": "gateway-7", "username": "u", "password": "p", "keep_alive_s": 17, "last_will": will}),
    );
    let connect = broker
        .wait("CONNECT", |heard| match &heard.first()?.packet {
            Packet::Connect(connect) => Some(connect.clone()),
            _ => None,
        })
        .await;
    assert_eq!((connect.client_id.as_str(), connect.clean, connect.keep_alive), ("gateway-7", false, 17));
    assert_eq!((connect.user.as_deref(), connect.password.as_deref()), (Some("u"), Some("p")));
    let will = connect.will.unwrap();
    assert_eq!((will.topic.as_str(), will.payload.as_str()), ("line-3/state", "{\"online\": false}"));
    assert_eq!((will.qos, will.retain), (1, true));
    rig.wait_up().await;
    rig.stop().await;
    let other = TestBroker::start().await;
    let rig = MqttRig::start(&other.url(), json!({"clean_session": true}));
    rig.wait_up().await;
    let connect = other.heard().remove(0).packet;
    assert!(
        matches!(connect, Packet::Connect(c) if c.clean && c.client_id == "line-3" && c.will.is_none() && c.user.is_none())
    );
    rig.stop().await;
}

#[tokio::test]
async fn the_birth_comes_first_after_every_connect_and_the_present_values_follow() {
    let broker = TestBroker::start().await;
    let birth = json!({"topic": "{appliance}/state", "payload": "online", "qos": 1, "retain": true});
    let rig = MqttRig::start(
        &broker.url(),
        json!({"birth": birth, "publications": [on_change(json!({"tags": ["d/t1", "d/t2"]}))]}),
    );
    broker.wait_for_messages("line-3/d/", 2).await;
    rig.write(1, 1.0);
    broker.wait_for_messages("line-3/d/", 3).await;
    broker.forget();
    broker.cut().await;
    rig.write(1, 2.0);
    broker.wait_for_messages("line-3/d/", 2).await;
    let messages = published_in_silence(&broker).await;
    assert_eq!(
        (messages[0].topic.as_str(), messages[0].payload.as_str(), messages[0].retain),
        ("line-3/state", "online", true)
    );
    let rest: Vec<_> = messages[1..].iter().map(|message| (message.topic.as_str(), value(message))).collect();
    assert_eq!(rest, [("line-3/d/t1", json!(2.0)), ("line-3/d/t2", json!(0.0))]);
    rig.stop().await;
}

#[tokio::test]
async fn a_stop_tells_the_will_and_says_good_bye() {
    let broker = TestBroker::start().await;
    for qos in 0..=2 {
        broker.forget();
        let will = json!({"topic": "{appliance}/state", "payload": "offline", "qos": qos, "retain": true});
        let rig = MqttRig::start(&broker.url(), json!({"last_will": will}));
        rig.wait_up().await;
        rig.stop().await;
        broker.wait("the end", |heard| heard.iter().any(|heard| heard.packet == Packet::Gone).then_some(())).await;
        let packets: Vec<_> = broker.heard().into_iter().map(|heard| heard.packet).skip(1).collect();
        let Packet::Publish(message) = &packets[0] else { panic!("{packets:?}") };
        assert_eq!(
            (message.topic.as_str(), message.payload.as_str(), message.retain),
            ("line-3/state", "offline", true)
        );
        assert_eq!(packets[packets.len() - 2..], [Packet::Disconnect, Packet::Gone]);
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_broker_that_hangs() {
    let broker = TestBroker::start().await;
    let will = json!({"topic": "w", "payload": "offline", "qos": 1});
    let rig = MqttRig::start(&broker.url(), json!({"last_will": will, "publications": [on_change(json!({"qos": 1}))]}));
    rig.wait_up().await;
    broker.behave(|manners| manners.hold_acks = true);
    rig.write(1, 5.0);
    let started = std::time::Instant::now();
    rig.stop().await;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[track_caller]
fn names(why: &str, broker: &TestBroker, sentence: &str) {
    assert!(why.starts_with(&broker.url()) && why.contains(sentence), "{why:?} does not say {sentence:?}");
}

#[tokio::test]
async fn each_refusal_has_its_own_words() {
    for (code, sentence) in [
        (1, "does not speak MQTT 3.1.1"),
        (2, "refuses the client id `line-3`"),
        (3, "not available now"),
        (4, "refuses the user name or password"),
        (5, "not authorised"),
    ] {
        let broker = TestBroker::start_with(Manners { refuse: code, ..Manners::default() }).await;
        let rig = MqttRig::start(&broker.url(), json!({}));
        let why = rig.wait_degraded().await;
        names(&why, &broker, sentence);
        assert_eq!(rig.status().last_error, Some(why));
        // Mended at the broker, it is mended here.
        broker.behave(|manners| manners.refuse = 0);
        rig.wait_up().await;
        rig.stop().await;
    }
    let slam = TestBroker::start_with(Manners { slam: true, ..Manners::default() }).await;
    let rig = MqttRig::start(&slam.url(), json!({}));
    names(&rig.wait_degraded().await, &slam, "closes the connection instead of answering CONNECT");
    rig.stop().await;
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let rig = MqttRig::start(&format!("mqtt://127.0.0.1:{port}"), json!({}));
    assert!(rig.wait_degraded().await.contains("refused: nothing listens there"));
    rig.stop().await;
    let rig = MqttRig::start("mqtt://no-such-host.invalid", json!({}));
    assert!(rig.wait_degraded().await.contains("the name `no-such-host.invalid` cannot be resolved"));
    rig.stop().await;
}

#[tokio::test]
async fn a_broker_that_is_there_a_moment_later_is_no_trouble() {
    let broker = TestBroker::start_with(Manners { refuse: 3, ..Manners::default() }).await;
    let mut rig = MqttRig::start(&broker.url(), json!({}));
    rig.wait_status("a refusal", |status| status.last_error.is_some()).await;
    broker.behave(|manners| manners.refuse = 0);
    loop {
        rig.health.changed().await.unwrap();
        match &*rig.health.borrow_and_update() {
            Health::Up => break,
            health => assert_eq!(*health, Health::Starting),
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_silent_broker_is_given_up_with_its_own_words_and_tried_again() {
    let broker = TestBroker::start_with(Manners { silent: true, ..Manners::default() }).await;
    let rig = MqttRig::start(&broker.url(), json!({}));
    names(&rig.wait_degraded().await, &broker, "accepts the connection and does not answer CONNECT");
    broker.behave(|manners| manners.silent = false);
    rig.wait_up().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_broker_that_hangs_later_is_noticed_by_its_missing_ping() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), json!({"keep_alive_s": 1}));
    rig.wait_up().await;
    broker.wait("a ping", |heard| heard.iter().any(|heard| heard.packet == Packet::Ping).then_some(())).await;
    broker.behave(|manners| manners.silent = true);
    names(&rig.wait_degraded().await, &broker, "did not answer a ping");
    rig.stop().await;
}

#[tokio::test]
async fn tries_are_spaced_and_doubling() {
    let broker = TestBroker::start_with(Manners { refuse: 3, ..Manners::default() }).await;
    let rig = MqttRig::start(&broker.url(), json!({}));
    let at = broker
        .wait("three tries", |heard| {
            let tries: Vec<_> = heard.iter().filter(|h| matches!(h.packet, Packet::Connect(_))).map(|h| h.at).collect();
            (tries.len() == 3).then_some(tries)
        })
        .await;
    let (first, second) = (at[1] - at[0], at[2] - at[1]);
    // An eighth and a quarter of a second, less up to a quarter; a busy machine only makes them longer.
    assert!(Duration::from_millis(90) <= first, "{first:?}");
    assert!(Duration::from_millis(180) <= second, "{second:?}");
    rig.stop().await;
}

#[tokio::test]
async fn an_edit_of_publications_and_subscriptions_keeps_the_session() {
    let broker = TestBroker::start().await;
    let first = on_change(json!({"tags": ["d/t1"]}));
    let subscription =
        |name: &str| json!({"name": name, "id": name, "topic": format!("{name}/{{tag}}"), "tags": ["d/*"], "qos": 1});
    let mut rig = MqttRig::start(&broker.url(), json!({"publications": [first], "subscriptions": [subscription("a")]}));
    broker.wait_for_messages("line-3/d/t1", 1).await;
    rig.write(1, 1.0);
    broker.wait_for_messages("line-3/d/t1", 2).await;
    broker.forget();
    let second = on_change(json!({"name": "q", "id": "q1", "topic": "q/{tag}", "tags": ["d/t2"]}));
    rig.edit(json!({"name": "renamed", "publications": [first, second], "subscriptions": [subscription("b")],
        "birth": {"topic": "born", "payload": "again"}}));
    broker.wait_for_messages("q/d/t2", 1).await;
    broker.wait_for_messages("born", 1).await;
    rig.write(1, 2.0);
    broker.wait_for_messages("line-3/d/t1", 1).await;
    rig.edit(json!({"publications": [second], "subscriptions": []}));
    rig.write(1, 3.0);
    rig.write(2, 3.0);
    broker.wait_for_messages("q/d/t2", 2).await;
    let packets: Vec<_> = broker.heard().into_iter().map(|heard| heard.packet).collect();
    let told: Vec<_> = packets.iter().filter(|p| super::is_publish_on(p, "line-3/d/t1")).collect();
    assert_eq!(told.len(), 1, "neither repeated nor lost: {packets:?}");
    let control: Vec<_> = packets.iter().filter(|p| !matches!(p, Packet::Publish(_))).cloned().collect();
    assert_eq!(
        control,
        [
            Packet::Subscribe(vec![("b/+/+".into(), 1)]),
            Packet::Unsubscribe(vec!["a/+/+".into()]),
            Packet::Unsubscribe(vec!["b/+/+".into()]),
        ]
    );
    assert_eq!(rig.status().connects, 1);
    rig.stop().await;
}

#[tokio::test]
async fn an_edit_of_the_connection_itself_makes_another_session() {
    let (old, new) = (TestBroker::start().await, TestBroker::start().await);
    let will = json!({"topic": "state", "payload": "offline", "retain": true});
    let mut rig =
        MqttRig::start(&old.url(), json!({"last_will": will, "publications": [on_change(json!({"tags": ["d/t1"]}))]}));
    old.wait_for_messages("line-3/d/t1", 1).await;
    rig.edit(json!({"url": new.url()}));
    new.wait_for_messages("line-3/d/t1", 1).await;
    old.wait("good-bye", |heard| heard.iter().any(|heard| heard.packet == Packet::Disconnect).then_some(())).await;
    assert_eq!(old.wait_for_messages("state", 1).await[0].payload, "offline");
    // A wrong setting is answered at once by the next one, not after the pause of a failing broker.
    rig.edit(json!({"url": "mqtt://127.0.0.1:1"}));
    rig.wait_degraded().await;
    rig.edit(json!({"url": new.url(), "keep_alive_s": 3}));
    rig.wait_up().await;
    assert_eq!(new.connects(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_refused_subscription_is_said_and_the_rest_works() {
    let broker = TestBroker::start_with(Manners { refuse_filters: vec!["no/+/+".into()], ..Manners::default() }).await;
    let mut rig = MqttRig::start(
        &broker.url(),
        json!({
        "publications": [on_change(json!({"tags": ["d/t1"]}))],
        "subscriptions": [{"name": "s", "topic": "no/{tag}", "tags": ["d/*"]}]}),
    );
    names(&rig.wait_degraded().await, &broker, "refuses the subscription to `no/+/+`");
    broker.wait_for_messages("line-3/d/t1", 1).await;
    rig.edit(json!({"subscriptions": []}));
    rig.wait_up().await;
    rig.stop().await;
}

#[tokio::test]
async fn an_outage_costs_one_mark_per_tag_and_counts_what_it_swallowed() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), json!({"publications": [on_change(json!({"tags": ["d/t1", "d/t2"]}))]}));
    broker.wait_for_messages("line-3/", 2).await;
    broker.behave(|manners| manners.refuse = 3);
    broker.cut().await;
    rig.wait_degraded().await;
    broker.forget();
    for n in 1..=20u32 {
        rig.write(1, f64::from(n));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    broker.behave(|manners| manners.refuse = 0);
    broker.wait_for_messages("line-3/", 2).await;
    let messages = published_in_silence(&broker).await;
    let told: Vec<_> = messages.iter().map(|message| (message.topic.as_str(), value(message))).collect();
    assert_eq!(told, [("line-3/d/t1", json!(20.0)), ("line-3/d/t2", json!(0.0))]);
    let status = rig.wait_status("the loss is shown", |status| 0 < status.dropped).await;
    assert!(status.dropped <= 19 && status.connected);
    assert_eq!(*rig.health.borrow(), Health::Up);
    rig.stop().await;
}

#[tokio::test]
async fn a_broker_that_hangs_while_we_only_publish_with_qos_0_is_noticed() {
    let broker = TestBroker::start().await;
    let publication = on_change(json!({"tags": ["d/t1"], "trigger": {"interval_ms": 100}}));
    let rig = MqttRig::start(&broker.url(), json!({"keep_alive_s": 1, "publications": [publication]}));
    // Asked for a sign of life, a broker that lives answers.
    let asked = |heard: &[crate::support::mqtt_broker::Heard]| {
        heard.iter().filter(|h| matches!(h.packet, Packet::Unsubscribe(_))).count()
    };
    broker.wait("two questions", |heard| (asked(heard) == 2).then_some(())).await;
    assert_eq!(*rig.health.borrow(), Health::Up);
    broker.behave(|manners| manners.silent = true);
    names(&rig.wait_degraded().await, &broker, "takes messages and answers nothing");
    broker.behave(|manners| manners.silent = false);
    broker.cut().await;
    rig.wait_up().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_message_beyond_all_measure_does_not_come_back_for_ever() {
    let broker = TestBroker::start().await;
    let rig = MqttRig::start(&broker.url(), json!({}));
    rig.wait_up().await;
    broker.send("line-3/write/d/t1", &vec![b'x'; 17 * 1024 * 1024], 1, false).await;
    names(&rig.wait_degraded().await, &broker, "what it kept for us is discarded");
    rig.wait_up().await;
    let connects: Vec<bool> = broker
        .heard()
        .into_iter()
        .filter_map(|heard| match heard.packet {
            Packet::Connect(connect) => Some(connect.clean),
            _ => None,
        })
        .collect();
    assert_eq!(connects, [false, true, false]);
    rig.stop().await;
}

/// What a broker passes on of messages of QoS 2, in order: each at its PUBREL, once.
fn passed_on(heard: &[Heard]) -> Vec<String> {
    let mut waiting: HashMap<u16, &str> = HashMap::new();
    let mut passed = Vec::new();
    for heard in heard {
        match &heard.packet {
            Packet::Publish(message) => drop(waiting.insert(message.id, &message.payload)),
            Packet::PubRel(id) => passed.extend(waiting.remove(id).map(str::to_owned)),
            _ => (),
        }
    }
    passed
}

#[tokio::test]
async fn messages_of_qos_2_keep_their_order_over_a_broken_connection_wherever_their_numbers_begin_anew() {
    let broker = TestBroker::start_with(Manners { session_present: true, ..Manners::default() }).await;
    let publication =
        super::on_change(json!({"tags": ["d/t1"], "qos": 2, "payload": "template", "template": "{{ value }}",
        "trigger": {"on_change": true, "every": true}}));
    // A library that has nothing on its way begins anew with its numbers by itself: something always is.
    let slow = super::on_change(json!({"name": "q", "id": "q1", "tags": ["d/t2"], "qos": 1}));
    let rig = MqttRig::start(&broker.url(), json!({"publications": [publication, slow]}));
    broker.wait("the present value", |heard| (!passed_on(heard).is_empty()).then_some(())).await;
    let mut value = 0.0;
    for _ in 0..2 {
        // Near the last number, 96, what is on its way is released, no PUBREL arrives, and the connection breaks.
        broker.forget();
        broker.behave(|manners| (manners.lose_releases_from, manners.forget_pubacks) = (Some(94), true));
        rig.write(2, value + 1.0);
        broker.wait_for_messages("line-3/d/t2", 1).await;
        for _ in 0..200 {
            value += 1.0;
            rig.write(1, value);
        }
        let is_lost = |heard: &&Heard| matches!(heard.packet, Packet::LostPubRel(_));
        let ends = broker.wait("PUBRELs are lost", |heard| (1 < heard.iter().filter(is_lost).count()).then_some(()));
        ends.await;
        tokio::time::sleep(QUIET).await;
        broker.cut().await;
        broker.behave(|manners| (manners.lose_releases, manners.lose_releases_from) = (false, None));
        broker.behave(|manners| manners.forget_pubacks = false);
        let last = format!("{value:?}");
        broker.wait("all arrive", |heard| (passed_on(heard).last()? == &last).then_some(())).await;
        let passed = passed_on(&broker.heard());
        let passed: Vec<f64> = passed.iter().map(|payload| payload.parse().unwrap()).collect();
        assert!(passed.is_sorted(), "{passed:?}");
    }
    rig.stop().await;
}
