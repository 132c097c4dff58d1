//! `publications[]`: which points go out, where, how and when.

use super::cloud::CloudConfig;
use super::computed::parse;
use super::fields::{Fields, Identity, shown_text};
use super::iothinx;
use super::payload::Payload;
use super::preset::{Prescribed, Preset, read_payload, read_place};
use super::problem::{Pointer, Problems};
use super::shape::Shape;
use super::sparkplug::read_name;
use super::topic::{TopicContext, TopicTemplate};
use crate::expr::{Edge, Expression, Leave, MAX_CHARACTERS};
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::pattern::TagPattern;
use serde_json::Value as Json;
use std::time::Duration;

/// One publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// What it is to the other end, if that says how it looks.
    pub preset: Option<Preset>,
    /// Where; with payload `sparkplug` the device, whose topic the connection makes.
    pub topic: TopicTemplate,
    /// Which tags.
    pub tags: Vec<TagPattern>,
    /// Which of their attributes; those a tag lacks are left out.
    pub attributes: Vec<Attribute>,
    /// In what form.
    pub payload: Payload,
    /// How its samples are written and gathered.
    pub shape: Shape,
    /// When.
    pub trigger: Trigger,
    /// Instead of all other triggers: when a condition is entered or left.
    pub condition: Option<Condition>,
    /// Where any message asks for the present values now.
    pub request_topic: Option<TopicTemplate>,
    /// Delivery.
    pub qos: Qos,
    /// Whether the broker keeps the last message.
    pub retain: bool,
}

/// When a publication speaks. With a condition none of changes and interval is set; without one at least one of them, or
/// a request topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches, as the document has them")]
pub struct Trigger {
    /// On a change beyond the tag's deadband.
    pub on_change: bool,
    /// On a change of quality or reason, whatever the value does.
    pub on_quality: bool,
    /// Nothing is merged: with `on_change` each change is told by itself, without it each reading.
    pub every: bool,
    /// The present values once after each connect.
    pub on_connect: bool,
    /// The interval beats on multiples of itself since 1970-01-01 UTC: 60 s at full minutes, 3600 s at full hours.
    pub aligned: bool,
    /// Periodically; together with `on_change`: at the latest after this time per tag.
    pub interval: Option<Duration>,
    /// Changes closer than this merge to the newest, unless `every` is set.
    pub min_gap: Option<Duration>,
}

impl Trigger {
    /// Whether changes of any kind make it speak.
    pub fn by_change(self) -> bool {
        self.on_change || self.on_quality || self.every
    }
}

/// A condition that makes a publication speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// True or false.
    pub expression: Expression,
    /// What ends it.
    pub leave: Leave,
    /// Which of its edges are told.
    pub on: Edges,
    /// While it lasts it is told again and again after this time, 100 ms .. 24 h.
    pub repeat: Option<Duration>,
}

/// Which edges of a condition are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// When it becomes true.
    Enter,
    /// When it ends.
    Leave,
    /// Both.
    Both,
}

impl Edges {
    /// Whether this edge is one of them.
    pub fn has(self, edge: Edge) -> bool {
        match edge {
            Edge::Enter => self != Self::Leave,
            Edge::Leave => self != Self::Enter,
        }
    }
}

/// MQTT quality of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Qos {
    /// 0
    #[default]
    AtMostOnce,
    /// 1
    AtLeastOnce,
    /// 2
    ExactlyOnce,
}

impl Qos {
    /// As the protocol writes it.
    pub fn number(self) -> u8 {
        match self {
            Self::AtMostOnce => 0,
            Self::AtLeastOnce => 1,
            Self::ExactlyOnce => 2,
        }
    }

    /// This one, or the other if that is less.
    #[must_use]
    pub fn at_most(self, cap: Self) -> Self {
        if cap.number() < self.number() { cap } else { self }
    }
}

