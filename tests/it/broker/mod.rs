//! The embedded broker, seen by MQTT clients that are not ours.

mod bridge;
mod delivery;
mod edge_node;
mod guessing;
mod kept;
mod limits;
mod live;
mod memory;
#[cfg(feature = "peers")]
mod peers;
mod rights;

use crate::support::wait::eventually;
use dinrail::config::GatewayConfig;
use dinrail::config::access::Service;
use dinrail::config::broker::BrokerConfig;
use dinrail::faces::broker::{Broker, BrokerError};
use dinrail::net::door::Door;
use dinrail::runtime::bridges::Bridges;
use dinrail::runtime::events::{Event as LogEvent, Events};
use dinrail::runtime::status::{BrokerStatus, Detail};
use dinrail::runtime::unit::{Health, UnitContext};
use dinrail::store::RetainedMessages;
use rumqttc::mqttbytes::v4::Packet;
use rumqttc::{AsyncClient, Event, MqttOptions, PublishOptions, QoS, SubscribeReasonCode};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything that should happen.
const PATIENCE: Duration = Duration::from_secs(10);

/// One running broker.
struct Site {
    config: watch::Sender<BrokerConfig>,
    health: watch::Receiver<Health>,
    detail: watch::Receiver<Detail>,
    told: mpsc::Receiver<LogEvent>,
    bridges: Bridges,
    stop: CancellationToken,
    task: JoinSet<Result<(), BrokerError>>,
}

/// `certificates` among the broker's members are the document's.
fn parse(broker: &Json) -> BrokerConfig {
    let mut broker = broker.clone();
    let certificates = broker.as_object_mut().unwrap().remove("certificates");
    let document = json!({"format": "dinrail/1", "certificates": certificates, "mqtt": {"broker": broker}});
    let (config, problems) = GatewayConfig::parse(&document);
    assert!(problems.is_empty(), "{problems:?}");
    config.broker.unwrap()
}

/// Users `press` and `viewer`, a free port.
fn usual() -> Json {
    json!({
        "listeners": [{"address": "127.0.0.1:0"}],
        "users": [
            {"name": "press", "password": "s3cret", "publish": ["press/#"], "subscribe": ["press/#", "common/+"]},
            {"name": "viewer", "password": "look", "publish": [], "subscribe": ["#"]},
            {"name": "all", "password": "all", "publish": ["#"], "subscribe": ["#"]},
        ],
    })
}

impl Site {
    fn start(broker: &Json) -> Self {
        Self::start_with(broker, None)
    }

    fn start_with(broker: &Json, kept: Option<RetainedMessages>) -> Self {
        Self::start_among(broker, kept, Bridges::default())
    }

    /// With a meeting place of its own.
    fn start_among(broker: &Json, kept: Option<RetainedMessages>, bridges: Bridges) -> Self {
        let (config, follow) = watch::channel(parse(broker));
        let (health, health_seen) = watch::channel(Health::Starting);
        let (detail, detail_seen) = watch::channel(Detail::None);
        let stop = CancellationToken::new();
        let ctx = UnitContext { stop: stop.clone(), health, detail };
        let mut task = JoinSet::new();
        let (events, told) = Events::channel();
        let broker = Broker::new(follow, events, Door::new(Service::Broker)).with_bridges(bridges.clone());
        let broker = if let Some(kept) = kept { broker.with_memory(kept) } else { broker };
        task.spawn(broker.run(ctx));
        Self { config, health: health_seen, detail: detail_seen, told, bridges, stop, task }
    }

    /// Started, with the address it listens on.
    async fn up(broker: &Json) -> (Self, SocketAddr) {
        let mut site = Self::start(broker);
        let address = site.listening().await;
        (site, address)
    }

    async fn listening(&mut self) -> SocketAddr {
        let status = self.status_when("it listens", |status| !status.listeners.is_empty()).await;
        status.listeners[0].parse().unwrap()
    }

    /// Where it listens; once it does.
    fn address(&self) -> SocketAddr {
        match &*self.detail.borrow() {
            Detail::Broker(status) => status.listeners[0].parse().unwrap(),
            _ => panic!("it does not listen yet"),
        }
    }

    async fn usual() -> (Self, SocketAddr) {
        Self::up(&usual()).await
    }

