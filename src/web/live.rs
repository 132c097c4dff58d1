//! The status of the whole appliance: built for whoever asks, and told to streams when it changes, at most once a second.

use super::i18n::{self, Lang};
use super::state::WebState;
use crate::config::problem::Problem;
use crate::platform::clock;
use crate::platform::clock_sync::clock_sync;
use crate::runtime::configure::Revision;
use crate::runtime::status::{UnitStatus, snapshot};
use crate::tag::reading::rfc3339;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// How often streams are told at most.
const PERIOD: Duration = Duration::from_secs(1);

/// Everything at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct StatusView {
    /// What this is and where it stands.
    pub(crate) appliance: ApplianceView,
    /// The revision in force.
    pub(crate) revision: u64,
    /// The host's clock.
    pub(crate) clock: ClockView,
    /// Every running part: `key`, `kind`, `name`, `health` (`starting`, `up`, `degraded`, `failed`), `reason`, `detail`
    /// (figures by kind), `since`.
    #[schema(value_type = Vec<Object>)]
    pub(crate) units: Vec<UnitView>,
    /// Whether outputs are held at their safe values.
    pub(crate) safe_mode: SafeModeBrief,
    /// Set while the configuration is on trial.
    pub(crate) trial: Option<TrialView>,
    /// How many tags are good, uncertain, bad.
    pub(crate) tags: TagTally,
    /// What of the stored configuration could not be used, with its place, and warnings.
    #[schema(value_type = Vec<Object>)]
    pub(crate) problems: Vec<Problem>,
}

/// Members of the status that are names, addresses or the owner's words, which no language changes.
const NO_SENTENCES: &[&str] = &[
    "name",
    "key",
    "description",
    "location",
    "id",
    "user",
    "address",
    "path",
    "url",
    "pointer",
    "listeners",
    "lessons",
    "author",
];

impl StatusView {
    /// As JSON, its sentences in this language.
    pub(crate) fn json(&self, lang: Lang) -> Option<String> {
        let written = if lang == Lang::En {
            serde_json::to_string(self)
        } else {
            serde_json::to_value(self).and_then(|mut json| {
                i18n::said_throughout(&mut json, lang, NO_SENTENCES);
                serde_json::to_string(&json)
            })
        };
        written.inspect_err(|error| tracing::error!(%error, "the status could not be written")).ok()
    }
}

/// A configuration on trial: unless somebody keeps it in time, the one before it returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TrialView {
    /// The revision that returns; 0 is none.
    before: u64,
    /// Who changed it.
    author: String,
    /// When it returns, by the clock of this host.
    until: String,
}

impl TrialView {
    /// That of the revision in force.
    pub(crate) fn of(revision: &Revision) -> Option<Self> {
        let trial = revision.trial.as_ref()?;
        Some(Self { before: trial.before, author: trial.author.clone(), until: rfc3339(trial.until_ms) })
    }
}

/// Whether outputs are held at their safe values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SafeModeBrief {
    /// They are, and writes to them are refused.
    active: bool,
    /// Why.
    reason: Option<String>,
    /// Since when.
    since: Option<String>,
}

/// The appliance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ApplianceView {
    /// Its name.
    pub(crate) name: String,
    /// The owner's words.
    pub(crate) description: String,
    /// Where it stands.
    pub(crate) location: String,
    /// Of the program.
    pub(crate) version: &'static str,
}

/// The host's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ClockView {
    /// Whether it follows a time source; null when nobody says.
    pub(crate) synchronised: Option<bool>,
    /// Who says so: `kernel`, `timesyncd` (systemd), `time` (it cannot be true: not synchronised), `nobody`.
    pub(crate) source: &'static str,
    /// UTC.
    #[schema(example = "2026-01-02T03:04:05.678Z")]
    pub(crate) now: String,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct UnitView {
    #[serde(flatten)]
    unit: UnitStatus,
    /// When its health became what it is.
    since: String,
}

/// Tags by quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TagTally {
    good: usize,
    uncertain: usize,
    bad: usize,
}

/// Remembers since when each unit is as it is, and carries the news to streams.
#[derive(Debug)]
pub(crate) struct StatusBoard {
    since: Mutex<HashMap<String, Since>>,
    news: watch::Sender<Arc<Told>>,
}

/// A status as streams are told it, written out once for each language that is asked for.
#[derive(Debug, Default)]
pub(crate) struct Told {
    view: Option<StatusView>,
    texts: [OnceLock<Option<String>>; Lang::ALL.len()],
}

impl Told {
    pub(crate) fn new(view: StatusView) -> Self {
        Self { view: Some(view), texts: Default::default() }
    }

    /// The JSON for readers of this language.
    pub(crate) fn json(&self, lang: Lang) -> Option<&str> {
        let text = self.texts.get(lang as usize)?.get_or_init(|| self.view.as_ref()?.json(lang));
        text.as_deref()
    }
}

#[derive(Debug)]
struct Since {
    health: &'static str,
    unix_ms: i64,
}

impl Default for StatusBoard {
    fn default() -> Self {
        Self { since: Mutex::default(), news: watch::Sender::new(Arc::default()) }
    }
}

impl StatusBoard {
    /// The status now.
    pub(crate) fn view(&self, state: &WebState) -> StatusView {
        let settings = state.settings();
        let revision = state.revision();
        let now = clock::now();
        let sync = clock_sync(clock::is_sensible(now));
        let safe = state.safe_mode().follow().borrow().clone();
        let [good, uncertain, bad] = state.reader().tally();
        StatusView {
            appliance: ApplianceView {
                name: settings.appliance.name.clone(),
                description: settings.appliance.description.clone(),
                location: settings.appliance.location.clone(),
                version: env!("CARGO_PKG_VERSION"),
            },
            revision: revision.number,
            clock: ClockView {
                synchronised: sync.synchronised,
                source: sync.source.as_str(),
                now: rfc3339(now.unix_ms),
            },
            units: self.dated(snapshot(state.units()), now.unix_ms),
            safe_mode: SafeModeBrief {
                active: safe.is_active(),
                reason: state.safe_mode().reason(),
                since: safe.since_ms.map(rfc3339),
            },
            trial: TrialView::of(&revision),
            tags: TagTally { good, uncertain, bad },
            problems: revision.problems.to_vec(),
        }
    }

    fn dated(&self, units: Vec<UnitStatus>, now_ms: i64) -> Vec<UnitView> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.retain(|key, _| units.iter().any(|unit| unit.key == *key));
        let mut dated = |unit: UnitStatus| {
            let health = unit.health;
            let known = since.entry(unit.key.clone()).or_insert(Since { health, unix_ms: now_ms });
            if known.health != health {
                *known = Since { health, unix_ms: now_ms };
            }
            UnitView { since: rfc3339(known.unix_ms), unit }
        };
        units.into_iter().map(&mut dated).collect()
    }

    /// Follows the news.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Told>> {
        self.news.subscribe()
    }

    /// Looks once a second and tells streams what is new, until `stop`.
    pub(crate) async fn run(&self, state: &WebState, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told: Option<StatusView> = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                // Cancel-safe: a tick not taken comes again.
                _ = ticks.tick() => (),
            }
            if self.news.receiver_count() == 0 {
                self.dated(snapshot(state.units()), clock::unix_ms());
                told = None;
                continue;
            }
            let view = self.view(state);
            // The time alone is no news.
            let same = told.as_mut().is_some_and(|told| {
                told.clock.now.clone_from(&view.clock.now);
                *told == view
            });
            if !same {
                self.news.send_replace(Arc::new(Told::new(view.clone())));
                told = Some(view);
            }
        }
    }
}