impl PublicationConfig {
    /// `cloud` is that of its connection.
    pub(super) fn read(
        json: &Json,
        at: Pointer<'_>,
        cloud: Option<&CloudConfig>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let prescribed = Preset::read(&mut fields, cloud, problems);
        let sparkplug = prescribed.is_none() && fields.get("payload").is_some_and(|json| json == "sparkplug");
        let topic = if sparkplug {
            read_device(&mut fields, problems)
        } else {
            read_elsewhere(&mut fields, prescribed.as_ref(), problems)
        };
        let tags = read_patterns(&mut fields, problems);
        let preset = prescribed.as_ref().map(|prescribed| prescribed.preset);
        let attributes = if preset == Some(Preset::IoThinx) && fields.get("attributes").is_none() {
            iothinx::attributes()
        } else {
            read_attributes(&mut fields, problems)
        };
        let payload = read_payload(&mut fields, prescribed.as_ref(), problems);
        let assumed = payload.as_ref().unwrap_or(&Payload::Value);
        let shape = Shape::read(&mut fields, assumed, &attributes, problems);
        let triggers = read_triggers(&mut fields, sparkplug, problems);
        let mut qos = read_qos(&mut fields, problems);
        if cloud.is_some_and(|cloud| cloud.most_qos() == Qos::AtLeastOnce) && qos == Qos::ExactlyOnce {
            fields.error("qos", "this cloud takes QoS 0 and 1", problems);
        }
        // Discovery says where the value is; whoever comes later must find one.
        let retain = fields.flag("retain", preset == Some(Preset::Discovery), problems);
        if sparkplug {
            // What an edge node tells waits for the broker like a message of QoS 1; it is sent with QoS 0.
            refuse_delivery(&mut fields, (qos != Qos::AtMostOnce, retain, shape.gzip), problems);
            qos = Qos::AtLeastOnce;
        }
        if !fields.finish(problems) {
            return None;
        }
        Some(Self {
            identity: identity?,
            preset,
            topic: topic?,
            tags,
            attributes,
            payload: payload?,
            shape,
            trigger: triggers.as_ref()?.trigger,
            condition: triggers.as_ref()?.condition.clone(),
            request_topic: triggers?.request_topic,
            qos,
            retain,
        })
    }

    /// The topic of an attribute of a tag; none where the preset has no name for it.
    pub fn topic_of(&self, appliance: &str, def: &TagDef, attribute: Attribute) -> Option<String> {
        if self.preset == Some(Preset::IoThinx) {
            return iothinx::topic(appliance, def, attribute);
        }
        Some(self.topic.render(TopicContext { appliance, tag: Some(&def.name), attribute: Some(attribute) }))
    }
}

/// The topic of a publication that is none of an edge node.
fn read_elsewhere(
    fields: &mut Fields<'_>,
    prescribed: Option<&Prescribed>,
    problems: &mut Problems,
) -> Option<TopicTemplate> {
    if fields.get("device").is_some() {
        fields.error("device", "`device` goes with payload `sparkplug`", problems);
    }
    read_place(fields, prescribed, problems)
}

