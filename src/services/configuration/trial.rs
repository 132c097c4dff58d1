//! A configuration on trial: unless somebody keeps it in time, the one before it returns by itself, also when the program
//! or its host goes down meanwhile.

use super::{Checked, Configuration, overloads};
use crate::config::GatewayConfig;
use crate::config::document::Document;
use crate::config::kept::KeptDocument;
use crate::platform::clock;
use crate::runtime::configure::{ChangeError, Trial};
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::unit::{UnitKey, UnitSpec};
use crate::store::{self, ChangeSource, SaveError, Store, StoreError, TrialTime};
use crate::views::feasibility::feasibility;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Who brings back the configuration before.
const AUTHOR: &str = "dinrail";
/// How soon it is tried again when it cannot be stored.
const AGAIN: Duration = Duration::from_secs(5);

/// A trial of so many seconds from now.
pub(super) fn time(seconds: u32) -> TrialTime {
    TrialTime { deadline_ms: clock::unix_ms() + i64::from(seconds) * 1000, seconds }
}

/// The trial of what was stored after `before`.
pub(super) fn begun(before: u64, time: TrialTime, author: &str) -> Trial {
    let until = Instant::now() + Duration::from_secs(time.seconds.into());
    Trial { before, until, until_ms: time.deadline_ms, author: author.to_owned() }
}

/// What goes on of a trial that a program before this one began. If its time has run out meanwhile, the configuration
/// before it is stored again.
pub(super) async fn at_start(store: &Store, events: &Events) -> Result<Option<Trial>, StoreError> {
    let Some(trial) = store.trial().await? else { return Ok(None) };
    let left = left_ms(trial.deadline_ms, trial.seconds, clock::unix_ms());
    if 0 < left {
        let until = Instant::now() + Duration::from_millis(left);
        let until_ms = clock::unix_ms() + i64::try_from(left).unwrap_or_default();
        return Ok(Some(Trial { before: trial.before, until, until_ms, author: trial.author }));
    }
    let outcome = match before(store, trial.before).await? {
        Some(document) => bring_back(store, trial.revision, document).await,
        None => Ok(trial.revision),
    };
    match outcome {
        Ok(revision) if revision != trial.revision => {
            tell(events, AUTHOR, Outcome::Ok, returned(trial.revision, trial.before, revision));
            Ok(None)
        }
        Ok(_) => {
            store.keep_trial().await?;
            tell(events, AUTHOR, Outcome::Failed, gone(trial.before));
            Ok(None)
        }
        Err(error) => {
            tell(events, AUTHOR, Outcome::Failed, error.to_string());
            let until = Instant::now() + AGAIN;
            Ok(Some(Trial { before: trial.before, until, until_ms: trial.deadline_ms, author: trial.author }))
        }
    }
}

/// Milliseconds of a trial that are left. The clock of a host may have been set, or have begun anew, meanwhile: it lasts
/// no longer than it was to last.
fn left_ms(deadline_ms: i64, seconds: u32, now_ms: i64) -> u64 {
    let longest = i64::from(seconds) * 1000;
    u64::try_from(deadline_ms.saturating_sub(now_ms).min(longest)).unwrap_or(0)
}

/// The document of a revision; nothing was stored before the first.
async fn before(store: &Store, revision: u64) -> Result<Option<Value>, StoreError> {
    if revision == 0 {
        return Ok(Some(Document::default().into_root()));
    }
    Ok(store.revision_document(revision).await?.map(|(_, document)| document))
}

/// Stores the document of before after the revision on trial, which ends it.
async fn bring_back(store: &Store, revision: u64, document: Value) -> Result<u64, SaveError> {
    let by = store::Change { author: AUTHOR.to_owned(), source: ChangeSource::Trial };
    let saved = store.save(revision, document, by).await?;
    Ok(saved.revision)
}

fn returned(trial: u64, before: u64, now: u64) -> String {
    format!("revision {trial} was not kept: revision {before} returned, as revision {now}")
}

