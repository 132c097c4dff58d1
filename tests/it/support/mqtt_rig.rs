//! One MQTT connection unit with an image and a driver of the test's own.

use super::wait::{PATIENCE, eventually};
use dinrail::config::GatewayConfig;
use dinrail::config::tags::definitions;
use dinrail::faces::mqtt::{MqttError, MqttUnit, MqttUnitConfig};
use dinrail::platform::clock;
use dinrail::runtime::commands::{Commands, Inbox};
use dinrail::runtime::events::{Event, Events};
use dinrail::runtime::image::Image;
use dinrail::runtime::status::{Detail, MqttStatus};
use dinrail::runtime::unit::{Health, UnitContext};
use dinrail::store::queue::Queues;
use dinrail::tag::quality::Reason;
use dinrail::tag::reading::{Raw, Reading};
use dinrail::tag::value::Value;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A running unit.
pub(crate) struct MqttRig {
    pub(crate) image: Image,
    pub(crate) inbox: Inbox,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) health: watch::Receiver<Health>,
    detail: watch::Receiver<Detail>,
    config: watch::Sender<MqttUnitConfig>,
    connection: Json,
    stop: CancellationToken,
    task: JoinSet<Result<(), MqttError>>,
    count: usize,
    pub(crate) folder: TempDir,
}

impl MqttRig {
    /// A connection with these members to `url`, over tags `d/t0`... of type f64, all writable, all read as 0;
    /// `t3` has a deadband of 5.
    pub(crate) fn start(url: &str, members: Json) -> Self {
        Self::start_with(url, members, 4)
    }

    pub(crate) fn start_with(url: &str, members: Json, count: usize) -> Self {
        Self::start_on(tempfile::tempdir().unwrap(), url, members, count)
    }

    /// With a data folder that may hold something.
    pub(crate) fn start_on(folder: TempDir, url: &str, members: Json, count: usize) -> Self {
        let mut connection = json!({"name": "site", "id": "c1", "url": url});
        merge(&mut connection, members);
        let image = Image::new();
        let (unit_config, config) = parse(&connection, count);
        image.declare(definitions(&config));
        let (events, told) = Events::channel();
        let commands = Commands::new(image.clone(), events.clone());
        let inbox = commands.open(["d".to_owned()]);
        let (lead, follow) = watch::channel(unit_config);
        let (health, health_seen) = watch::channel(Health::Starting);
        let (detail, detail_seen) = watch::channel(Detail::None);
        let stop = CancellationToken::new();
        let ctx = UnitContext { stop: stop.clone(), health, detail };
        let unit =
            MqttUnit { config: follow, image: image.reader(), commands, events, queues: Queues::of(folder.path()) };
        let mut task = JoinSet::new();
        task.spawn(unit.run(ctx));
        let rig = Self {
            image,
            inbox,
            events: told,
            health: health_seen,
            detail: detail_seen,
            config: lead,
            connection,
            stop,
            task,
            count,
            folder,
        };
        let zero = |tag| (tag, 0.0);
        rig.write_all(&(0..count).map(zero).collect::<Vec<_>>());
        rig
    }

    /// Changes members of the connection while it runs.
    pub(crate) fn edit(&mut self, members: Json) {
        merge(&mut self.connection, members);
        let (unit_config, config) = parse(&self.connection, self.count);
        self.image.declare(definitions(&config));
        self.config.send_replace(unit_config);
    }

    /// Changes the settings themselves, to what no document would say.
    pub(crate) fn change(&self, change: impl FnOnce(&mut MqttUnitConfig)) {
        self.config.send_modify(change);
    }

    /// A reading of one tag.
    pub(crate) fn write(&self, tag: usize, value: f64) {
        self.write_all(&[(tag, value)]);
    }

    pub(crate) fn write_all(&self, values: &[(usize, f64)]) {
        let writer = self.image.writer("d");
        let reading = |(tag, value): &(usize, f64)| {
            let slot = writer.slot(&format!("t{tag}")).unwrap();
            (slot, Reading::Good { value: Value::F64(*value), raw: Raw::new(), at: clock::now() })
        };
        writer.write(values.iter().map(reading));
    }

    pub(crate) fn fail(&self, tag: usize, reason: Reason) {
        let writer = self.image.writer("d");
        writer.write([(writer.slot(&format!("t{tag}")).unwrap(), Reading::Failed(reason))]);
    }

    /// The figures as they are shown now.
    pub(crate) fn status(&self) -> MqttStatus {
        match &*self.detail.borrow() {
            Detail::Mqtt(status) => (**status).clone(),
            _ => MqttStatus::default(),
        }
    }

    /// Messages its publications have made.
    pub(crate) fn produced(&self) -> u64 {
        self.status().ledger.iter().map(|row| row.produced).sum()
    }

    #[track_caller]
    pub(crate) fn wait_status(
        &self,
        what: &str,
        ask: impl Fn(&MqttStatus) -> bool,
    ) -> impl Future<Output = MqttStatus> {
        eventually(async move || Some(self.status()).filter(&ask), what)
    }

    /// Waits until the unit is degraded; answers why.
    #[track_caller]
    pub(crate) fn wait_degraded(&self) -> impl Future<Output = String> {
        eventually(
            async || match &*self.health.borrow() {
                Health::Degraded(why) => Some(why.clone()),
                _ => None,
            },
            "the unit is degraded",
        )
    }

    #[track_caller]
    pub(crate) fn wait_up(&self) -> impl Future<Output = ()> {
        eventually(async || (*self.health.borrow() == Health::Up).then_some(()), "the unit is up")
    }

    /// Stops the unit; fails when it does not end in good order. Answers its data folder.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.task.join_next()).await.unwrap().unwrap();
        ended.unwrap().unwrap();
        self.folder
    }
}

fn merge(into: &mut Json, members: Json) {
    for (name, value) in members.as_object().unwrap() {
        into[name] = value.clone();
    }
}

/// `certificates` among the connection's members are the document's.
fn parse(connection: &Json, count: usize) -> (MqttUnitConfig, GatewayConfig) {
    let tag = |n: usize| {
        let deadband = if n == 3 { 5 } else { 0 };
        json!({"name": format!("t{n}"), "id": format!("t{n}"), "table": "holding", "address": n, "type": "f64",
            "writable": true, "write_max": 1000, "deadband": deadband})
    };
    let mut connection = connection.clone();
    let certificates = connection.as_object_mut().unwrap().remove("certificates");
    let document = json!({
        "certificates": certificates,
        "format": "dinrail/1",
        "appliance": {"name": "line-3"},
        "ports": [{"name": "p", "kind": "serial", "path": "/dev/ttyS0"}],
        "devices": [{"name": "d", "port": "p", "unit_id": 1, "tags": (0..count).map(tag).collect::<Vec<_>>()}],
        "mqtt": {"connections": [connection]},
    });
    let (config, problems) = GatewayConfig::parse(&document);
    assert!(problems.is_empty(), "{problems:?}");
    (MqttUnitConfig { appliance: "line-3".into(), connection: config.connections[0].clone() }, config)
}
