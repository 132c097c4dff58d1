//! `ports[]`: ways to the field.

use super::fields::{Fields, Identity};
use super::link::{LinkConfig, LinkKind};
use super::problem::{Pointer, Problems};
use serde_json::Value as Json;
use std::time::Duration;

/// One port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// How long a device may take to begin its answer.
    pub timeout: Timeout,
    /// How often an unanswered request is repeated; 0..10.
    pub retries: u8,
    /// Share of line time for asking silent devices; 1..50 percent.
    pub probe_budget_percent: u8,
    /// The way to its devices.
    pub link: LinkConfig,
}

/// How long to wait for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timeout {
    /// Learnt from measured round trips.
    #[default]
    Auto,
    /// 10..120000 ms.
    Fixed(Duration),
}

impl PortConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let timeout = read_timeout(&mut fields, problems).unwrap_or_default();
        let retries = fields.integer("retries", 0..=10, 1, problems);
        let probe_budget_percent = fields.integer("probe_budget_percent", 1..=50, 5, problems);
        // A port without `kind` is refused by `kind` alone: what else it needs depends on it.
        let kind = LinkKind::read(&mut fields, problems)?;
        let link = LinkConfig::read(kind, &mut fields, problems);
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { identity: identity?, timeout, retries, probe_budget_percent, link: link? })
    }
}

/// `timeout_ms`: `"auto"` or 10..120000.
pub(super) fn read_timeout(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Timeout> {
    match fields.get("timeout_ms")? {
        Json::String(word) if word == "auto" => Some(Timeout::Auto),
        Json::Number(number) if number.as_u64().is_some_and(|ms| (10..=120_000).contains(&ms)) => {
            number.as_u64().map(Duration::from_millis).map(Timeout::Fixed)
        }
        _ => {
            fields.error("timeout_ms", "`timeout_ms` is `\"auto\"` or a whole number 10..120000", problems);
            None
        }
    }
}
