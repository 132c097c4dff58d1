//! What happened, told by whoever was there and kept by the event log.

use serde::Serialize;
use tokio::sync::mpsc;

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
}

impl Events {
    /// The telling end and the log's end.
    pub fn channel() -> (Self, mpsc::Receiver<Event>) {
        let (to_log, inbox) = mpsc::channel(4096);
        (Self { to_log: Some(to_log) }, inbox)
    }

    /// A telling end that nobody listens to.
    pub fn unheard() -> Self {
        Self { to_log: None }
    }

    /// Tells one event.
    pub fn tell(&self, event: Event) {
        let Some(to_log) = &self.to_log else { return };
        if let Err(lost) = to_log.try_send(event) {
            let event = lost.into_inner();
            tracing::error!(source = %event.source, subject = %event.subject, detail = %event.detail,
                "the event log cannot follow; this event stands only here");
        }
    }
}
