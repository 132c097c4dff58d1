//! `safe_mode`: after how long without communication outputs go to their safe values.

use super::fields::Fields;
use super::problem::{Pointer, Problems};
use serde_json::Value as Json;
use std::time::Duration;

/// The watchdogs and how the safe mode ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SafeModeConfig {
    /// Longest silence of Modbus/TCP clients, 1..65535 s; none = not watched.
    pub modbus: Option<Duration>,
    /// Longest time without any MQTT connection.
    pub mqtt: Option<Duration>,
    /// Longest silence of REST scripts.
    pub rest: Option<Duration>,
    /// How it ends.
    pub clear: Clear,
}

/// How the safe mode ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clear {
    /// By itself, when every watched source is heard again.
    #[default]
    Auto,
    /// When a person says so.
    Manual,
}

impl SafeModeConfig {
    pub(super) fn read(json: Option<&Json>, at: Pointer<'_>, problems: &mut Problems) -> Self {
        let Some(mut fields) = json.and_then(|json| Fields::open(json, at, problems)) else { return Self::default() };
        let mut limit = |name: &'static str| {
            let seconds = fields.integer(name, 0..=65_535u64, 0, problems);
            (seconds != 0).then(|| Duration::from_secs(seconds))
        };
        let (modbus, mqtt, rest) = (limit("modbus_s"), limit("mqtt_s"), limit("rest_s"));
        let clear = fields.word("clear", &[("auto", Clear::Auto), ("manual", Clear::Manual)], problems);
        fields.finish(problems);
        Self { modbus, mqtt, rest, clear: clear.unwrap_or_default() }
    }
}
