//! Writes to points: checked here against what the tag allows, answered by the driver that owns it.

use super::events::{Category, Event, Events, Outcome};
use super::handle::CallError;
use super::image::{Image, Reader};
use super::routes::{self, Routes};
use super::safe_mode::SafeMode;
use crate::tag::attribute::Attribute;
use crate::tag::def::{RefusedValue, TagDef};
use crate::tag::id::TagName;
use crate::tag::reading::TagState;
use crate::tag::value::{Value, shortened};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Commands that may wait for one driver.
const INBOX: usize = 256;
/// Longer than the longest time-out with all its retries: a driver that loses a command must not hold the asker.
const PATIENCE: Duration = Duration::from_secs(1500);

/// Why a write was not done; each tells the caller what to do next.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WriteError {
    /// No such tag, or the tag has no such attribute: correct the name.
    #[error("there is no point `{0}`")]
    Unknown(String),
    /// The point is read-only: make the tag writable in its settings.
    #[error("`{0}` cannot be written")]
    NotWritable(String),
    /// The tag, its device or its port is switched off: switch it on in its settings.
    #[error("`{0}` is switched off; enable the tag, its device and its port")]
    Disabled(String),
    /// The line is not open: the overview says why.
    #[error("the line of `{0}` is not open; the overview says why")]
    LineClosed(String),
    /// The value does not fit: send another.
    #[error(transparent)]
    Value(#[from] RefusedValue),
    /// The value does not fit into the field's register after scaling.
    #[error("{0}")]
    Unfit(String),
    /// The device answered with an exception.
    #[error("the device answered exception {0:02X} ({text})", text = exception_text(*.0))]
    Exception(u8),
    /// Too many commands wait already: try again.
    #[error("too many commands are waiting; try again")]
    Busy,
    /// The device did not answer in time; whether it acted is not known.
    #[error("the device did not answer")]
    NoAnswer,
    /// The part that owns the tag does not run: see its state on the overview.
    #[error("the driver of `{0}` is not running")]
    Stopped(String),
    /// The channel's mode has no use for the attribute: change the mode in its settings.
    #[error("`{point}` means nothing while the channel's mode is `{mode}`")]
    WrongMode {
        /// The point.
        point: String,
        /// The present mode.
        mode: &'static str,
    },
    /// Outputs are held at their safe values: the safe mode clears by itself or by hand, as set.
    #[error("the outputs are held at their safe values ({0})")]
    SafeMode(String),
    /// A person holds the value by hand: end the forcing first.
    #[error("`{0}` is forced by hand; end that first")]
    Forced(String),
    /// The remote module does not answer: the lines page says why.
    #[error("the module of `{0}` does not answer; the lines page says why")]
    OutOfReach(String),
    /// The module's hardware refused: the overview says more.
    #[error("the module could not be written: {0}")]
    Module(String),
    /// The device took the write and shows another value.
    #[error("the device was written and reads back {0}")]
    NotTaken(String),
}

/// The words of the Modbus application protocol V1.1b3, section 7.
fn exception_text(code: u8) -> &'static str {
    match code {
        1 => "illegal function",
        2 => "illegal data address",
        3 => "illegal data value",
        4 => "server device failure",
        5 => "acknowledge",
        6 => "server device busy",
        8 => "memory parity error",
        10 => "gateway path unavailable",
        11 => "gateway target device failed to respond",
        _ => "unknown code",
    }
}

/// Who wants the write, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The part: `web`, `mqtt/site`.
    pub source: String,
    /// The person, token or topic.
    pub actor: String,
    /// Milliseconds since 1970-01-01 UTC when it asked.
    pub unix_ms: i64,
}

impl Asker {
    /// Whose turn it is where several wait: one person, token or topic.
    fn key(&self) -> Arc<str> {
        format!("{}/{}", self.source, self.actor).into()
    }
}

/// A checked write on its way to the driver.
#[derive(Debug)]
pub struct Command {
    /// The tag to write.
    pub tag: TagName,
    /// Which attribute of it; other than `value` only for channels.
    pub attribute: Attribute,
    /// Type and limits are checked; whether it fits the field is the driver's to say.
    pub value: Value,
    /// Who wants it, so that drivers can be fair.
    pub asker: Arc<str>,
    /// The value read back or accepted, or why not.
    pub reply: oneshot::Sender<Result<Value, WriteError>>,
}

