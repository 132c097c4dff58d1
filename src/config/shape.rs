//! How the samples of a publication are written and gathered: names of members, times, batches, compression.

use super::fields::{Fields, shown_text};
use super::payload::Payload;
use super::problem::Problems;
use crate::tag::attribute::Attribute;
use std::time::Duration;

/// Samples of one batch at most.
pub const MAX_BATCH: u32 = 10_000;
/// Characters of a member's name.
const MAX_NAME: usize = 63;

/// How samples are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The form of times.
    pub timestamps: Timestamps,
    /// What is said of a sample, each under its name, in this order; `None`: the usual, which is written fastest.
    pub members: Option<Vec<(Member, String)>>,
    /// Samples wait for each other.
    pub batch: Option<Batch>,
    /// Payloads are compressed (RFC 1952).
    pub gzip: bool,
}

/// The form of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timestamps {
    /// `"2026-01-02T03:04:05.678Z"` (RFC 3339).
    Rfc3339,
    /// Milliseconds since 1970-01-01 UTC, a number.
    Ms,
}

/// When a batch is full: whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// So many samples, 1..[`MAX_BATCH`].
    pub count: u32,
    /// So long after its first sample, 10 ms .. 24 h.
    pub time: Option<Duration>,
}

/// Something said of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// The value of the attribute.
    Value,
    /// The quality of the tag.
    Quality,
    /// Why the quality is what it is.
    Reason,
    /// The time of the field.
    Timestamp,
    /// The tag's unit.
    Unit,
    /// `group/name`.
    Tag,
    /// The group half.
    Group,
    /// The name half.
    Name,
    /// The attribute's name.
    Attribute,
}

const MEMBERS: [(&str, Member); 9] = [
    ("value", Member::Value),
    ("quality", Member::Quality),
    ("reason", Member::Reason),
    ("timestamp", Member::Timestamp),
    ("unit", Member::Unit),
    ("tag", Member::Tag),
    ("group", Member::Group),
    ("name", Member::Name),
    ("attribute", Member::Attribute),
];

impl Member {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        MEMBERS.iter().find(|(_, member)| *member == self).map_or("", |(word, _)| word)
    }
}

impl Shape {
    /// Reads what belongs to it of a publication with this payload and these attributes.
    pub(super) fn read(
        fields: &mut Fields<'_>,
        payload: &Payload,
        attributes: &[Attribute],
        problems: &mut Problems,
    ) -> Self {
        const TIMES: [(&str, Timestamps); 2] = [("rfc3339", Timestamps::Rfc3339), ("ms", Timestamps::Ms)];
        let asked = fields.get("timestamps").is_some();
        let timestamps = fields.word("timestamps", &TIMES, problems).unwrap_or(Timestamps::Rfc3339);
        if asked && matches!(payload, Payload::Template(_)) {
            fields.error(
                "timestamps",
                "a template says itself how times are written: `timestamp` or `timestamp_ms`",
                problems,
            );
        }
        let members = read_members(fields, payload, problems).or_else(|| usual(payload, attributes));
        let batch = read_batch(fields, payload, problems);
        let gzip = fields.flag("gzip", false, problems);
        Self { timestamps, members, batch, gzip }
    }
}

/// What samples of a list say where nothing else is asked for.
fn usual(payload: &Payload, attributes: &[Attribute]) -> Option<Vec<(Member, String)>> {
    if !payload.is_list() {
        return None;
    }
    let several = (1 < attributes.len()).then_some(Member::Attribute);
    let members = [Member::Timestamp, Member::Tag].into_iter().chain(several).chain([Member::Value, Member::Quality]);
    Some(members.map(|member| (member, member.as_str().to_owned())).collect())
}

fn read_members(fields: &mut Fields<'_>, payload: &Payload, problems: &mut Problems) -> Option<Vec<(Member, String)>> {
    let json = fields.get("members")?;
    if !(matches!(payload, Payload::Value) || payload.is_list()) {
        fields.error("members", "`members` goes with payload `value`, `array` or `csv`", problems);
        return None;
    }
    let Some(map) = json.as_object().filter(|map| !map.is_empty()) else {
        let sentence =
            "`members` says what is written under which name, such as `{\"value\": \"v\", \"timestamp\": \"ts\"}`";
        fields.error("members", sentence, problems);
        return None;
    };
    let at = fields.at().member("members");
    let mut members: Vec<(Member, String)> = Vec::with_capacity(map.len());
    for (word, name) in map {
        let Some((_, member)) = MEMBERS.iter().find(|(known, _)| known == word) else {
            let all: Vec<String> = MEMBERS.iter().map(|(known, _)| format!("`{known}`")).collect();
            problems.error(
                &at.member(word),
                format!("{} is not said of a sample; there are {}", shown_text(word), all.join(", ")),
            );
            continue;
        };
        let usable =
            |name: &&str| !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control);
        match name.as_str().filter(usable) {
            None => problems.error(
                &at.member(word),
                format!("a name has 1 to {MAX_NAME} characters, none of them a control character"),
            ),
            Some(name) if members.iter().any(|(_, taken)| taken == name) => {
                problems.error(&at.member(word), format!("`{name}` stands here twice"));
            }
            Some(name) => members.push((*member, name.to_owned())),
        }
    }
    Some(members)
}

fn read_batch(fields: &mut Fields<'_>, payload: &Payload, problems: &mut Problems) -> Option<Batch> {
    let json = fields.get("batch")?;
    if !payload.is_gathered() {
        fields.error("batch", "`batch` goes with payload `array`, `csv` or `sparkplug`", problems);
        return None;
    }
    let at = fields.at().member("batch");
    let mut inner = Fields::open(json, at, problems)?;
    let count = inner.optional_integer("count", 1..=MAX_BATCH, problems);
    let time = inner.optional_integer("interval_ms", 10..=86_400_000u64, problems).map(Duration::from_millis);
    if inner.finish(problems) && count.is_none() && time.is_none() {
        problems.error(&at, "a batch has a `count`, an `interval_ms` or both");
    }
    Some(Batch { count: count.unwrap_or(MAX_BATCH), time })
}
