//! What happened, told by whoever was there and kept by the event log.

use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};

/// Events kept in memory for whoever follows them.
const RECENT: usize = 256;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Logins, log-outs, refused credentials, users and tokens.
    Access,
    /// Configuration changes.
    Config,
    /// Health of units.
    Unit,
    /// Writes to points.
    Command,
    /// Start and stop of the program.
    System,
}

impl Category {
    /// The word in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Config => "config",
            Self::Unit => "unit",
            Self::Command => "command",
            Self::System => "system",
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As wanted.
    Ok,
    /// Refused by a rule.
    Refused,
    /// Went wrong.
    Failed,
}

impl Outcome {
    /// The word in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One entry of the event log. Holds no secret: texts are names, addresses and sentences of ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Milliseconds since 1970-01-01 UTC.
    pub unix_ms: i64,
    /// The part that tells it: `web`, `mqtt/site`, `line/COM1`.
    pub source: String,
    /// What it is about.
    pub category: Category,
    /// The thing it happened to: a user, a unit, a point, a revision.
    pub subject: String,
    /// Who did it, with the address it came from; empty when nobody did.
    pub actor: String,
    /// How it ended.
    pub result: Outcome,
    /// The sentence.
    pub detail: String,
}

/// Where events are told. Never blocks; what the log cannot take stands in the program's log alone.
#[derive(Debug, Clone)]
pub struct Events {
    to_log: Option<mpsc::Sender<Event>>,
    recent: Arc<Recent>,
}

/// The last events, numbered from 1 since the start of the program.
#[derive(Debug)]
struct Recent {
    list: Mutex<VecDeque<Arc<Event>>>,
    /// The number of the newest.
    newest: watch::Sender<u64>,
}

impl Default for Recent {
    fn default() -> Self {
        Self { list: Mutex::default(), newest: watch::Sender::new(0) }
    }
}

impl Events {
    /// The telling end and the log's end.
    pub fn channel() -> (Self, mpsc::Receiver<Event>) {
        let (to_log, inbox) = mpsc::channel(4096);
        (Self { to_log: Some(to_log), recent: Arc::default() }, inbox)
    }

    /// A telling end that nobody listens to.
    pub fn unheard() -> Self {
        Self { to_log: None, recent: Arc::default() }
    }

    /// Tells one event.
    pub fn tell(&self, event: Event) {
        let Some(to_log) = &self.to_log else { return };
        self.remember(&event);
        if let Err(lost) = to_log.try_send(event) {
            let event = lost.into_inner();
            tracing::error!(source = %event.source, subject = %event.subject, detail = %event.detail,
                "the event log cannot follow; this event stands only here");
        }
    }

    fn remember(&self, event: &Event) {
        let mut list = self.recent.list.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() == RECENT {
            list.pop_front();
        }
        list.push_back(Arc::new(event.clone()));
        // Under the lock, so that number and list agree.
        self.recent.newest.send_modify(|newest| *newest += 1);
    }

    /// The number of the newest event, now and from now on.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.recent.newest.subscribe()
    }

    /// The events behind number `after`, the oldest first, with their numbers; only the last 256 are still there.
    pub fn since(&self, after: u64) -> Vec<(u64, Arc<Event>)> {
        let list = self.recent.list.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = *self.recent.newest.borrow();
        let first = newest - u64::try_from(list.len()).unwrap_or(newest);
        (first + 1..).zip(list.iter().cloned()).filter(|(number, _)| after < *number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(unix_ms: i64) -> Event {
        Event {
            unix_ms,
            source: String::new(),
            category: Category::System,
            subject: String::new(),
            actor: String::new(),
            result: Outcome::Ok,
            detail: String::new(),
        }
    }

    #[test]
    fn the_last_events_are_there_by_their_numbers() {
        let (events, _log) = Events::channel();
        assert_eq!(events.since(0), []);
        for at in 1..=300 {
            events.tell(event(at));
        }
        assert_eq!(*events.follow().borrow(), 300);
        let all = events.since(0);
        assert_eq!((all.len(), all[0].0, all[0].1.unix_ms), (RECENT, 45, 45));
        let numbers: Vec<u64> = events.since(298).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [299, 300]);
    }
}
