//! What the agent tells by itself, and whom.

use super::super::endpoint::Endpoint;
use super::super::fields::{Fields, Identity, shown_text};
use super::super::problem::{Pointer, Problems};
use super::super::secret::Secret;
use super::{VERSIONS, Version};
use crate::tag::pattern::TagPattern;
use serde_json::Value as Json;
use std::time::Duration;

/// Where notifications go by default (RFC 3417, 3.2).
const PORT: u16 = 162;

/// How a notification is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Sent once; whether it arrives nobody knows.
    Trap,
    /// Sent until it is acknowledged.
    Inform,
}

/// In whose name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// SNMPv1.
    V1(Secret),
    /// SNMPv2c.
    V2c(Secret),
    /// SNMPv3: the name of one of the agent's users.
    V3(String),
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// Host and UDP port.
    pub address: Endpoint,
    /// Trap or inform.
    pub delivery: Delivery,
    /// Version, and community or user.
    pub sender: Sender,
    /// How long an inform waits for its acknowledgement; 100..60000 ms.
    pub timeout: Duration,
    /// How often it is sent again before the receiver counts as away; 0..10.
    pub retries: u32,
    /// Notifications kept while the receiver or the network is away; 1..10000. The oldest go first.
    pub store: usize,
}

/// What is told of.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// A value, or its quality, changed.
    Change(TagPattern),
    /// On to off.
    OnToOff(TagPattern),
    /// Off to on.
    OffToOn(TagPattern),
    /// It rose from `value - hysteresis` or less to `value` or more.
    Greater(TagPattern, f64, f64),
    /// It fell from `value + hysteresis` or more to `value` or less.
    Less(TagPattern, f64, f64),
    /// Quality changed.
    Quality(TagPattern),
    /// The health of a unit changed.
    UnitHealth,
    /// A login was refused.
    LoginFailure,
    /// The configuration was changed.
    ConfigChange,
    /// The program started.
    ColdStart,
}

