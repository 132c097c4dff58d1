//! Safe mode: while it is active, outputs are held at their safe values and writes to them are refused on every path.
//!
//! Faces tell when they are heard ([`SafeMode::heard`]), the watchdog service decides, I/O modules follow
//! ([`SafeMode::follow`]), commands ask ([`SafeMode::reason`]).

use crate::tag::reading::Stamp;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, watch};

/// A way in whose silence is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Requests of Modbus/TCP clients.
    Modbus,
    /// MQTT connections that are up.
    Mqtt,
    /// REST requests of scripts, by token or bearer session; a browser is none.
    Rest,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Modbus, Self::Mqtt, Self::Rest];

    /// The word of the status: `modbus`, `mqtt`, `rest`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modbus => "modbus",
            Self::Mqtt => "mqtt",
            Self::Rest => "rest",
        }
    }
}

/// Why the safe mode is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A source was silent for this many seconds.
    Silence(Source, u64),
    /// A person wanted it.
    Hand,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence(Source::Modbus, seconds) => write!(f, "no Modbus/TCP request for {seconds} s"),
            Self::Silence(Source::Mqtt, seconds) => write!(f, "no MQTT connection for {seconds} s"),
            Self::Silence(Source::Rest, seconds) => write!(f, "no REST request for {seconds} s"),
            Self::Hand => f.write_str("entered by hand"),
        }
    }
}

/// Whether the safe mode is active, why and since when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafeState {
    /// Active while there is one.
    pub causes: Vec<Cause>,
    /// When it became active, in milliseconds since 1970-01-01 UTC.
    pub since_ms: Option<i64>,
}

impl SafeState {
    /// Whether outputs are held.
    pub fn is_active(&self) -> bool {
        !self.causes.is_empty()
    }
}

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Enter the safe mode, to see that it works.
    Enter,
    /// Leave it; watchdogs begin to count anew.
    Leave,
}

/// The one handle everybody shares.
#[derive(Debug, Clone, Default)]
pub struct SafeMode(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Microseconds of the monotonic clock, by source.
    heard: [AtomicU64; Source::ALL.len()],
    state: watch::Sender<SafeState>,
    wish: watch::Sender<Option<(u64, Wish)>>,
    news: Notify,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            heard: Default::default(),
            state: watch::Sender::new(SafeState::default()),
            wish: watch::Sender::new(None),
            news: Notify::new(),
        }
    }
}

impl SafeMode {
    /// The source was heard now.
    pub fn heard(&self, source: Source, at: Stamp) {
        self.0.heard[source as usize].fetch_max(at.mono_us, Ordering::Relaxed);
        if self.0.state.borrow().is_active() {
            self.0.news.notify_one();
        }
    }

    /// When the source was heard last, in microseconds of the monotonic clock; 0 = never.
    pub fn last(&self, source: Source) -> u64 {
        self.0.heard[source as usize].load(Ordering::Relaxed)
    }

    /// Waits until a source is heard while the safe mode is active. Cancel-safe.
    pub async fn news(&self) {
        self.0.news.notified().await;
    }

    /// How it is, now and from now on.
    pub fn follow(&self) -> watch::Receiver<SafeState> {
        self.0.state.subscribe()
    }

    /// Why outputs cannot be written now, the first cause of several; `None` while they can.
    pub fn reason(&self) -> Option<String> {
        self.0.state.borrow().causes.first().map(ToString::to_string)
    }

    /// A person wants it entered or left; the watchdog does it.
    pub fn ask(&self, wish: Wish) {
        self.0.wish.send_modify(|asked| *asked = Some((asked.map_or(0, |(number, _)| number + 1), wish)));
    }

    /// The wishes, for the watchdog.
    pub fn wishes(&self) -> watch::Receiver<Option<(u64, Wish)>> {
        self.0.wish.subscribe()
    }

    /// Said by the watchdog alone.
    pub fn set(&self, state: SafeState) {
        self.0.state.send_if_modified(|before| std::mem::replace(before, state.clone()) != state);
    }
}