/// The device that an edge node shows the tags as: named here, or the group of each tag.
fn read_device(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<TopicTemplate> {
    if fields.get("topic").is_some() {
        fields.error("topic", "Sparkplug says itself where its messages go: leave `topic` out", problems);
    }
    if fields.get("device").is_none() {
        return Some(TopicTemplate::group());
    }
    read_name(fields, "device", problems).map(|device| TopicTemplate::plain(&device))
}

/// Sparkplug 3.0, 4.3: QoS 0 and not retained; what is compressed no host reads.
fn refuse_delivery(fields: &mut Fields<'_>, (qos, retain, gzip): (bool, bool, bool), problems: &mut Problems) {
    let times = fields.get("timestamps").is_some();
    for (member, asked) in [("qos", qos), ("retain", retain), ("gzip", gzip), ("timestamps", times)] {
        if asked {
            fields.error(member, format!("Sparkplug settles this itself: leave `{member}` out"), problems);
        }
    }
}

/// A topic template that must be there.
pub(super) fn read_topic(
    fields: &mut Fields<'_>,
    name: &'static str,
    problems: &mut Problems,
) -> Option<TopicTemplate> {
    let text = fields.required_text(name, 10_000, problems)?;
    TopicTemplate::parse(text).map_err(|error| fields.error(name, error.to_string(), problems)).ok()
}

/// `tags`: at least one literal or glob.
pub(super) fn read_patterns(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<TagPattern> {
    if fields.list("tags", problems).is_empty() {
        fields.error("tags", "`tags` names at least one tag, such as `meter1/voltage` or `meter1/*`", problems);
        return Vec::new();
    }
    read_patterns_of(fields, "tags", problems)
}

/// A list of literals and globs.
pub(super) fn read_patterns_of(
    fields: &mut Fields<'_>,
    name: &'static str,
    problems: &mut Problems,
) -> Vec<TagPattern> {
    let texts = fields.texts(name, problems);
    let at = fields.at().member(name);
    let mut patterns = Vec::with_capacity(texts.len());
    for (index, text) in texts {
        match TagPattern::parse(text) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                problems.error(&at.index(index), format!("{} is not a tag or glob: {error}", shown_text(text)));
            }
        }
    }
    patterns
}

