//! `buffer` of an MQTT connection: what becomes of messages while the broker cannot take them.

use super::fields::Fields;
use super::problem::{Pointer, Problems};
use serde_json::Value as Json;
use std::time::Duration;

/// Store and forward of one connection, for its publications with QoS 1 and 2. An absent `buffer` means the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferConfig {
    /// The most that waiting messages take, in MiB; 0 = nothing waits, and the newest values are sent after an outage, as
    /// with QoS 0. 0..65536.
    pub max_mib: u32,
    /// What waits longer is given up; 1 h to a year.
    pub max_age: Duration,
    /// What is given up when there is no more room.
    pub full: Full,
    /// When a message is safe.
    pub durability: Durability,
    /// In which order what waited is sent.
    pub drain: Drain,
}

/// What is given up when there is no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Full {
    /// What waited longest.
    #[default]
    DropOldest,
    /// What comes.
    DropNewest,
}

/// When a message is safe from the end of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Written when it has waited a second.
    #[default]
    Fast,
    /// Written before it counts as produced.
    Strict,
}

/// In which order what waited is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drain {
    /// As it came; what is new waits its turn.
    #[default]
    InOrder,
    /// What is new goes first; what waited goes beside it, marked.
    LiveFirst,
}

impl Default for BufferConfig {
    fn default() -> Self {
        Self {
            max_mib: 64,
            max_age: Duration::from_secs(72 * 3600),
            full: Full::default(),
            durability: Durability::default(),
            drain: Drain::default(),
        }
    }
}

impl BufferConfig {
    /// Whether messages wait at all.
    pub fn is_on(&self) -> bool {
        0 < self.max_mib
    }

    /// The most that waiting messages take, in bytes.
    pub fn max_bytes(&self) -> u64 {
        u64::from(self.max_mib) * 1024 * 1024
    }

    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let default = Self::default();
        let mut fields = Fields::open(json, at, problems)?;
        let max_mib = fields.integer("max_mib", 0..=65_536u32, default.max_mib, problems);
        let hours = fields.integer("max_age_h", 1..=8760u64, default.max_age.as_secs() / 3600, problems);
        let full = [("drop-oldest", Full::DropOldest), ("drop-newest", Full::DropNewest)];
        let full = fields.word("full", &full, problems).unwrap_or_default();
        let durability = [("fast", Durability::Fast), ("strict", Durability::Strict)];
        let durability = fields.word("durability", &durability, problems).unwrap_or_default();
        let drain = [("in-order", Drain::InOrder), ("live-first", Drain::LiveFirst)];
        let drain = fields.word("drain", &drain, problems).unwrap_or_default();
        let max_age = Duration::from_secs(hours * 3600);
        fields.finish(problems).then_some(Self { max_mib, max_age, full, durability, drain })
    }
}