    /// The first status that fits.
    async fn status_when(&mut self, what: &str, fits: impl Fn(&BrokerStatus) -> bool) -> BrokerStatus {
        let seen =
            timeout(PATIENCE, self.detail.wait_for(|detail| matches!(detail, Detail::Broker(status) if fits(status))));
        match seen.await {
            Ok(Ok(detail)) => match &*detail {
                Detail::Broker(status) => (**status).clone(),
                _ => unreachable!(),
            },
            failed => panic!("waited for: {what}; {:?}", failed.map(|seen| seen.map(|detail| detail.clone()))),
        }
    }

    async fn refusal(&mut self, expect: &str) {
        let fits = |status: &BrokerStatus| status.last_refusal.as_ref().is_some_and(|why| why.contains(expect));
        self.status_when(expect, fits).await;
    }

    async fn health_when(&mut self, what: &str, fits: impl Fn(&Health) -> bool) -> Health {
        timeout(PATIENCE, self.health.wait_for(|health| fits(health))).await.expect(what).unwrap().clone()
    }

    async fn end(mut self) {
        self.stop.cancel();
        let ended = timeout(Duration::from_secs(5), self.task.join_next()).await;
        ended.expect("the unit ends in time").unwrap().unwrap().unwrap();
    }
}

/// One MQTT 3.1.1 client; never reconnects.
struct Client {
    asks: AsyncClient,
    messages: mpsc::Receiver<Message>,
    gone: watch::Receiver<Option<String>>,
    _loop: JoinSet<()>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    topic: String,
    payload: String,
    retain: bool,
    qos: u8,
}

fn options(address: SocketAddr, id: &str, user: &str, password: &str) -> MqttOptions {
    let mut options = MqttOptions::new(id, (address.ip().to_string(), address.port()));
    options.set_keep_alive(10).set_max_packet_size(1 << 24, 1 << 24);
    if !user.is_empty() {
        options.set_credentials(user, password.to_owned());
    }
    options
}

impl Client {
    async fn connect(address: SocketAddr, id: &str, user: &str, password: &str) -> Result<Self, String> {
        Self::with(options(address, id, user, password)).await
    }

    /// As `all`, who may everything.
    async fn all(address: SocketAddr, id: &str) -> Self {
        Self::connect(address, id, "all", "all").await.unwrap()
    }

    /// The same, as soon as there is a broker.
    async fn waited_for(address: SocketAddr, id: &str) -> Self {
        eventually(async || Self::connect(address, id, "all", "all").await.ok(), "the broker is there").await
    }