fn read_attributes(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<Attribute> {
    let texts = fields.texts("attributes", problems);
    if texts.is_empty() {
        return vec![Attribute::Value];
    }
    let at = fields.at().member("attributes");
    let mut attributes = Vec::with_capacity(texts.len());
    for (index, text) in texts {
        match Attribute::parse(text) {
            Some(attribute) if attributes.contains(&attribute) => {
                problems.error(&at.index(index), format!("`{attribute}` stands here twice"));
            }
            Some(attribute) => attributes.push(attribute),
            None => problems.error(&at.index(index), format!("{} is not an attribute", shown_text(text))),
        }
    }
    attributes
}

/// What stands in `trigger`.
struct Triggers {
    trigger: Trigger,
    condition: Option<Condition>,
    request_topic: Option<TopicTemplate>,
}

fn read_triggers(fields: &mut Fields<'_>, sparkplug: bool, problems: &mut Problems) -> Option<Triggers> {
    if sparkplug && fields.get("trigger").is_none() {
        // Sparkplug 3.0, 5.10: data is sent when it changes.
        let trigger = Trigger { on_change: true, ..Trigger::default() };
        return Some(Triggers { trigger, condition: None, request_topic: None });
    }
    let Some(json) = fields.get("trigger") else {
        fields.error(
            "trigger",
            "`trigger` is missing: `{\"on_change\": true}`, `{\"interval_ms\": 5000}`, both, or a `condition`",
            problems,
        );
        return None;
    };
    let at = fields.at().member("trigger");
    let mut inner = Fields::open(json, at, problems)?;
    let on_change = inner.flag("on_change", false, problems);
    let interval = inner.optional_integer("interval_ms", 10..=86_400_000u64, problems).map(Duration::from_millis);
    let min_gap = inner.optional_integer("min_gap_ms", 1..=3_600_000u64, problems).map(Duration::from_millis);
    let on_quality = inner.flag("on_quality", false, problems);
    let on_connect = inner.flag("on_connect", !sparkplug, problems);
    if sparkplug && on_connect {
        inner.error(
            "on_connect",
            "after a connect the birth tells the present values: leave `on_connect` out",
            problems,
        );
    }
    let aligned = inner.flag("aligned", false, problems);
    let every = inner.flag("every", false, problems);
    let trigger = Trigger { on_change, on_quality, every, on_connect, aligned, interval, min_gap };
    let conditioned = inner.get("condition").is_some();
    let condition = read_condition(&mut inner, problems);
    if min_gap.is_some() && !trigger.by_change() {
        inner.error("min_gap_ms", "`min_gap_ms` goes with `on_change`", problems);
    }
    if every && on_quality && !on_change {
        inner.error("every", "`every` goes with `on_change`, or alone for every reading", problems);
    }
    if aligned && (interval.is_none() || trigger.by_change()) {
        inner.error("aligned", "`aligned` goes with `interval_ms` alone", problems);
    }
    if conditioned && (interval.is_some() || trigger.by_change()) {
        let sentence = "a trigger with a `condition` has no other; `repeat_ms` repeats it while it lasts";
        inner.error("condition", sentence, problems);
    }
    let asked = inner.get("request_topic").is_some();
    let request_topic = if asked { read_topic(&mut inner, "request_topic", problems) } else { None };
    if sparkplug && asked {
        let sentence = "a host asks an edge node by NCMD `Node Control/Rebirth`: leave `request_topic` out";
        inner.error("request_topic", sentence, problems);
    }
    if request_topic.as_ref().is_some_and(|topic| topic.uses_tag() || topic.uses_attribute()) {
        let sentence = "a message there asks for the whole publication: of placeholders only `{appliance}` is possible";
        inner.error("request_topic", sentence, problems);
    }
    if !inner.finish(problems) {
        return None;
    }
    if !trigger.by_change() && interval.is_none() && !conditioned && !asked {
        problems.error(
            &at,
            "a trigger has `on_change`, `on_quality`, `every`, `interval_ms`, a `condition` or a `request_topic`",
        );
        return None;
    }
    Some(Triggers { trigger, condition, request_topic })
}

/// `condition` with what belongs to it.
fn read_condition(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Condition> {
    const WORDS: [(&str, Edges); 3] = [("enter", Edges::Enter), ("leave", Edges::Leave), ("both", Edges::Both)];
    let read = |fields: &mut Fields<'_>, member: &'static str, problems: &mut Problems| {
        let text = fields.text(member, MAX_CHARACTERS, problems)?;
        parse(text, member, fields, problems)
    };
    let expression = read(fields, "condition", problems);
    let leave = read(fields, "leave", problems);
    let hysteresis = fields.float("hysteresis", problems);
    let on = fields.word("on", &WORDS, problems);
    let repeat = fields.optional_integer("repeat_ms", 100..=86_400_000u64, problems).map(Duration::from_millis);
    if fields.get("condition").is_none() {
        for member in ["hysteresis", "leave", "on", "repeat_ms"] {
            if fields.get(member).is_some() {
                fields.error(member, format!("`{member}` goes with `condition`"), problems);
            }
        }
    }
    let expression = expression?;
    let leave = match (hysteresis, leave) {
        (None, None) => Leave::Untrue,
        (None, Some(end)) => Leave::When(end),
        (Some(width), None) => {
            if width < 0.0 {
                fields.error("hysteresis", "a hysteresis is a number from 0", problems);
            }
            if expression.comparison().is_none() {
                let sentence = "`hysteresis` goes with one comparison of a point with a number, such as \
                                `oven.temperature > 180`; others end by `leave`";
                fields.error("hysteresis", sentence, problems);
            }
            Leave::Hysteresis(width)
        }
        (Some(_), Some(_)) => {
            fields.error("leave", "`hysteresis` and `leave` do not go together: a condition has one end", problems);
            Leave::Untrue
        }
    };
    Some(Condition { expression, leave, on: on.unwrap_or(Edges::Enter), repeat })
}

/// `qos`: 0, 1 or 2.
pub(super) fn read_qos(fields: &mut Fields<'_>, problems: &mut Problems) -> Qos {
    match fields.integer("qos", 0..=2u8, 0, problems) {
        0 => Qos::AtMostOnce,
        1 => Qos::AtLeastOnce,
        _ => Qos::ExactlyOnce,
    }
}
