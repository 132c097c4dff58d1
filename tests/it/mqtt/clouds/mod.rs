//! Each cloud, as a broker that checks what that cloud checks: the handshake, the login, every topic.

mod alibaba;
mod aws;
mod azure;
mod home_assistant;
mod hosted;
mod jwt;
mod thingsboard;

use crate::support::certificates::{Authority, Validity};
use crate::support::mqtt_broker::{Message, Packet, TestBroker};
use crate::support::mqtt_law::Law;
use crate::support::mqtt_rig::MqttRig;
use dinrail::runtime::commands::Command;
use dinrail::tag::value::Value;
use rustls::ServerConfig;
use rustls::version::{TLS12, TLS13};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// A cloud at `host` that holds its clients to a law, and a connection to it.
struct Cloud {
    broker: TestBroker,
    rig: MqttRig,
}

impl Cloud {
    async fn start(host: &str, law: Law, members: Json) -> Self {
        Self::start_with(host, law, members, |_, server, _| server).await
    }

    /// `prepare` changes the server's side and adds to the connection what the authority has to give.
    async fn start_with(
        host: &str,
        law: Law,
        mut members: Json,
        prepare: impl FnOnce(&Authority, ServerConfig, &mut Json) -> ServerConfig,
    ) -> Self {
        let authority = Authority::new();
        members["tls"] = json!({"ca": authority.ca()});
        let server = Arc::unwrap_or_clone(authority.server(&[host], Validity::Now).config(&[&TLS12, &TLS13]));
        let server = prepare(&authority, server, &mut members);
        let broker = TestBroker::start_cloud(Arc::new(server), law).await;
        let rig = MqttRig::start(&format!("mqtts://127.0.0.1:{}", broker.address().port()), members);
        Self { broker, rig }
    }

    /// The login that the cloud took.
    async fn login(&self) -> (String, Option<String>, Option<String>) {
        self.broker
            .wait("CONNECT", |heard| {
                heard.iter().find_map(|heard| match &heard.packet {
                    Packet::Connect(connect) => {
                        Some((connect.client_id.clone(), connect.user.clone(), connect.password.clone()))
                    }
                    _ => None,
                })
            })
            .await
    }

    async fn subscribed(&self, filter: &str) {
        self.broker
            .wait(format!("SUBSCRIBE {filter}"), |heard| {
                heard
                    .iter()
                    .any(|heard| match &heard.packet {
                        Packet::Subscribe(filters) => filters.iter().any(|(asked, _)| asked == filter),
                        _ => false,
                    })
                    .then_some(())
            })
            .await;
    }

    /// Fails if something was asked before the broker had the filter that the answer comes in on.
    #[track_caller]
    fn asked_when_it_heard(&self, filter: &str, question: &str) {
        let heard = self.broker.heard();
        let subscribes =
            |packet: &Packet| matches!(packet, Packet::Subscribe(all) if all.iter().any(|(one, _)| one == filter));
        let asks = |packet: &Packet| matches!(packet, Packet::Publish(message) if message.topic.starts_with(question));
        let subscribed = heard.iter().position(|heard| subscribes(&heard.packet)).unwrap();
        let asked = heard.iter().position(|heard| asks(&heard.packet)).unwrap();
        assert!(subscribed < asked, "{filter} and {question}: whoever asks first misses the answer");
    }

    async fn message(&self, topic: &str) -> Message {
        self.broker.wait_for_messages(topic, 1).await.remove(0)
    }

    async fn send(&self, topic: &str, payload: &Json) {
        self.broker.send(topic, payload.to_string().as_bytes(), 0, false).await;
    }

    async fn command(&mut self) -> Command {
        let next = self.rig.inbox.next();
        tokio::time::timeout(crate::support::wait::PATIENCE, next).await.expect("no command came").remove(0)
    }

    /// The next command, which the field carries out.
    async fn accept(&mut self, tag: &str, value: Value) {
        let command = self.command().await;
        assert_eq!((command.tag.as_str(), &command.value), (tag, &value));
        command.reply.send(Ok(command.value)).unwrap();
    }

    /// Ends well: nobody was cut off or refused on the way.
    async fn stop(self) {
        let status = self.rig.status();
        assert_eq!((status.connects, status.failed, status.last_error), (1, 0, None));
        self.rig.stop().await;
    }
}

/// A publication of this preset, of `d/t0` and `d/t1`.
fn publication(preset: &str) -> Json {
    json!({"name": preset, "preset": preset, "tags": ["d/t0", "d/t1"], "qos": 1, "trigger": {"on_change": true}})
}

/// A subscription of this preset, to `d/t0` and `d/t1`.
fn subscription(preset: &str) -> Json {
    json!({"name": preset, "preset": preset, "tags": ["d/t0", "d/t1"]})
}
