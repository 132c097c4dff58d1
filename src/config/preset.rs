//! `preset` of a publication or a subscription: where messages go and how they are written, as a cloud or another device
//! has it, in one word.

use super::cloud::CloudConfig;
use super::fields::Fields;
use super::payload::{Form, Payload};
use super::problem::Problems;
use super::publication::read_topic;
use super::topic::TopicTemplate;

/// What a publication is to the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Topics and payloads of the ioThinx 4510.
    IoThinx,
    /// Values as they come.
    Telemetry,
    /// What is kept of a device: the last value of each.
    Attributes,
    /// What a device says of its own state.
    Reported,
    /// Entities that Home Assistant finds by itself.
    Discovery,
}

const PRESETS: [(&str, Preset); 5] = [
    ("iothinx", Preset::IoThinx),
    ("telemetry", Preset::Telemetry),
    ("attributes", Preset::Attributes),
    ("reported", Preset::Reported),
    ("discovery", Preset::Discovery),
];

/// What a preset prescribes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prescribed {
    pub(super) preset: Preset,
    /// The topic; with `Some(false)` beside it another one may be taken.
    pub(super) topic: String,
    /// Whether the topic cannot be another.
    pub(super) fixed: bool,
    /// The payload; `None` where it is the user's.
    pub(super) form: Option<Form>,
}

impl Preset {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        PRESETS.iter().find(|(_, preset)| *preset == self).map_or("", |(word, _)| word)
    }

    fn prescribed(self, cloud: Option<&CloudConfig>) -> Option<Prescribed> {
        let (topic, fixed, form) = match (self, cloud) {
            (Self::IoThinx, _) => ("{appliance}/read/{group}@{name}/{attribute}".to_owned(), true, Some(Form::Number)),
            // ThingsBoard, "MQTT Device API Reference": telemetry upload, publish client-side attributes.
            (Self::Telemetry, Some(CloudConfig::ThingsBoard(_))) => {
                ("v1/devices/me/telemetry".to_owned(), true, Some(Form::Series))
            }
            (Self::Attributes, Some(CloudConfig::ThingsBoard(_))) => {
                ("v1/devices/me/attributes".to_owned(), true, Some(Form::Flat))
            }
            (Self::Reported, Some(CloudConfig::Aws(aws))) => {
                (format!("{}/update", aws.shadow_topic()), true, Some(Form::Reported))
            }
            (Self::Telemetry, Some(CloudConfig::Azure(azure))) => (azure.events_topic(), true, None),
            (Self::Reported, Some(CloudConfig::Azure(azure))) => (azure.reported_topic(), true, Some(Form::Flat)),
            (Self::Reported, Some(CloudConfig::Alibaba(alibaba))) => {
                (format!("{}/event/property/post", alibaba.thing_topic()), true, Some(Form::Properties))
            }
            (Self::Telemetry, Some(CloudConfig::Jwt(jwt))) => (format!("{}/events", jwt.topic()), true, None),
            (Self::Reported, Some(CloudConfig::Jwt(jwt))) => (format!("{}/state", jwt.topic()), true, None),
            (Self::Discovery, Some(CloudConfig::HomeAssistant(_))) => {
                ("{appliance}/read/{tag}/{attribute}".to_owned(), false, None)
            }
            _ => return None,
        };
        Some(Prescribed { preset: self, topic, fixed, form })
    }

    /// `preset` of a publication, if there is one and it goes with the cloud.
    pub(super) fn read(
        fields: &mut Fields<'_>,
        cloud: Option<&CloudConfig>,
        problems: &mut Problems,
    ) -> Option<Prescribed> {
        let preset = fields.word("preset", &PRESETS, problems)?;
        let prescribed = preset.prescribed(cloud);
        if prescribed.is_none() {
            let known = PRESETS.iter().filter(|(_, preset)| preset.prescribed(cloud).is_some());
            fields.error("preset", not_with(preset.as_str(), known.map(|(word, _)| *word)), problems);
        }
        prescribed
    }
}

/// `topic` of a publication, or that of its preset.
pub(super) fn read_place(
    fields: &mut Fields<'_>,
    prescribed: Option<&Prescribed>,
    problems: &mut Problems,
) -> Option<TopicTemplate> {
    let Some(prescribed) = prescribed else { return read_topic(fields, "topic", problems) };
    if fields.get("topic").is_some() {
        if !prescribed.fixed {
            return read_topic(fields, "topic", problems);
        }
        fields.error("topic", "with this `preset` the topic is given: leave `topic` out", problems);
    }
    let topic = TopicTemplate::parse_any(&prescribed.topic);
    topic.map_err(|error| fields.error("preset", error.to_string(), problems)).ok()
}

/// `payload`, or that of the preset.
pub(super) fn read_payload(
    fields: &mut Fields<'_>,
    prescribed: Option<&Prescribed>,
    problems: &mut Problems,
) -> Option<Payload> {
    let Some(prescribed) = prescribed else { return Payload::read(fields, problems) };
    let given = match (prescribed.preset, prescribed.form) {
        // What is announced looks for the member `value`.
        (Preset::Discovery, _) => Some((Payload::Value, "members")),
        (_, Some(form)) => Some((Payload::Preset(form), "timestamps")),
        (_, None) => None,
    };
    if let Some((payload, also)) = given {
        for member in ["payload", "template", also] {
            if fields.get(member).is_some() {
                let sentence = format!("with this `preset` the payload is given: leave `{member}` out");
                fields.error(member, sentence, problems);
            }
        }
        return Some(payload);
    }
    // A message to a cloud is one of all tags, where nothing else is asked for.
    let wanted = fields.get("payload").is_some();
    let payload = Payload::read(fields, problems)?;
    Some(if wanted { payload } else { Payload::Object })
}

/// Why a preset cannot be used on a connection.
pub(super) fn not_with<'a>(preset: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<String> = known.map(|word| format!("`{word}`")).collect();
    format!("`{preset}` does not go with the `cloud` of this connection; here there are {}", known.join(", "))
}