impl When {
    /// The tags it is about.
    pub fn tags(&self) -> Option<&TagPattern> {
        match self {
            Self::Change(tags)
            | Self::OnToOff(tags)
            | Self::OffToOn(tags)
            | Self::Greater(tags, _, _)
            | Self::Less(tags, _, _)
            | Self::Quality(tags) => Some(tags),
            Self::UnitHealth | Self::LoginFailure | Self::ConfigChange | Self::ColdStart => None,
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// What is told of.
    pub when: When,
    /// Names of receivers; none: all.
    pub receivers: Vec<String>,
}

impl ReceiverConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let address = fields.required_text("address", 300, problems).and_then(|text| {
            let found = Endpoint::parse(text, Some(PORT));
            if found.is_none() {
                let sentence =
                    format!("{} is not a host, or host and port, such as `192.168.1.20:162`", shown_text(text));
                fields.error("address", sentence, problems);
            }
            found
        });
        let kinds = [("trap", Delivery::Trap), ("inform", Delivery::Inform)];
        let delivery = fields.word("kind", &kinds, problems).unwrap_or(Delivery::Trap);
        let version = fields.word("version", &VERSIONS, problems).unwrap_or(Version::V3);
        let community = fields.text("community", 255, problems).filter(|text| !text.is_empty());
        let user = fields.text("user", 63, problems).filter(|text| !text.is_empty());
        let community = community.map(Secret::new);
        let sender = match (version, community, user) {
            (Version::V1, Some(community), None) => Some(Sender::V1(community)),
            (Version::V2c, Some(community), None) => Some(Sender::V2c(community)),
            (Version::V3, None, Some(user)) => Some(Sender::V3(user.to_owned())),
            (Version::V3, _, _) => {
                fields.error("user", "a receiver of SNMPv3 has a `user`, and no `community`", problems);
                None
            }
            (Version::V1 | Version::V2c, _, _) => {
                fields.error("community", "a receiver of SNMPv1 or v2c has a `community`, and no `user`", problems);
                None
            }
        };
        if delivery == Delivery::Inform && version == Version::V1 {
            fields.error("kind", "SNMPv1 has no informs: use `trap`, or another version", problems);
        }
        let timeout = Duration::from_millis(fields.integer("timeout_ms", 100..=60_000u64, 1_500, problems));
        let retries = fields.integer("retries", 0..=10u32, 3, problems);
        let store = fields.integer("store", 1..=10_000u32, 1_000, problems);
        if !fields.finish(problems) {
            return None;
        }
        let store = usize::try_from(store).unwrap_or(1_000);
        Some(Self { identity: identity?, address: address?, delivery, sender: sender?, timeout, retries, store })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Change,
    OnToOff,
    OffToOn,
    Greater,
    Less,
    Quality,
    UnitHealth,
    LoginFailure,
    ConfigChange,
    ColdStart,
}

const WORDS: [(&str, Word); 10] = [
    ("change", Word::Change),
    ("on-to-off", Word::OnToOff),
    ("off-to-on", Word::OffToOn),
    ("greater", Word::Greater),
    ("less", Word::Less),
    ("quality", Word::Quality),
    ("unit-health", Word::UnitHealth),
    ("login-failure", Word::LoginFailure),
    ("config-change", Word::ConfigChange),
    ("cold-start", Word::ColdStart),
];

impl RuleConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let word = fields.required_word("when", &WORDS, problems);
        let tag = read_tag(&mut fields, word, problems);
        let value = fields.float("value", problems);
        let hysteresis = fields.float("hysteresis", problems);
        let threshold = matches!(word, Some(Word::Greater | Word::Less));
        if threshold && value.is_none() {
            fields.error("value", "`value` is missing: the number to compare with", problems);
        }
        if !threshold && (value.is_some() || hysteresis.is_some()) {
            let member = if value.is_some() { "value" } else { "hysteresis" };
            fields.error(member, "only `greater` and `less` have a `value` and a `hysteresis`", problems);
        }
        if hysteresis.is_some_and(|width| width < 0.0) {
            fields.error("hysteresis", "`hysteresis` is 0 or more", problems);
        }
        let receivers = fields.texts("receivers", problems).into_iter().map(|(_, name)| name.to_owned()).collect();
        if !fields.finish(problems) {
            return None;
        }
        let width = hysteresis.unwrap_or(0.0);
        let when = match word? {
            Word::Change => When::Change(tag?),
            Word::OnToOff => When::OnToOff(tag?),
            Word::OffToOn => When::OffToOn(tag?),
            Word::Greater => When::Greater(tag?, value?, width),
            Word::Less => When::Less(tag?, value?, width),
            Word::Quality => When::Quality(tag?),
            Word::UnitHealth => When::UnitHealth,
            Word::LoginFailure => When::LoginFailure,
            Word::ConfigChange => When::ConfigChange,
            Word::ColdStart => When::ColdStart,
        };
        Some(Self { identity: identity?, when, receivers })
    }
}

fn read_tag(fields: &mut Fields<'_>, word: Option<Word>, problems: &mut Problems) -> Option<TagPattern> {
    let of_house = matches!(word, Some(Word::UnitHealth | Word::LoginFailure | Word::ConfigChange | Word::ColdStart));
    match (fields.text("tag", 200, problems), of_house) {
        (None, true) => None,
        (Some(_), true) => {
            fields.error("tag", "this kind of rule is about no tag", problems);
            None
        }
        (None, false) => {
            fields.error("tag", "`tag` is missing, such as `meter1/voltage` or `meter1/*`", problems);
            None
        }
        (Some(text), false) => {
            let found = TagPattern::parse(text);
            if let Err(error) = &found {
                fields.error("tag", format!("{} is not a tag or glob: {error}", shown_text(text)), problems);
            }
            found.ok()
        }
    }
}
