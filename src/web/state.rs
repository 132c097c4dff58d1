//! What the web is given, and what it keeps between requests.

use super::guards::jwt::Jwt;
use super::guards::login::Ended;
use super::live::StatusBoard;
use super::places::Places;
use crate::config::GatewayConfig;
use crate::config::appliance::{ApplianceConfig, WebConfig};
use crate::config::certificate::CertificateConfig;
use crate::net::door::Access;
use crate::net::throttle::Throttle;
use crate::platform::profile_folder::ProfileFolder;
use crate::runtime::commands::Commands;
use crate::runtime::configure::{ConfigHandle, Revision};
use crate::runtime::events::Events;
use crate::runtime::image::Reader;
use crate::runtime::lines::Lines;
use crate::runtime::modules::Modules;
use crate::runtime::safe_mode::SafeMode;
use crate::runtime::snmp::Snmp;
use crate::runtime::status::UnitsWatch;
use crate::store::Store;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Copies of the document made for readers at once.
const COPIES: usize = 4;
/// Documents taken in at once: each may be 32 MiB, and some times that while it is checked.
const DOCUMENTS: usize = 2;

/// What `app.rs` hands over, once for the life of the program.
#[derive(Debug, Clone)]
pub struct WebParts {
    /// Asks the owner of the configuration.
    pub config: ConfigHandle,
    /// The revision in force. Set before the owner answers a change, so that what was answered can be read.
    pub revision: watch::Receiver<Revision>,
    /// Every tag.
    pub reader: Reader,
    /// Writes to points.
    pub commands: Commands,
    /// Requests to lines.
    pub lines: Lines,
    /// Requests to I/O modules.
    pub modules: Modules,
    /// Requests to the SNMP agent.
    pub snmp: Snmp,
    /// Who may come in where.
    pub access: Access,
    /// Whether outputs are held.
    pub safe_mode: SafeMode,
    /// Every unit.
    pub units: UnitsWatch,
    /// Where events are told.
    pub events: Events,
    /// Accounts, sessions, tokens, events, revisions.
    pub store: Store,
    /// The appliance's own device profiles.
    pub profiles: ProfileFolder,
}

/// The state of every handler; cheap to clone. It outlives a restart of the server, so that waits and streams are counted on.
#[derive(Clone)]
pub struct WebState(Arc<Inner>);

struct Inner {
    parts: WebParts,
    jwt: Jwt,
    throttle: Throttle,
    check_took: AtomicU64,
    ended: Ended,
    board: StatusBoard,
    settings: Mutex<(u64, Arc<Settings>)>,
    streams: Places,
    documents: Arc<Semaphore>,
    copies: Semaphore,
    work: TaskTracker,
    stop: Mutex<CancellationToken>,
}

/// The settings of the document that the web itself lives by.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    /// The appliance, as shown.
    pub(crate) appliance: ApplianceConfig,
    /// The server and its sessions.
    pub(crate) web: WebConfig,
    /// Certificates, used by their names.
    pub(crate) certificates: Vec<CertificateConfig>,
}

impl Settings {
    /// Milliseconds a session may stand unused.
    pub(crate) fn idle_ms(&self) -> i64 {
        i64::from(self.web.session_idle_min) * 60_000
    }

    /// Milliseconds a session lasts at most.
    pub(crate) fn longest_ms(&self) -> i64 {
        i64::from(self.web.session_max_h) * 3_600_000
    }

    /// Only these parts are read: a document may have 100,000 tags.
    fn of(revision: &Revision) -> Self {
        let small = revision.document.parts(&["format", "appliance", "web", "certificates"]);
        let (config, _) = GatewayConfig::parse(&small);
        Self { appliance: config.appliance, web: config.web, certificates: config.certificates }
    }
}

impl WebState {
    /// Requests to the SNMP agent.
    pub(crate) fn snmp(&self) -> &Snmp {
        &self.0.parts.snmp
    }

    /// Made once; the server and its router get clones.
    pub fn new(parts: WebParts) -> Self {
        let settings = Settings::of(&parts.revision.borrow());
        let number = parts.revision.borrow().number;
        Self(Arc::new(Inner {
            jwt: Jwt::new(parts.store.session_key()),
            throttle: Throttle::default(),
            check_took: AtomicU64::new(0),
            ended: Ended::default(),
            board: StatusBoard::default(),
            settings: Mutex::new((number, Arc::new(settings))),
            streams: Places::default(),
            documents: Arc::new(Semaphore::new(DOCUMENTS)),
            copies: Semaphore::new(COPIES),
            work: TaskTracker::new(),
            stop: Mutex::new(CancellationToken::new()),
            parts,
        }))
    }

    pub(crate) fn config(&self) -> &ConfigHandle {
        &self.0.parts.config
    }

    pub(crate) fn revision(&self) -> Revision {
        self.0.parts.revision.borrow().clone()
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.0.parts.reader
    }

    pub(crate) fn commands(&self) -> &Commands {
        &self.0.parts.commands
    }

    pub(crate) fn lines(&self) -> &Lines {
        &self.0.parts.lines
    }

    pub(crate) fn access(&self) -> &Access {
        &self.0.parts.access
    }

    pub(crate) fn safe_mode(&self) -> &SafeMode {
        &self.0.parts.safe_mode
    }

    pub(crate) fn modules(&self) -> &Modules {
        &self.0.parts.modules
    }

    pub(crate) fn units(&self) -> &UnitsWatch {
        &self.0.parts.units
    }

    pub(crate) fn events(&self) -> &Events {
        &self.0.parts.events
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.parts.store
    }

    pub(crate) fn profiles(&self) -> &ProfileFolder {
        &self.0.parts.profiles
    }

    pub(crate) fn jwt(&self) -> &Jwt {
        &self.0.jwt
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// How long the last check of a password took.
    pub(crate) fn check_took(&self) -> Duration {
        Duration::from_micros(self.0.check_took.load(Ordering::Relaxed))
    }

    pub(crate) fn note_check(&self, took: Duration) {
        self.0.check_took.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn ended(&self) -> &Ended {
        &self.0.ended
    }

    pub(crate) fn board(&self) -> &StatusBoard {
        &self.0.board
    }

    pub(crate) fn streams(&self) -> &Places {
        &self.0.streams
    }

    pub(crate) fn documents(&self) -> &Arc<Semaphore> {
        &self.0.documents
    }

    pub(crate) fn copies(&self) -> &Semaphore {
        &self.0.copies
    }

    /// Work that goes on when its request is given up. It belongs to the server, which waits for it.
    pub(crate) fn work(&self) -> &TaskTracker {
        &self.0.work
    }

    /// Cancelled when the server that runs now is to end.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.0.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A server begins to run, until this token is cancelled.
    pub(crate) fn begin(&self, stop: CancellationToken) {
        *self.0.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop;
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        let revision = self.0.parts.revision.borrow();
        let mut kept = self.0.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != revision.number {
            *kept = (revision.number, Arc::new(Settings::of(&revision)));
        }
        Arc::clone(&kept.1)
    }
}

impl fmt::Debug for WebState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebState").field("revision", &self.0.parts.revision.borrow().number).finish_non_exhaustive()
    }
}
