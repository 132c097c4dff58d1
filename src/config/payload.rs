//! `payload` of a publication: in what form its points are written.

use super::fields::Fields;
use super::problem::Problems;
use super::template::{MAX_CHARACTERS, Template};

/// The form of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// `{"value", "quality", "timestamp"}`, one message per tag and attribute.
    Value,
    /// `{"timestamp", "tags": {...}}`, one message per distinct topic.
    Object,
    /// `[{"timestamp", "tag", "value", "quality"}, ...]`: samples, one message per distinct topic.
    Array,
    /// The same as a table with a line of names (RFC 4180).
    Csv,
    /// Metrics of an edge node, one message per device (Sparkplug 3.0).
    Sparkplug,
    /// As its author wrote it: one message per tag and attribute when it speaks of one, else per distinct topic.
    Template(Template),
    /// As a cloud or another device has it.
    Preset(Form),
}

/// What a preset writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `{"value":1}`: one attribute of one tag, as a number (ioThinx).
    Number,
    /// `{"oven/temperature":23.4,"oven/temperature/quality":"good"}`.
    Flat,
    /// `[{"ts":1767323045678,"values":{"oven/temperature":23.4}}]` (ThingsBoard).
    Series,
    /// `{"state":{"reported":{"oven/temperature":23.4}}}` (AWS).
    Reported,
    /// `{"id":"1","version":"1.0","params":{"oven:temperature":{"value":23.4,"time":1767323045678}},"method":"..."}` (Alibaba).
    Properties,
}

const WORDS: [(&str, Word); 6] = [
    ("value", Word::Value),
    ("object", Word::Object),
    ("array", Word::Array),
    ("csv", Word::Csv),
    ("sparkplug", Word::Sparkplug),
    ("template", Word::Template),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Value,
    Object,
    Array,
    Csv,
    Sparkplug,
    Template,
}

impl Payload {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let absent = fields.get("payload").is_none();
        let word = fields.word("payload", &WORDS, problems);
        let template = read_template(fields, word, problems);
        match word {
            None if !absent => None,
            None | Some(Word::Value) => Some(Self::Value),
            Some(Word::Object) => Some(Self::Object),
            Some(Word::Array) => Some(Self::Array),
            Some(Word::Csv) => Some(Self::Csv),
            Some(Word::Sparkplug) => Some(Self::Sparkplug),
            Some(Word::Template) => template.map(Self::Template),
        }
    }

    /// Whether each message is of one tag and one attribute; otherwise of all tags that share a topic.
    pub fn is_about_one(&self) -> bool {
        match self {
            Self::Value => true,
            Self::Object | Self::Array | Self::Csv | Self::Sparkplug => false,
            Self::Preset(form) => *form == Form::Number,
            Self::Template(template) => template.is_about_one(),
        }
    }

    /// Whether it is a list of samples.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Array | Self::Csv)
    }

    /// Whether a message holds what changed of its tags, not all of them.
    pub fn is_gathered(&self) -> bool {
        self.is_list() || *self == Self::Sparkplug
    }
}

fn read_template(fields: &mut Fields<'_>, word: Option<Word>, problems: &mut Problems) -> Option<Template> {
    if word != Some(Word::Template) {
        if fields.get("template").is_some() {
            fields.error("template", "`template` goes with payload `template`", problems);
        }
        return None;
    }
    let text = fields.required_text("template", MAX_CHARACTERS, problems)?;
    Template::parse(text).map_err(|error| fields.error("template", error.to_string(), problems)).ok()
}
