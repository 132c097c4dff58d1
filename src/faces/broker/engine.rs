//! The broker behind the front: rmqtt, set up without its ways to end the process or to grow without bound.

use super::crossing;
use super::forward::BoundedShared;
use super::hooks;
use super::hub::Hub;
use super::retain::Retained;
use crate::store::RetainedMessages;
use arc_swap::ArcSwap;
use rmqtt::context::ServerContext;
use rmqtt::net::Builder;
use rmqtt::retain::DefaultRetainStorage;
use rmqtt::router::DefaultRouter;
use rmqtt::server::MqttServer;
use rmqtt::shared::DefaultShared;
use rmqtt::types::{ClientId, CodecPublish, From, Id, Publish, QoS, Retain};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Messages in flight to or from one client without their acknowledgement; more QoS 2 from a client is an error.
const IN_FLIGHT: NonZeroU16 = NonZeroU16::new(1000).unwrap();
/// Messages queued for a client. Not the real bound: that is counted in bytes before the queue.
const QUEUED: usize = 1_000_000;
const SUBSCRIPTIONS_PER_CLIENT: usize = 10_000;
/// How long the session of an absent client is kept.
const ABSENCE: Duration = Duration::from_secs(24 * 3600);
/// The front sends the header with its first byte; who does not is no front.
const HEADER_TIMEOUT: Duration = Duration::from_millis(500);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// For each lock while the parts are taken apart; whoever holds one longer dies with the runtime.
const UNLINK_TIMEOUT: Duration = Duration::from_millis(500);

/// Why the broker does not start.
#[derive(Debug, thiserror::Error)]
#[error("the broker's inner listener: {0}")]
pub(super) struct EngineError(String);

/// A running broker.
pub(super) struct Engine {
    context: ServerContext,
    hub: Arc<Hub>,
    /// Where the front finds it.
    pub(super) inner: Arc<ArcSwap<SocketAddr>>,
    accepting: JoinSet<()>,
    /// Takes in what bridges bring.
    bridging: JoinSet<()>,
    listener: u16,
}