impl Command {
    /// Tells the asker, who may have given up; nothing is lost then.
    pub fn answer(self, result: Result<Value, WriteError>) {
        drop(self.reply.send(result));
    }
}

/// Commands to one group that one asker wants done together; never empty.
pub type Batch = Vec<Command>;

/// The commands of the groups one driver owns.
pub type Inbox = routes::Inbox<String, Batch>;

/// The asking end, held by faces and the web.
#[derive(Debug, Clone)]
pub struct Commands {
    image: Image,
    reader: Reader,
    routes: Routes<String, Batch>,
    events: Events,
    safe_mode: SafeMode,
}

impl Commands {
    /// Commands over this image; refusals are told to `events`.
    pub fn new(image: Image, events: Events) -> Self {
        let reader = image.reader();
        Self { image, reader, routes: Routes::new(INBOX), events, safe_mode: SafeMode::default() }
    }

    /// Refuses writes to outputs while this safe mode is active.
    #[must_use]
    pub fn guarded_by(self, safe_mode: SafeMode) -> Self {
        Self { safe_mode, ..self }
    }

    /// The inbox of the driver that owns these groups from now on, until it is dropped.
    pub fn open(&self, groups: impl IntoIterator<Item = String>) -> Inbox {
        self.routes.open(groups)
    }

    /// Writes one point and waits for the field. Every refusal stands in the event log.
    pub async fn write(
        &self,
        tag: &TagName,
        attribute: Attribute,
        value: Value,
        asker: Asker,
    ) -> Result<Value, WriteError> {
        let shown = value.to_string();
        let result = match self.check(tag, attribute, value) {
            Ok(Checked::Done(value)) => Ok(value),
            Ok(Checked::Write(value)) => {
                let mut results = self.ask_driver(tag.group(), attribute, vec![(tag.clone(), value)], &asker).await;
                results.pop().unwrap_or_else(|| Err(WriteError::Stopped(tag.to_string())))
            }
            Err(error) => Err(error),
        };
        let subject = if attribute == Attribute::Value { tag.to_string() } else { format!("{tag}/{attribute}") };
        self.record(subject, &shown, &result, &asker);
        result
    }

    /// Writes the values of several tags of one group, in as few messages to the field as it permits; each has its own
    /// result, in the same order. Every refusal stands in the event log.
    pub async fn write_many(
        &self,
        group: &str,
        wanted: Vec<(TagName, Value)>,
        asker: Asker,
    ) -> Vec<Result<Value, WriteError>> {
        let shown: Vec<(String, String)> =
            wanted.iter().map(|(tag, value)| (tag.to_string(), value.to_string())).collect();
        let mut accepted = Vec::with_capacity(wanted.len());
        let checked: Vec<Option<WriteError>> = wanted
            .into_iter()
            .map(|(tag, value)| {
                if tag.group() != group {
                    return Some(WriteError::Unknown(tag.to_string()));
                }
                match self.check(&tag, Attribute::Value, value) {
                    Ok(Checked::Write(value) | Checked::Done(value)) => {
                        accepted.push((tag, value));
                        None
                    }
                    Err(error) => Some(error),
                }
            })
            .collect();
        let mut written = self.ask_driver(group, Attribute::Value, accepted, &asker).await.into_iter();
        let results = checked.into_iter().map(|refused| match refused {
            Some(error) => Err(error),
            None => written.next().unwrap_or_else(|| Err(WriteError::Stopped(group.to_owned()))),
        });
        let results: Vec<Result<Value, WriteError>> = results.collect();
        for ((subject, shown), result) in shown.into_iter().zip(&results) {
            self.record(subject, &shown, result, &asker);
        }
        results
    }

    fn record(&self, subject: String, shown: &str, result: &Result<Value, WriteError>, asker: &Asker) {
        let (outcome, detail) = match result {
            Ok(_) => (Outcome::Ok, format!("wrote {}", cut(shown))),
            Err(error @ (WriteError::NoAnswer | WriteError::Exception(_) | WriteError::NotTaken(_))) => {
                (Outcome::Failed, format!("writing {}: {error}", cut(shown)))
            }
            Err(error) => (Outcome::Refused, format!("writing {}: {error}", cut(shown))),
        };
        self.events.tell(Event {
            unix_ms: asker.unix_ms,
            source: asker.source.clone(),
            category: Category::Command,
            subject,
            actor: asker.actor.clone(),
            result: outcome,
            detail,
        });
    }

