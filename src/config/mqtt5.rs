//! `mqtt5` of an MQTT connection: what only MQTT 5 has.

use super::fields::Fields;
use super::problem::{Pointer, Problems};
use serde_json::Value as Json;
use std::time::Duration;

/// Names and values that go along; more would be a payload.
const PROPERTIES: usize = 32;
/// A day: a session that nobody comes back to is of no use for longer, and the broker keeps memory for it.
const SESSION_EXPIRY: u64 = 86_400;

/// Settings of MQTT 5; an absent `mqtt5` means the defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mqtt5Config {
    /// How long the broker keeps the session when we are away, in seconds; 4294967295 is for ever.
    pub session_expiry: u32,
    /// Messages of QoS 1 and 2 the broker may have on the way to us; 1..65535.
    pub receive_maximum: u16,
    /// Whether numbers stand for topics, as far as the broker takes them.
    pub topic_alias: bool,
    /// How long the broker keeps a message of a publication for those who are away.
    pub message_expiry: Option<Duration>,
    /// What goes along with CONNECT and every message, in this order.
    pub user_properties: Vec<(String, String)>,
}

impl Default for Mqtt5Config {
    fn default() -> Self {
        Self {
            session_expiry: u32::try_from(SESSION_EXPIRY).unwrap_or(u32::MAX),
            receive_maximum: 100,
            topic_alias: true,
            message_expiry: None,
            user_properties: Vec::new(),
        }
    }
}

impl Mqtt5Config {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let default = Self::default();
        let mut fields = Fields::open(json, at, problems)?;
        let session_expiry = fields.integer("session_expiry_s", 0..=u32::MAX, default.session_expiry, problems);
        let receive_maximum = fields.integer("receive_maximum", 1..=u16::MAX, default.receive_maximum, problems);
        let topic_alias = fields.flag("topic_alias", default.topic_alias, problems);
        let message_expiry = fields.optional_integer("message_expiry_s", 1..=u32::MAX, problems);
        let user_properties = read_properties(&mut fields, problems);
        fields.finish(problems).then_some(())?;
        let message_expiry = message_expiry.map(|seconds| Duration::from_secs(seconds.into()));
        Some(Self { session_expiry, receive_maximum, topic_alias, message_expiry, user_properties })
    }
}

fn read_properties(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<(String, String)> {
    let wrong = |fields: &Fields<'_>, problems: &mut Problems| {
        let sentence = format!(
            "`user_properties` is an object of at most {PROPERTIES} texts; a name and its text have at most 1000 bytes and no \
             control characters"
        );
        fields.error("user_properties", sentence, problems);
        Vec::new()
    };
    match fields.get("user_properties") {
        None => Vec::new(),
        Some(Json::Object(map)) if map.len() <= PROPERTIES => {
            let fits = |text: &str| text.len() <= 1000 && !text.chars().any(char::is_control);
            let pair = |(name, json): (&String, &Json)| {
                let text = json.as_str().filter(|text| fits(text))?;
                (!name.is_empty() && fits(name)).then(|| (name.clone(), text.to_owned()))
            };
            map.iter().map(pair).collect::<Option<_>>().unwrap_or_else(|| wrong(fields, problems))
        }
        Some(_) => wrong(fields, problems),
    }
}
