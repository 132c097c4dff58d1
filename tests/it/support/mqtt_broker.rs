//! A broker that only tests want: it keeps a transcript of what clients send and misbehaves on demand. MQTT 3.1.1 as
//! far as a client of ours uses it, read and written here without the library under test.

use rustls::ServerConfig;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::mqtt_bytes::{Cursor, number, packet, read_packet, text};
use super::mqtt_law::Law;
use super::wait::PATIENCE;

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packet {
    Connect(Connect),
    Publish(Message),
    /// Of a message that the broker sent, with its number.
    PubAck(u16),
    PubRec(u16),
    /// With the number of its message.
    PubRel(u16),
    /// One that is lost on the way: see [`Manners::lose_releases`].
    LostPubRel(u16),
    Subscribe(Vec<(String, u8)>),
    Unsubscribe(Vec<String>),
    Ping,
    Disconnect,
    /// The connection ended.
    Gone,
}

/// CONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connect {
    pub(crate) client_id: String,
    pub(crate) clean: bool,
    pub(crate) keep_alive: u16,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) will: Option<Message>,
}

/// A message, in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: String,
    /// The payload as it came.
    pub(crate) bytes: Vec<u8>,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
    /// Its number, with QoS 1 and 2.
    pub(crate) id: u16,
}

/// One line of the transcript.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) at: Instant,
    pub(crate) packet: Packet,
}

/// How the broker behaves from now on.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub(crate) struct Manners {
    /// CONNACK with this code instead of 0.
    pub(crate) refuse: u8,
    /// Accepts connections and never says anything.
    pub(crate) silent: bool,
    /// Closes connections as soon as CONNECT came.
    pub(crate) slam: bool,
    /// Says that it kept a session.
    pub(crate) session_present: bool,
    /// Keeps acknowledgements back until it is told otherwise.
    pub(crate) hold_acks: bool,
    /// The same for messages of QoS 1 alone, for ever.
    pub(crate) forget_pubacks: bool,
    /// As if no PUBREL came.
    pub(crate) lose_releases: bool,
    /// That begins with a message of this number.
    pub(crate) lose_releases_from: Option<u16>,
    /// Refuses these filters.
    pub(crate) refuse_filters: Vec<String>,
    /// What clients are held to.
    pub(crate) law: Option<Law>,
}

#[derive(Default)]
struct State {
    heard: Vec<Heard>,
    manners: Manners,
    /// Packets for the present connection; `None` cuts it.
    out: Option<mpsc::Sender<Option<Vec<u8>>>>,
    held: VecDeque<Vec<u8>>,
    next_id: u16,
}

/// The broker. Ends with its last clone's drop.
pub(crate) struct TestBroker {
    shared: Arc<Shared>,
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    news: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, packet: Packet) {
        self.lock().heard.push(Heard { at: Instant::now(), packet });
        self.news.notify_waiters();
    }
}

impl TestBroker {
    pub(crate) async fn start() -> Self {
        Self::start_with(Manners::default()).await
    }

    pub(crate) async fn start_with(manners: Manners) -> Self {
        Self::serve("127.0.0.1:0", manners, None).await
    }

    /// A cloud that speaks TLS only.
    pub(crate) async fn start_cloud(config: Arc<ServerConfig>, law: Law) -> Self {
        let manners = Manners { law: Some(law), ..Manners::default() };
        Self::serve("127.0.0.1:0", manners, Some(TlsAcceptor::from(config))).await
    }

    /// A broker that speaks TLS only.
    pub(crate) async fn start_tls(config: Arc<ServerConfig>) -> Self {
        Self::serve("127.0.0.1:0", Manners::default(), Some(TlsAcceptor::from(config))).await
    }