    /// Whether a write would be let through now; nothing is written. For protocols that test several before they
    /// write any.
    pub fn test(&self, tag: &TagName, attribute: Attribute, value: Value) -> Result<(), WriteError> {
        let def = self.permit(tag, attribute)?;
        match attribute {
            Attribute::ResetMin | Attribute::ResetMax => is_one(&value),
            Attribute::Value => def.accept(value).map(drop).map_err(WriteError::from),
            other => TagDef::accept_for(other, value).map(drop).map_err(WriteError::from),
        }
    }

    /// The tag, if the attribute can be written now.
    fn permit(&self, tag: &TagName, attribute: Attribute) -> Result<Arc<TagDef>, WriteError> {
        let def = self.reader.def(tag).ok_or_else(|| WriteError::Unknown(tag.to_string()))?;
        let point = || if attribute == Attribute::Value { tag.to_string() } else { format!("{tag}/{attribute}") };
        if !def.has(attribute) {
            return Err(WriteError::Unknown(point()));
        }
        if !def.can_write(attribute) {
            return Err(WriteError::NotWritable(point()));
        }
        if !def.enabled && !matches!(attribute, Attribute::ResetMin | Attribute::ResetMax) {
            return Err(WriteError::Disabled(point()));
        }
        let held = || self.safe_mode.reason().filter(|_| def.channel().is_some_and(|(kind, _)| kind.is_output()));
        if !attribute.is_command()
            && let Some(why) = held()
        {
            return Err(WriteError::SafeMode(why));
        }
        Ok(def)
    }

    fn check(&self, tag: &TagName, attribute: Attribute, value: Value) -> Result<Checked, WriteError> {
        let def = self.permit(tag, attribute)?;
        match attribute {
            Attribute::ResetMin => self.reset(&def, &value, TagState::reset_min).map(Checked::Done),
            Attribute::ResetMax => self.reset(&def, &value, TagState::reset_max).map(Checked::Done),
            Attribute::Value => Ok(Checked::Write(def.accept(value)?)),
            other => Ok(Checked::Write(TagDef::accept_for(other, value)?)),
        }
    }

    fn reset(&self, def: &TagDef, value: &Value, reset: fn(&mut TagState)) -> Result<Value, WriteError> {
        is_one(value)?;
        if self.image.reset(&def.name, reset) {
            Ok(Value::U64(0))
        } else {
            Err(WriteError::Unknown(def.name.to_string()))
        }
    }

    async fn ask_driver(
        &self,
        group: &str,
        attribute: Attribute,
        wanted: Vec<(TagName, Value)>,
        asker: &Asker,
    ) -> Vec<Result<Value, WriteError>> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let asker = asker.key();
        let tags: Vec<TagName> = wanted.iter().map(|(tag, _)| tag.clone()).collect();
        let stopped = |tag: &TagName| WriteError::Stopped(tag.to_string());
        let (batch, answers): (Batch, Vec<_>) = wanted
            .into_iter()
            .map(|(tag, value)| {
                let (reply, answer) = oneshot::channel();
                (Command { tag, attribute, value, asker: Arc::clone(&asker), reply }, answer)
            })
            .unzip();
        if let Err(err) = self.routes.send(&group.to_owned(), batch) {
            let refused = |tag: &TagName| match err {
                CallError::Busy => WriteError::Busy,
                CallError::Stopped => stopped(tag),
            };
            return tags.iter().map(|tag| Err(refused(tag))).collect();
        }
        let patience = tokio::time::Instant::now() + PATIENCE;
        let mut results = Vec::with_capacity(tags.len());
        for (tag, answer) in tags.iter().zip(answers) {
            results.push(match tokio::time::timeout_at(patience, answer).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(stopped(tag)),
                Err(_) => Err(WriteError::NoAnswer),
            });
        }
        results
    }
}

/// What a permitted write needs.
enum Checked {
    /// Nothing more.
    Done(Value),
    /// The driver writes this.
    Write(Value),
}

/// A command is written with 1.
fn is_one(value: &Value) -> Result<(), WriteError> {
    if value.as_f64() == Some(1.0) {
        return Ok(());
    }
    let given = shortened(&value.to_string());
    Err(RefusedValue::Range { given, low: "1".into(), high: "1".into() }.into())
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