fn gone(before: u64) -> String {
    format!("revision {before} cannot return: it is no longer stored")
}

fn tell(events: &Events, actor: &str, result: Outcome, detail: String) {
    tracing::warn!("configuration on trial: {detail}");
    events.tell(Event {
        unix_ms: clock::unix_ms(),
        source: "configuration".to_owned(),
        category: Category::Config,
        subject: "configuration".to_owned(),
        actor: actor.to_owned(),
        result,
        detail,
    });
}

impl<C, F> Configuration<C, F>
where
    C: UnitSpec + Sync,
    F: Fn(&GatewayConfig) -> BTreeMap<UnitKey, C>,
{
    /// Somebody keeps the configuration on trial.
    pub(super) async fn keep(&mut self, actor: &str) -> Result<u64, ChangeError> {
        let number = self.revision.borrow().number;
        if self.revision.borrow().trial.is_none() {
            return Err(ChangeError::NoTrial);
        }
        self.store.keep_trial().await.map_err(|error| ChangeError::Store(error.to_string()))?;
        self.revision.send_modify(|revision| revision.trial = None);
        tell(&self.events, actor, Outcome::Ok, format!("revision {number} is kept"));
        Ok(number)
    }

    /// Nobody kept it in time.
    pub(super) async fn trial_is_over(&mut self) {
        // What went wrong is told there; it is tried again.
        drop(self.take_back(AUTHOR).await);
    }

    /// The configuration before the one on trial returns.
    pub(super) async fn take_back(&mut self, actor: &str) -> Result<u64, ChangeError> {
        let number = self.revision.borrow().number;
        let trial = self.revision.borrow().trial.clone().ok_or(ChangeError::NoTrial)?;
        match self.restore(number, &trial).await {
            Ok(Some(now)) => {
                tell(&self.events, actor, Outcome::Ok, returned(number, trial.before, now));
                Ok(now)
            }
            Ok(None) => {
                tell(&self.events, actor, Outcome::Failed, gone(trial.before));
                self.keep(actor).await
            }
            Err(error) => {
                tell(&self.events, actor, Outcome::Failed, error.to_string());
                self.revision.send_modify(|revision| {
                    if let Some(trial) = &mut revision.trial {
                        trial.until = Instant::now() + AGAIN;
                    }
                });
                Err(error)
            }
        }
    }

    async fn restore(&mut self, number: u64, trial: &Trial) -> Result<Option<u64>, ChangeError> {
        let unstored = |error: String| ChangeError::Store(error);
        let found = before(&self.store, trial.before).await.map_err(|error| unstored(error.to_string()))?;
        let Some(root) = found else { return Ok(None) };
        let now = bring_back(&self.store, number, root.clone()).await.map_err(|error| unstored(error.to_string()))?;
        // Whatever is wrong with it was wrong before, and is told as at a start.
        let work = tokio::task::spawn_blocking(move || {
            let document = Document::stored(root);
            let (config, mut warnings) = document.parse();
            let needs = feasibility(&config);
            warnings.extend(overloads(&document, &needs));
            (KeptDocument::from(&document), config, needs, warnings)
        });
        let (document, config, needs, warnings) = work.await.map_err(|error| unstored(error.to_string()))?;
        let wanted = (self.wanted)(&config);
        self.put_in_force(now, Checked { document, config, needs, warnings, wanted }, None);
        Ok(Some(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_lasts_no_longer_than_it_was_to_last_whatever_the_clock_says() {
        let minute = 60_000;
        for (now, expect) in [(0, 60_000), (1, 59_999), (59_999, 1), (60_000, 0), (90_000, 0), (-5_000_000, 60_000)] {
            assert_eq!(left_ms(minute, 60, now), expect, "{now}");
        }
        assert_eq!(left_ms(i64::MAX, 60, i64::MIN), 60_000);
    }
}
