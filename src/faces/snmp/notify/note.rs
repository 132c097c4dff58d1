//! One notification: what it says, on the wire and in the store.

use crate::faces::snmp::handler::encoded;
use crate::platform::clock;
use crate::runtime::events::Event;
use crate::runtime::image::TagView;
use crate::views::mib::MibValue;
use crate::views::mib::cells::shown;
use crate::views::mib::text::{Carried, Notification};
use async_snmp::{Oid, VarBind};
use serde::{Deserialize, Serialize};

/// `coldStart` of RFC 3418.
const COLD_START: [u32; 10] = [1, 3, 6, 1, 6, 3, 1, 1, 5, 1];

/// One notification on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// The number of its kind; none is a cold start.
    kind: Option<u32>,
    /// `sysUpTime` when it happened.
    pub(super) uptime: u32,
    said: Option<Said>,
}

/// What a note says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    rule: String,
    name: String,
    value: String,
    unit: String,
    unix_ms: i64,
    quality: i32,
    detail: String,
}

impl Note {
    pub(super) fn cold_start() -> Self {
        Self { kind: None, uptime: 0, said: None }
    }

    pub(super) fn new(kind: Notification, uptime: u32, said: Said) -> Self {
        Self { kind: Some(kind.number()), uptime, said: Some(said) }
    }

    /// The name of its kind, below this enterprise OID.
    pub(super) fn oid(&self, enterprise: &[u32]) -> Oid {
        self.kind
            .map_or_else(|| Oid::from_slice(&COLD_START), |number| Oid::new(Notification::numbered(number, enterprise)))
    }

    /// What it carries, below this enterprise OID.
    pub(super) fn carried(&self, enterprise: &[u32]) -> Vec<VarBind> {
        let Some(said) = &self.said else { return Vec::new() };
        let carried = Carried::ALL.into_iter().map(|what| {
            let value = match what {
                Carried::Rule => MibValue::text(&said.rule),
                Carried::Name => MibValue::text(&said.name),
                Carried::Value => MibValue::text(&said.value),
                Carried::Unit => MibValue::text(&said.unit),
                Carried::Time => MibValue::time(said.unix_ms),
                Carried::Quality => MibValue::Integer(said.quality),
                Carried::Detail => MibValue::text(&said.detail),
            };
            VarBind::new(Oid::new(what.oid(enterprise)), encoded(value))
        });
        carried.collect()
    }
}

impl Said {
    pub(super) fn of_tag(rule: &str, view: &TagView) -> Self {
        let state = &view.state;
        Self {
            rule: rule.to_owned(),
            name: view.def.name.to_string(),
            value: state.value.as_ref().map(shown).unwrap_or_default(),
            unit: view.def.unit.clone(),
            unix_ms: state.at.map_or_else(clock::unix_ms, |at| at.unix_ms),
            quality: state.quality as i32,
            detail: state.reason.to_string(),
        }
    }

    pub(super) fn of_event(rule: &str, event: &Event) -> Self {
        Self {
            rule: rule.to_owned(),
            name: event.subject.clone(),
            value: event.result.as_str().to_owned(),
            unit: String::new(),
            unix_ms: event.unix_ms,
            quality: 0,
            detail: event.detail.clone(),
        }
    }

    pub(super) fn test(receiver: &str) -> Self {
        Self {
            rule: String::new(),
            name: receiver.to_owned(),
            value: String::new(),
            unit: String::new(),
            unix_ms: clock::unix_ms(),
            quality: 0,
            detail: "a test, asked for by hand".to_owned(),
        }
    }
}