    /// Where another one was.
    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        Self::serve(address, Manners::default(), None).await
    }

    async fn serve(address: impl tokio::net::ToSocketAddrs, manners: Manners, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        shared.lock().manners = manners;
        let mut tasks = JoinSet::new();
        let served = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut clients = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (shared, tls) = (Arc::clone(&served), tls.clone());
                clients.spawn(async move {
                    match tls {
                        None => serve(stream, shared).await,
                        // A client that does not like our certificate is no business of the transcript.
                        Some(tls) => {
                            let Ok(stream) = tls.accept(stream).await else { return };
                            let law = shared.lock().manners.law;
                            if law.is_none_or(|law| (law.tls)(stream.get_ref().1)) {
                                serve(stream, shared).await;
                            }
                        }
                    }
                });
            }
        });
        Self { shared, address, _tasks: tasks }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }

    /// Changes the manners.
    pub(crate) fn behave(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.shared.lock().manners);
    }

    /// Everything so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.shared.lock().heard.clone()
    }

    /// Forgets everything so far.
    pub(crate) fn forget(&self) {
        self.shared.lock().heard.clear();
    }

    /// The messages published so far.
    pub(crate) fn published(&self) -> Vec<Message> {
        let message = |heard: Heard| match heard.packet {
            Packet::Publish(message) => Some(message),
            _ => None,
        };
        self.heard().into_iter().filter_map(message).collect()
    }

    /// How many CONNECTs came.
    pub(crate) fn connects(&self) -> usize {
        self.heard().iter().filter(|heard| matches!(heard.packet, Packet::Connect(_))).count()
    }

    /// Waits until the transcript gives what is asked for.
    #[track_caller]
    pub(crate) fn wait<T>(
        &self,
        what: impl Into<String>,
        mut ask: impl FnMut(&[Heard]) -> Option<T>,
    ) -> impl Future<Output = T> {
        let place = std::panic::Location::caller();
        let what = what.into();
        async move {
            let end = tokio::time::Instant::now() + PATIENCE;
            loop {
                let news = self.shared.news.notified();
                if let Some(found) = ask(&self.shared.lock().heard) {
                    return found;
                }
                let in_time = tokio::time::timeout_at(end, news).await.is_ok();
                assert!(in_time, "{place}: waited for: {what}\nheard: {:#?}", self.heard());
            }
        }
    }

    /// Waits for `count` messages on topics that begin with `prefix`.
    #[track_caller]
    pub(crate) fn wait_for_messages(&self, prefix: &str, count: usize) -> impl Future<Output = Vec<Message>> {
        let prefix = prefix.to_owned();
        let (mut looked, mut found) = (0, Vec::new());
        self.wait(format!("{count} messages on {prefix}"), move |heard| {
            for heard in &heard[looked..] {
                match &heard.packet {
                    Packet::Publish(message) if message.topic.starts_with(&prefix) => found.push(message.clone()),
                    _ => (),
                }
            }
            looked = heard.len();
            (count <= found.len()).then(|| std::mem::take(&mut found))
        })
    }

    /// Sends a message with QoS 0 to the client, if there is one.
    pub(crate) async fn send_if_connected(&self, topic: &str, payload: &[u8]) {
        let out = self.shared.lock().out.clone();
        if let Some(out) = out {
            // It may be going just now.
            drop(out.send(Some(packet(0x30, &[&text(topic)[..], payload].concat()))).await);
        }
    }

    /// Sends a message to the client; answers the packet's number.
    pub(crate) async fn send(&self, topic: &str, payload: &[u8], qos: u8, retain: bool) -> u16 {
        let id = {
            let mut state = self.shared.lock();
            state.next_id = state.next_id % 60_000 + 1;
            state.next_id
        };
        self.send_as(id, topic, payload, 0x30 | qos << 1 | u8::from(retain)).await;
        id
    }

    /// Sends one that was sent before, as after a reconnect.
    pub(crate) async fn send_again(&self, id: u16, topic: &str, payload: &[u8], qos: u8, retain: bool) {
        self.send_as(id, topic, payload, 0x38 | qos << 1 | u8::from(retain)).await;
    }

    async fn send_as(&self, id: u16, topic: &str, payload: &[u8], first: u8) {
        let out = self.shared.lock().out.clone().unwrap();
        let mut body = text(topic);
        if 0 < first & 6 {
            body.extend(id.to_be_bytes());
        }
        body.extend(payload);
        // The client may be gone just now.
        drop(out.send(Some(packet(first, &body))).await);
    }

    /// Cuts the present connection.
    pub(crate) async fn cut(&self) {
        let out = self.shared.lock().out.clone();
        if let Some(out) = out {
            // The client may have gone by itself.
            drop(out.send(None).await);
        }
    }

    /// Sends the acknowledgements that were kept back, and keeps no more.
    pub(crate) async fn release_acks(&self) {
        let (out, held) = {
            let mut state = self.shared.lock();
            state.manners.hold_acks = false;
            (state.out.clone().unwrap(), std::mem::take(&mut state.held))
        };
        for ack in held {
            out.send(Some(ack)).await.unwrap();
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite, shared: Arc<Shared>) {
    let (read, mut write) = tokio::io::split(stream);
    let mut read = BufReader::new(read);
    let (out, mut inbox) = mpsc::channel(1000);
    {
        let mut state = shared.lock();
        state.out = Some(out.clone());
        state.held.clear();
    }
    let hear = listen(&mut read, &shared, &out);
    let tell = async {
        while let Some(Some(bytes)) = inbox.recv().await {
            if write_all(&mut write, &bytes).await.is_none() {
                return;
            }
        }
    };
    tokio::select! {
        _ = hear => (),
        () = tell => (),
    }
    shared.hear(Packet::Gone);
}

async fn write_all(write: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Option<()> {
    write.write_all(bytes).await.ok()?;
    write.flush().await.ok()
}

/// Reads packets and answers them until the connection ends.
async fn listen(
    read: &mut (impl AsyncRead + Unpin),
    shared: &Shared,
    out: &mpsc::Sender<Option<Vec<u8>>>,
) -> Option<()> {
    loop {
        let (first, body) = read_packet(read).await?;
        let (heard, answer) = understand(first, &body, &shared.lock().manners);
        let manners = shared.lock().manners.clone();
        let is_connect = matches!(heard, Some(Packet::Connect(_)));
        let lawful = manners.law.is_none_or(|law| match &heard {
            Some(Packet::Publish(message)) => (law.publish)(&message.topic),
            Some(Packet::Subscribe(filters)) => filters.iter().all(|(filter, _)| (law.subscribe)(filter)),
            _ => true,
        });
        let is_publish = matches!(heard, Some(Packet::Publish(_)));
        let is_forgotten =
            manners.forget_pubacks && matches!(&heard, Some(Packet::Publish(message)) if message.qos == 1);
        if let Some(heard) = heard {
            if let Packet::Publish(message) = &heard
                && manners.lose_releases_from == Some(message.id)
            {
                shared.lock().manners.lose_releases = true;
            }
            shared.hear(heard);
        }
        if manners.silent {
            continue;
        }
        if !lawful || (is_connect && manners.slam) {
            return None;
        }
        if let Some(answer) = answer.filter(|_| !is_forgotten) {
            if is_publish && manners.hold_acks {
                shared.lock().held.push_back(answer);
            } else {
                out.send(Some(answer)).await.ok()?;
            }
        }
    }
}

/// A packet and the broker's answer. MQTT 3.1.1, chapter 3.
fn understand(first: u8, body: &[u8], manners: &Manners) -> (Option<Packet>, Option<Vec<u8>>) {
    let mut at = Cursor(body);
    match first >> 4 {
        1 => {
            let connect = connect(&mut at);
            let lawful = manners.law.is_none_or(|law| (law.connect)(&connect));
            let refuse = if lawful { manners.refuse } else { 5 };
            let present = u8::from(manners.session_present && refuse == 0);
            (Some(Packet::Connect(connect)), Some(packet(0x20, &[present, refuse])))
        }
        3 => {
            let topic = at.text();
            let qos = first >> 1 & 3;
            let id = if 0 < qos { at.bytes(2).to_vec() } else { vec![0, 0] };
            let number = u16::from_be_bytes([id[0], id[1]]);
            let (payload, bytes) = (String::from_utf8_lossy(at.0).into_owned(), at.0.to_vec());
            let (retain, dup) = (first & 1 == 1, first & 8 == 8);
            let message = Message { topic, payload, bytes, qos, retain, dup, id: number };
            let answer = match qos {
                0 => None,
                1 => Some(packet(0x40, &id)),
                _ => Some(packet(0x50, &id)),
            };
            (Some(Packet::Publish(message)), answer)
        }
        4 => (Some(Packet::PubAck(number(body))), None),
        5 => (Some(Packet::PubRec(number(body))), Some(packet(0x62, body))),
        6 => {
            let number = u16::from_be_bytes([body[0], body[1]]);
            if manners.lose_releases {
                (Some(Packet::LostPubRel(number)), None)
            } else {
                (Some(Packet::PubRel(number)), Some(packet(0x70, body)))
            }
        }
        8 => {
            let mut answer = at.bytes(2).to_vec();
            let mut filters = Vec::new();
            while !at.0.is_empty() {
                let filter = at.text();
                let qos = at.bytes(1)[0];
                answer.push(if manners.refuse_filters.contains(&filter) { 0x80 } else { qos });
                filters.push((filter, qos));
            }
            (Some(Packet::Subscribe(filters)), Some(packet(0x90, &answer)))
        }
        10 => {
            let id = at.bytes(2).to_vec();
            let mut filters = Vec::new();
            while !at.0.is_empty() {
                filters.push(at.text());
            }
            (Some(Packet::Unsubscribe(filters)), Some(packet(0xB0, &id)))
        }
        12 => (Some(Packet::Ping), Some(packet(0xD0, &[]))),
        14 => (Some(Packet::Disconnect), None),
        _ => (None, None),
    }
}

fn connect(at: &mut Cursor<'_>) -> Connect {
    assert_eq!((at.text().as_str(), at.bytes(1)), ("MQTT", &[4][..]), "not MQTT 3.1.1");
    let flags = at.bytes(1)[0];
    let keep_alive = u16::from_be_bytes([at.bytes(1)[0], at.bytes(1)[0]]);
    let client_id = at.text();
    let will = (flags & 4 == 4).then(|| {
        let (topic, bytes) = (at.text(), at.counted().to_vec());
        let payload = String::from_utf8_lossy(&bytes).into_owned();
        Message { topic, payload, bytes, qos: flags >> 3 & 3, retain: flags & 0x20 == 0x20, dup: false, id: 0 }
    });
    let user = (flags & 0x80 == 0x80).then(|| at.text());
    let password = (flags & 0x40 == 0x40).then(|| at.text());
    Connect { client_id, clean: flags & 2 == 2, keep_alive, user, password, will }
}

/// The longest silence that still counts as "nothing came": long beside a loopback, short beside a test.
pub(crate) const QUIET: Duration = Duration::from_millis(150);
