//! `preset` of a publication or a subscription: where messages go and how they are written, as a cloud or another device
//! has it, in one word.

use super::cloud::CloudConfig;
use super::fields::Fields;
use super::payload::Form;
use super::problem::Problems;

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

/// Why a preset cannot be used on a connection.
pub(super) fn not_with<'a>(preset: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<String> = known.map(|word| format!("`{word}`")).collect();
    format!("`{preset}` does not go with the `cloud` of this connection; here there are {}", known.join(", "))
}
