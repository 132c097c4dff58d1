//! `subscriptions[]`: commands that come in by MQTT.

use super::cloud::CloudConfig;
use super::commands::Dialect;
use super::fields::{Fields, Identity};
use super::problem::{Pointer, Problems};
use super::publication::{Qos, read_patterns, read_qos, read_topic};
use super::template::{MAX_CHARACTERS, Template, TemplateError};
use super::topic::{Field, Level, TopicTemplate};
use crate::tag::pattern::TagPattern;
use serde_json::Value as Json;
use std::time::Duration;

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// In whose form commands come.
    pub dialect: Dialect,
    /// Where commands come in; its placeholders say which tag is meant. With another dialect than
    /// ours it is that one's.
    pub topic: TopicTemplate,
    /// Only these tags can be written.
    pub tags: Vec<TagPattern>,
    /// Delivery.
    pub qos: Qos,
    /// Where answers go, if anywhere.
    pub response_topic: Option<TopicTemplate>,
    /// JSON pointer (RFC 6901) to the value in the payload; `None` is the member `value`, or the bare payload.
    pub pointer: Option<String>,
    /// What finds tag and value in the payload, and writes the answer, where that is not ours.
    pub templates: CommandTemplates,
    /// Commands with a `timestamp` older than this are refused.
    pub max_age: Option<Duration>,
}

/// How commands in somebody else's form are understood and answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandTemplates {
    /// Writes `group/name` or `group/name/attribute`; `None` where the topic says it.
    pub tag: Option<Template>,
    /// Writes the value, as JSON or as a bare text.
    pub value: Option<Template>,
    /// Writes the answer.
    pub answer: Option<Template>,
}

impl CommandTemplates {
    fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Self {
        type Parse = fn(&str) -> Result<Template, TemplateError>;
        let mut read = |member: &'static str, parse: Parse| {
            let text = fields.text(member, MAX_CHARACTERS, problems).filter(|text| !text.is_empty())?;
            parse(text).map_err(|error| fields.error(member, error.to_string(), problems)).ok()
        };
        Self {
            tag: read("tag_template", Template::parse_command),
            value: read("template", Template::parse_command),
            answer: read("answer_template", Template::parse_answer),
        }
    }
}

impl SubscriptionConfig {
    /// `cloud` is that of its connection.
    pub(super) fn read(
        json: &Json,
        at: Pointer<'_>,
        cloud: Option<&CloudConfig>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let dialect = Dialect::read(&mut fields, cloud, problems);
        let tags = read_patterns(&mut fields, problems);
        let templates = CommandTemplates::read(&mut fields, problems);
        let topic = match &dialect {
            None | Some(Dialect::Own) => {
                let topic = read_topic(&mut fields, "topic", problems);
                if let Some(topic) = &topic {
                    judge_topic(topic, &tags, templates.tag.is_some(), &fields, problems);
                }
                topic
            }
            Some(dialect) => read_given(dialect, &mut fields, problems),
        };
        let qos = read_qos(&mut fields, problems);
        let response_topic = match fields.get("response_topic") {
            Some(_) => read_topic(&mut fields, "response_topic", problems),
            None => None,
        };
        let max_age = fields.optional_integer("max_age_s", 1..=86_400u64, problems).map(Duration::from_secs);
        let pointer = fields.text("pointer", 500, problems).map(str::to_owned);
        if pointer.as_deref().is_some_and(|pointer| !is_pointer(pointer)) {
            fields.error("pointer", "`pointer` is a JSON pointer such as `/data/setpoint` (RFC 6901)", problems);
        }
        if pointer.is_some() && templates.value.is_some() {
            fields.error(
                "pointer",
                "`pointer` and `template` do not go together: the value stands in one place",
                problems,
            );
        }
        if !fields.finish(problems) {
            return None;
        }
        let (identity, dialect, topic) = (identity?, dialect?, topic?);
        Some(Self { identity, dialect, topic, tags, qos, response_topic, pointer, templates, max_age })
    }

    /// The levels of the topics commands come in on. A cloud's are its own: nothing of ours is ever there.
    pub fn levels(&self, appliance: &str) -> Vec<Level> {
        match &self.dialect {
            Dialect::Own => self.topic.levels(appliance),
            Dialect::IoThinx => vec![
                Level::Text(appliance.to_owned()),
                Level::Text("write".to_owned()),
                Level::Any(Field::Name),
                Level::Any(Field::Attribute),
            ],
            Dialect::Cloud(_) => Vec::new(),
        }
    }
}

/// The topic that a dialect gives, without what goes with ours alone.
fn read_given(dialect: &Dialect, fields: &mut Fields<'_>, problems: &mut Problems) -> Option<TopicTemplate> {
    const ALL: [&str; 7] =
        ["topic", "response_topic", "pointer", "max_age_s", "template", "tag_template", "answer_template"];
    let own: &[&str] = match dialect {
        Dialect::Cloud(_) => &ALL,
        _ => &["topic", "pointer", "template", "tag_template", "answer_template"],
    };
    for member in ALL {
        if fields.get(member).is_some() && own.contains(&member) {
            let sentence = format!("with this `preset` the form of commands is given: leave `{member}` out");
            fields.error(member, sentence, problems);
        }
    }
    let text = match dialect {
        Dialect::Cloud(commands) => commands.filters().remove(0).replace(['+', '#'], "*"),
        _ => "{appliance}/write/{group}/{attribute}".to_owned(),
    };
    TopicTemplate::parse_any(&text).map_err(|error| fields.error("preset", error.to_string(), problems)).ok()
}

fn judge_topic(
    topic: &TopicTemplate,
    tags: &[TagPattern],
    by_template: bool,
    fields: &Fields<'_>,
    problems: &mut Problems,
) {
    let levels = topic.levels("appliance");
    if levels.contains(&Level::Mixed) {
        let sentence = "in a subscription a placeholder fills a whole level, as in `write/{tag}`";
        fields.error("topic", sentence, problems);
    }
    let one_tag = matches!(tags, [TagPattern::Literal(_)]);
    let names = |field| levels.iter().filter(|level| **level == Level::Any(field)).count();
    if [Field::Group, Field::Name, Field::Attribute].into_iter().any(|field| 1 < names(field)) {
        fields.error("topic", "each placeholder stands once in a subscription", problems);
    }
    if !one_tag && !by_template && !topic.names_tag() {
        fields.error("topic", "the topic must say which tag is meant: use `{tag}`, or list exactly one tag", problems);
    }
}

/// RFC 6901, 3: empty, or each step behind a `/`; `~` only as `~0` or `~1`.
fn is_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/'))
        && text.split('~').skip(1).all(|rest| rest.starts_with('0') || rest.starts_with('1'))
}