impl Engine {
    /// Starts it; must be called on the runtime it shall live and die with. `to_keeper` is for [`crossing::take_in`].
    pub(super) async fn start(
        hub: Arc<Hub>,
        kept: Option<RetainedMessages>,
        to_keeper: mpsc::Sender<oneshot::Sender<()>>,
    ) -> Result<Self, EngineError> {
        // The busy check would refuse clients whenever the host computes, and its task would never end.
        let context = ServerContext::new().busy_check_enable(false).build().await;
        *context.extends.shared_mut().await = Box::new(BoundedShared::new(&context, &hub));
        *context.extends.retain_mut().await = Box::new(Retained::load(&hub, kept, context.node.id()).await);
        hooks::register(&context, &hub).await;
        let inner = Arc::new(ArcSwap::from_pointee(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
        let mut bridging = JoinSet::new();
        bridging.spawn(crossing::take_in(context.clone(), hub.clone(), hub.bridges.open(), to_keeper));
        let mut engine = Self { context, hub, inner, accepting: JoinSet::new(), bridging, listener: 0 };
        engine.listen().await?;
        Ok(engine)
    }

    /// Opens a new inner listener with the present limits; connections made through the old one go on.
    ///
    /// The limits of a listener are fixed, and MQTT 5 clients are told the largest message when they connect.
    pub(super) async fn listen(&mut self) -> Result<(), EngineError> {
        let failed = |err: rmqtt::Error| EngineError(err.to_string());
        let max_message = u32::try_from(self.hub.max_message()).unwrap_or(u32::MAX);
        let listener = Builder::new()
            .name("inner")
            .laddr(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .nodelay(true)
            .max_packet_size(max_message)
            // Every login is ours to decide, also those without a name.
            .allow_anonymous(false)
            .proxy_protocol(true)
            .proxy_protocol_timeout(HEADER_TIMEOUT)
            .handshake_timeout(HANDSHAKE_TIMEOUT)
            .send_timeout(SEND_TIMEOUT)
            // Logins wait for evictions at most; all connections of a burst may do so at once.
            .max_handshaking_limit(256)
            .max_inflight(IN_FLIGHT)
            .max_mqueue_len(QUEUED)
            .max_subscriptions(SUBSCRIPTIONS_PER_CLIENT)
            .max_topic_levels(super::filter::MAX_LEVELS)
            .session_expiry_interval(ABSENCE)
            .max_session_expiry_interval(ABSENCE)
            // MQTT repeats a message after a reconnect, never on a connection (5.0, 4.4), and knows no end of a message
            // but the one its publisher gave.
            .message_retry_interval(Duration::ZERO)
            .message_expiry_interval(Duration::ZERO)
            .bind()
            .and_then(rmqtt::net::Listener::tcp)
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        self.accepting.shutdown().await;
        self.context.listen_cfgs.remove(&self.listener);
        self.listener = self.listener.wrapping_add(1);
        let server = MqttServer::new(self.context.clone()).listener_by_id(listener, self.listener).build();
        // `run`, never `start`: that one ends the process when something fails.
        self.accepting.spawn(async move {
            if let Err(err) = server.run().await {
                tracing::error!(error = %err, "the broker's inner listener ended");
            }
        });
        self.inner.store(Arc::new(address));
        Ok(())
    }

    /// Returns when the inner listener has ended, which it never does by itself.
    pub(super) async fn ended(&mut self) {
        self.accepting.join_next().await;
    }

    /// Removes a client's session with all that waits for it and tells the hub, or does nothing when somebody else is
    /// at it: ask again later.
    pub(super) async fn remove(&self, client: &str) {
        let id = Id::from(self.context.node.id(), ClientId::from(client));
        let entry = self.context.extends.shared().await.entry(id);
        // The lock is taken while a client with the same id connects.
        let Ok(mut entry) = entry.try_lock().await else { return };
        match entry.kick(true, true, true).await {
            Ok(_) => self.hub.forget(client),
            Err(err) => tracing::debug!(client, error = %err, "the session could not be removed yet"),
        }
    }

    /// Publishes a message of the broker's own, retained.
    pub(super) async fn tell(&self, topic: &str, text: String) {
        let publish = CodecPublish {
            dup: false,
            retain: true,
            qos: QoS::AtMostOnce,
            topic: topic.into(),
            packet_id: None,
            payload: text.into(),
            properties: None,
        };
        let (publish, id) = (Publish::from(publish), Id::from(self.context.node.id(), ClientId::new()));
        let from = From::from_system(id);
        let retain = Retain { msg_id: None, from: from.clone(), publish: publish.clone() };
        let extends = &self.context.extends;
        if let Err(err) = extends.retain().await.set(&publish.topic, retain, None).await {
            tracing::debug!(topic, error = %err, "the broker's own message is not retained");
        }
        // Whom it does not reach has too much waiting already; the next one comes soon.
        drop(extends.shared().await.forwards(None, from, publish).await);
    }

    /// Messages that are retained.
    pub(super) async fn retained(&self) -> isize {
        self.context.extends.retain().await.count().await
    }

    /// Takes the parts off each other: context, sessions, router and retained messages hold each other in a circle,
    /// which would outlive the runtime.
    pub(super) async fn stop(mut self) {
        self.accepting.shutdown().await;
        // What bridges have handed over they would bring again.
        self.hub.bridges.shut();
        drop(timeout(UNLINK_TIMEOUT, async { while self.bridging.join_next().await.is_some() {} }).await);
        self.bridging.shutdown().await;
        let extends = &self.context.extends;
        let unlinked = [
            timeout(UNLINK_TIMEOUT, async { *extends.shared_mut().await = Box::new(DefaultShared::new(None)) }).await,
            timeout(UNLINK_TIMEOUT, async { *extends.router_mut().await = Box::new(DefaultRouter::new(None)) }).await,
            timeout(UNLINK_TIMEOUT, async { *extends.retain_mut().await = Box::new(DefaultRetainStorage::new()) })
                .await,
        ];
        if unlinked.iter().any(Result::is_err) {
            tracing::warn!("a part of the broker was busy at its end; its memory is not given back");
        }
    }
}
