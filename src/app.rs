//! The wiring: a data folder becomes a running gateway. The only place that knows every room.

mod start;
mod units;

use crate::drivers::local_io::unit::Memory;
use crate::drivers::modbus::io::Backstage;
use crate::net::door::Access;
use crate::platform::boot::boot_id;
use crate::platform::clock;
use crate::platform::data_folder::{DataFolderLock, LockError};
use crate::platform::profile_folder::ProfileFolder;
use crate::runtime::commands::Commands;
use crate::runtime::configure::ConfigHandle;
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::handle::Handle;
use crate::runtime::image::{Image, Reader};
use crate::runtime::lines::Lines;
use crate::runtime::modules::Modules;
use crate::runtime::safe_mode::SafeMode;
use crate::runtime::snmp::Snmp;
use crate::runtime::status::{Detail, Units, UnitsWatch};
use crate::runtime::supervisor::Supervisor;
use crate::runtime::unit::UnitKind;
use crate::services::configuration::Configuration;
use crate::store::{Store, StoreError, StoreLimits};
use crate::web::{WebParts, WebState};
use start::Parts;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use units::wanted;

/// Configuration requests that may wait.
const CONFIG_QUEUE: usize = 64;

/// How to start a gateway.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; made if there is none.
    pub data: PathBuf,
    /// Where the browser and REST server listens in this run, whatever is stored.
    pub web: Option<SocketAddr>,
}

/// Why a gateway does not start at all. Whatever is wrong with its configuration is no reason.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder is in use, or unusable.
    #[error(transparent)]
    Folder(#[from] LockError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    /// Asks for the configuration and changes it.
    pub config: ConfigHandle,
    /// Reads every point.
    pub reader: Reader,
    /// Writes points.
    pub commands: Commands,
    /// Whether outputs are held.
    pub safe_mode: SafeMode,
    /// Who may come in where.
    pub access: Access,
    /// Accounts, events, revisions.
    pub store: Store,
    /// How each unit is.
    pub units: UnitsWatch,
    events: Events,
    stop: CancellationToken,
    supervisor: JoinSet<usize>,
    configuration: JoinSet<()>,
    held: DataFolderLock,
}

impl Gateway {
    /// Opens the data folder and starts what its configuration asks for.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let held = DataFolderLock::take(&options.data)?;
        let store = Store::open(&options.data, StoreLimits::default()).await?;
        let (events, told) = Events::channel();
        let image = Image::new();
        let safe_mode = SafeMode::default();
        let commands = Commands::new(image.clone(), events.clone()).guarded_by(safe_mode.clone());
        let (status, units) = watch::channel(Units::default());
        let (config, inbox) = Handle::channel(CONFIG_QUEUE);
        let modules = Modules::default();
        let backstage = Backstage::default();
        let access = Access::default();
        let web = options.web;
        let (owner, followed) = Configuration::load(
            inbox,
            store.clone(),
            image.clone(),
            backstage.image.clone(),
            access.clone(),
            events.clone(),
            move |config: &crate::config::GatewayConfig| wanted(config, web),
        )
        .await?;
        let lines = Lines::default();
        let snmp = Snmp::default();
        let parts = Parts {
            image: image.clone(),
            commands: commands.clone(),
            backstage,
            #[cfg(feature = "broker")]
            bridges: crate::runtime::bridges::Bridges::marked(store.mark()),
            lines: lines.clone(),
            modules: modules.clone(),
            memory: Memory { counts: store.kept_counts(), boots: store.host_boots(), boot: boot_id() },
            safe_mode: safe_mode.clone(),
            snmp: snmp.clone(),
            access: access.clone(),
            cold_start_told: Arc::default(),
            events: events.clone(),
            told: Arc::new(Mutex::new(told)),
            store: store.clone(),
            units: units.clone(),
            web: WebState::new(WebParts {
                config: config.clone(),
                revision: followed.revision,
                reader: image.reader(),
                commands: commands.clone(),
                lines,
                modules,
                snmp,
                access: access.clone(),
                safe_mode: safe_mode.clone(),
                units: units.clone(),
                events: events.clone(),
                store: store.clone(),
                profiles: ProfileFolder::of(&options.data),
            }),
        };
        let stop = CancellationToken::new();
        let mut configuration = JoinSet::new();
        configuration.spawn(owner.run(stop.clone()));
        let mut supervisor = JoinSet::new();
        let start = move |key: &_, config: &_, ctx| parts.start(key, config, ctx);
        supervisor.spawn(Supervisor::new(followed.desired, status, start).run(stop.clone()));
        let gateway = Self {
            config,
            reader: image.reader(),
            commands,
            safe_mode,
            access,
            store,
            units,
            events,
            stop,
            supervisor,
            configuration,
            held,
        };
        gateway.tell(&format!("started, version {}", env!("CARGO_PKG_VERSION")), Outcome::Ok);
        for warning in gateway.held.warnings() {
            tracing::warn!("{warning}");
            gateway.tell(warning, Outcome::Failed);
        }
        Ok(gateway)
    }

    /// The address the browser and REST server listens on, once it does.
    pub async fn web_address(&self) -> Option<SocketAddr> {
        let mut units = self.units.clone();
        let found = units.wait_for(|units| units.keys().any(|key| key.kind == UnitKind::Web)).await.ok()?.clone();
        let web = found.iter().find(|(key, _)| key.kind == UnitKind::Web)?.1;
        let mut detail = web.detail.clone();
        let bound = |detail: &Detail| match detail {
            Detail::Server(server) => server.address.parse().ok(),
            _ => None,
        };
        let detail = detail.wait_for(|detail| bound(detail).is_some()).await.ok()?;
        bound(&detail)
    }

    /// Ends every unit in order. Answers how many had to be cut off or panicked in the gateway's life.
    pub async fn stop(mut self) -> usize {
        self.tell(&format!("stopping, version {}", env!("CARGO_PKG_VERSION")), Outcome::Ok);
        self.stop.cancel();
        let mut troubled = 0;
        while let Some(ended) = self.supervisor.join_next().await {
            troubled += ended.unwrap_or(1);
        }
        while let Some(ended) = self.configuration.join_next().await {
            troubled += usize::from(ended.is_err());
        }
        self.store.close().await;
        troubled
    }

    fn tell(&self, what: &str, result: Outcome) {
        self.events.tell(Event {
            unix_ms: clock::unix_ms(),
            source: "dinrail".to_owned(),
            category: Category::System,
            subject: "dinrail".to_owned(),
            actor: String::new(),
            result,
            detail: what.to_owned(),
        });
    }
}
