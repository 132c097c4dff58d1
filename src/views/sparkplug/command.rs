//! What a host asks by NCMD and DCMD.

use super::datatype::DataType;
use super::payload::{Metric, MetricValue, Payload};
use crate::tag::value::Value;
use prost::Message as _;

/// The metric by which hosts ask for the births.
pub const REBIRTH: &str = "Node Control/Rebirth";
/// The longest payload that is looked into.
const LARGEST: usize = 64 * 1024;
/// The most metrics of one command.
const MOST: usize = 1000;
/// Characters of a name that is not ours, in a sentence.
const SHOWN: usize = 60;

/// Why a command is not carried out: whoever sent it sends another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Beyond all measure.
    #[error("the payload has {0} bytes; a command has at most {LARGEST}")]
    TooLarge(usize),
    /// Other bytes.
    #[error("the payload is not one of Sparkplug B")]
    NotSparkplug,
    /// Nothing, or far too much.
    #[error("a command has 1..{MOST} metrics, not {0}")]
    Metrics(usize),
    /// Neither a name nor an alias.
    #[error("a metric of a command has a name or an alias")]
    Nameless,
    /// No birth told of this name.
    #[error("no birth told of a metric `{0}`")]
    UnknownName(String),
    /// No birth told of this alias.
    #[error("no birth told of a metric with alias {0}")]
    UnknownAlias(u64),
    /// Null.
    #[error("a command has a value that is not null")]
    Null,
    /// Not its type.
    #[error("the metric is of type {0}: the value of a command has the same")]
    WrongType(&'static str),
}

/// Reads a command.
pub fn read(payload: &[u8]) -> Result<Vec<Metric>, CommandError> {
    if LARGEST < payload.len() {
        return Err(CommandError::TooLarge(payload.len()));
    }
    let metrics = Payload::decode(payload).map_err(|_| CommandError::NotSparkplug)?.metrics;
    if (1..=MOST).contains(&metrics.len()) { Ok(metrics) } else { Err(CommandError::Metrics(metrics.len())) }
}

/// Whether the node is asked for its births.
pub fn is_rebirth(metric: &Metric) -> bool {
    metric.name.as_deref() == Some(REBIRTH) && metric.value == Some(MetricValue::Boolean(true))
}

/// Finds the metric that is meant: by its alias where there is one, else by its name.
pub fn find<'a, T>(
    metric: &Metric,
    by_alias: impl Fn(u64) -> Option<&'a T>,
    by_name: impl Fn(&str) -> Option<&'a T>,
) -> Result<&'a T, CommandError> {
    match (metric.alias, metric.name.as_deref()) {
        (Some(alias), _) => by_alias(alias).ok_or(CommandError::UnknownAlias(alias)),
        (None, Some(name)) => {
            by_name(name).ok_or_else(|| CommandError::UnknownName(name.chars().take(SHOWN).collect()))
        }
        (None, None) => Err(CommandError::Nameless),
    }
}

/// The value that is to be written to a metric of this type.
pub fn value(metric: &Metric, datatype: DataType) -> Result<Value, CommandError> {
    let content = metric.value.as_ref().filter(|_| metric.is_null != Some(true)).ok_or(CommandError::Null)?;
    let wrong = CommandError::WrongType(datatype.as_str());
    // The bits of a signed and of an unsigned number are alike: what is said of them must not differ.
    if metric.datatype.is_some_and(|given| given != datatype as u32) {
        return Err(wrong);
    }
    datatype.decode(content).ok_or(wrong)
}