    async fn with(options: MqttOptions) -> Result<Self, String> {
        let (asks, mut events) = AsyncClient::builder(options).capacity(1000).build();
        // Without it each small packet waits 40 ms for the acknowledgement of the one before.
        let mut network = events.network_options();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        let first = timeout(PATIENCE, events.poll()).await.expect("an answer to CONNECT");
        match first {
            Ok(Event::Incoming(Packet::ConnAck(_))) => (),
            Ok(other) => return Err(format!("{other:?}")),
            Err(err) => return Err(err.to_string()),
        }
        let (into, messages) = mpsc::channel(100_000);
        let (left, gone) = watch::channel(None);
        let mut task = JoinSet::new();
        task.spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let message = Message {
                            topic: String::from_utf8(publish.topic.to_vec()).unwrap(),
                            payload: String::from_utf8_lossy(&publish.payload).into_owned(),
                            retain: publish.retain,
                            qos: publish.qos as u8,
                        };
                        if into.try_send(message).is_err() {
                            return;
                        }
                    }
                    Ok(_) => (),
                    Err(err) => {
                        left.send_replace(Some(err.to_string()));
                        return;
                    }
                }
            }
        });
        Ok(Self { asks, messages, gone, _loop: task })
    }

    /// Whether the subscription was granted.
    async fn subscribe(&self, filter: &str, qos: QoS) -> bool {
        let notice = self.asks.subscribe_tracked(filter, qos).await.unwrap();
        let answer = timeout(PATIENCE, notice.wait_async()).await.expect("a SUBACK").unwrap();
        matches!(answer.return_codes[..], [SubscribeReasonCode::Success(granted)] if granted == qos)
    }

    async fn publish(&self, topic: &str, payload: &str, qos: QoS) {
        self.send(topic, payload.as_bytes().to_vec(), PublishOptions::new(qos)).await.unwrap();
    }

    async fn retain(&self, topic: &str, payload: &str) {
        let options = PublishOptions::new(QoS::AtLeastOnce).retained();
        self.send(topic, payload.as_bytes().to_vec(), options).await.unwrap();
    }

    /// Returns when the broker has taken it over.
    async fn send(&self, topic: &str, payload: Vec<u8>, options: PublishOptions) -> Result<(), String> {
        let notice = self.asks.publish_tracked(topic, payload, options).await.map_err(|err| err.to_string())?;
        let outcome = timeout(PATIENCE, notice.wait_async()).await.expect("the publication ends");
        outcome.map(drop).map_err(|err| err.to_string())
    }

    async fn next(&mut self) -> Message {
        let message = timeout(PATIENCE, self.messages.recv()).await.expect("a message comes");
        message.unwrap_or_else(|| panic!("the connection is gone: {:?}", *self.gone.borrow()))
    }

    async fn gets(&mut self, topic: &str, payload: &str) {
        let message = self.next().await;
        assert_eq!((message.topic.as_str(), message.payload.as_str()), (topic, payload));
    }

    /// Nothing but what is expected next has come: a marker that takes the same way arrives first.
    async fn gets_only_marker(&mut self, topic: &str, sender: &Self) {
        sender.publish(topic, "marker", QoS::AtLeastOnce).await;
        self.gets(topic, "marker").await;
    }

    async fn gone(&mut self) -> String {
        let gone = timeout(PATIENCE, self.gone.wait_for(Option::is_some)).await.expect("the connection is closed");
        gone.unwrap().clone().unwrap()
    }

    fn is_connected(&self) -> bool {
        self.gone.borrow().is_none()
    }
}

/// A client made by hand, for what no library does.
struct Raw(TcpStream);

impl Raw {
    async fn open(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// From one of the addresses of the loopback network.
    async fn open_from(from: u8, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, from], 0))).unwrap();
        Self(socket.connect(address).await.unwrap())
    }

    async fn login(address: SocketAddr, id: &str, user: &str, password: &str) -> Self {
        let mut raw = Self::open(address).await;
        assert_eq!(raw.connack(id, user, password).await, Some(0));
        raw
    }

    /// The code of the answer to a CONNECT; none when there is none.
    async fn connack(&mut self, id: &str, user: &str, password: &str) -> Option<u8> {
        let mut body = b"\0\x04MQTT\x04\xC2\0\0".to_vec();
        for text in [id, user, password] {
            body.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
            body.extend(text.as_bytes());
        }
        self.packet(0x10, &body).await;
        let mut answer = [0; 4];
        timeout(PATIENCE, self.0.read_exact(&mut answer)).await.expect("an answer to CONNECT").ok()?;
        assert_eq!(answer[..3], [0x20, 2, 0]);
        Some(answer[3])
    }

    async fn packet(&mut self, first: u8, body: &[u8]) {
        let mut packet = vec![first];
        let mut rest = body.len();
        loop {
            let byte = u8::try_from(rest % 128).unwrap();
            rest /= 128;
            packet.push(if rest > 0 { byte | 0x80 } else { byte });
            if rest == 0 {
                break;
            }
        }
        packet.extend(body);
        self.0.write_all(&packet).await.unwrap();
    }

    /// Subscribes with QoS 0 and waits for the SUBACK.
    async fn subscribe(&mut self, filter: &str) {
        let mut body = vec![0, 1];
        body.extend(u16::try_from(filter.len()).unwrap().to_be_bytes());
        body.extend(filter.as_bytes());
        body.push(0);
        self.packet(0x82, &body).await;
        let mut answer = [0; 5];
        self.0.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, [0x90, 3, 0, 1, 0]);
    }

    /// Reads until the other side closes.
    async fn closed(&mut self) {
        let mut sink = vec![0; 65_536];
        let end = async { while let Ok(1..) = self.0.read(&mut sink).await {} };
        timeout(PATIENCE, end).await.expect("the connection is closed");
    }
}
