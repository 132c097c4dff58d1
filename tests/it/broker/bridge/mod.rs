//! Bridges of the embedded broker to another one.

mod acknowledged;
mod circles;
mod closed;
mod crossing;
mod gateway;
mod outage;
#[cfg(feature = "peers")]
mod peers;

use super::{Client, Message, PATIENCE, Site, parse, usual};
use crate::support::wait::eventually;
use dinrail::faces::mqtt::MqttError;
use dinrail::faces::mqtt::bridge::{BridgeUnit, BridgeUnitConfig};
use dinrail::runtime::events::{Event as LogEvent, Events};
use dinrail::runtime::status::{BridgeStatus, Detail, MqttStatus};
use dinrail::runtime::unit::{Health, UnitContext};
use dinrail::store::queue::Queues;
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// One running bridge of a broker.
struct Bridge {
    config: watch::Sender<BridgeUnitConfig>,
    health: watch::Receiver<Health>,
    detail: watch::Receiver<Detail>,
    stop: CancellationToken,
    told: mpsc::Receiver<LogEvent>,
    task: JoinSet<Result<(), MqttError>>,
    folder: TempDir,
}

/// `all` may do everything at the other broker.
fn bridge_to(url: &str, members: &Json, rules: &Json) -> Json {
    let mut bridge = json!({"name": "cloud", "url": url, "username": "all", "password": "all", "rules": rules});
    bridge.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    bridge
}

fn settings(bridge: &Json) -> BridgeUnitConfig {
    let broker = json!({"listeners": [{"address": "127.0.0.1:0"}], "bridges": [bridge]});
    let bridge = parse(&broker).bridges.remove(0);
    BridgeUnitConfig { appliance: "line-3".to_owned(), bridge }
}

impl Bridge {
    fn start(site: &Site, bridge: &Json) -> Self {
        Self::start_on(tempfile::tempdir().unwrap(), site, bridge)
    }

    /// With a data folder that may hold something.
    fn start_on(folder: TempDir, site: &Site, bridge: &Json) -> Self {
        let (config, follow) = watch::channel(settings(bridge));
        let (health, health_seen) = watch::channel(Health::Starting);
        let (detail, detail_seen) = watch::channel(Detail::None);
        let stop = CancellationToken::new();
        let ctx = UnitContext { stop: stop.clone(), health, detail };
        let (bridges, queues) = (site.bridges.clone(), Queues::of(folder.path()));
        let mut task = JoinSet::new();
        let (events, told) = Events::channel();
        task.spawn(BridgeUnit { config: follow, bridges, events, queues }.run(ctx));
        Self { config, health: health_seen, detail: detail_seen, stop, told, task, folder }
    }

    /// Started and connected to the broker at this address.
    async fn up(site: &Site, to: SocketAddr, members: &Json, rules: &Json) -> Self {
        let bridge = Self::start(site, &bridge_to(&format!("mqtt://{to}"), members, rules));
        bridge.connected(1).await;
        bridge
    }

    fn change(&self, bridge: &Json) {
        self.config.send_replace(settings(bridge));
    }

    fn status(&self) -> MqttStatus {
        match &*self.detail.borrow() {
            Detail::Mqtt(status) => (**status).clone(),
            _ => MqttStatus::default(),
        }
    }

    #[track_caller]
    fn status_when(&self, what: &str, fits: impl Fn(&MqttStatus) -> bool) -> impl Future<Output = MqttStatus> {
        eventually(async move || Some(self.status()).filter(&fits), what)
    }

    #[track_caller]
    fn counts_when(&self, what: &str, fits: impl Fn(&BridgeStatus) -> bool) -> impl Future<Output = MqttStatus> {
        self.status_when(what, move |status| status.bridge.as_ref().is_some_and(&fits))
    }

    /// Connected for at least the so-manyth time, and well.
    async fn connected(&self, times: u64) {
        self.status_when("the bridge is connected", |status| status.connected && times <= status.connects).await;
        eventually(async || (*self.health.borrow() == Health::Up).then_some(()), "the bridge is up").await;
    }

    async fn away(&self) -> String {
        self.status_when("the bridge is not connected", |status| !status.connected).await;
        eventually(
            async || match &*self.health.borrow() {
                Health::Degraded(why) => Some(why.clone()),
                _ => None,
            },
            "the bridge says why",
        )
        .await
    }

    /// Answers its data folder.
    async fn end(mut self) -> TempDir {
        self.stop.cancel();
        timeout(PATIENCE, self.task.join_next()).await.expect("the unit ends in time").unwrap().unwrap().unwrap();
        self.folder
    }
}

/// A broker with a client, and the same once more.
struct Pair {
    here: Site,
    there: Site,
    address: SocketAddr,
    local: Client,
    remote: Client,
}

impl Pair {
    async fn start() -> Self {
        let (here, local) = Site::usual().await;
        let (there, address) = Site::usual().await;
        let local = Client::all(local, "local").await;
        let remote = Client::all(address, "remote").await;
        Self { here, there, address, local, remote }
    }

    async fn end(self) {
        self.here.end().await;
        self.there.end().await;
    }
}
