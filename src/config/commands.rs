//! In whose form commands come in on a subscription, and where they come from.

use super::cloud::CloudConfig;
use super::fields::Fields;
use super::preset::not_with;
use super::problem::Problems;

/// In whose form commands come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialect {
    /// Ours: the topic says which tag, the payload which value.
    Own,
    /// `{device}/write/{module@channel}/{attribute}` of the ioThinx 4510.
    IoThinx,
    /// A cloud's, on topics of its own.
    Cloud(CloudCommands),
}

/// Commands of a cloud. A message can ask for several tags at once and is answered once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloudCommands {
    /// Server-side RPC of ThingsBoard ("MQTT Device API Reference", "RPC API").
    Rpc,
    /// Shared attributes of ThingsBoard (same, "Subscribe to attribute updates from the server", and "Request attribute
    /// values from the server").
    SharedAttributes,
    /// What the shadow of a thing of AWS wants otherwise ("Device Shadow MQTT topics"); the beginning of its topics.
    Delta(String),
    /// Direct methods of Azure IoT Hub ("Understand and invoke direct methods from IoT Hub").
    Methods,
    /// Desired properties of a twin of Azure IoT Hub ("Receive desired properties update notifications").
    Desired,
    /// Properties set by Alibaba ("Set device properties"); the beginning of the thing's topics.
    Properties(String),
    /// Commands of Google Cloud IoT Core ("Sending commands to devices"); the beginning of the device's topics.
    Commands(String),
}

#[derive(Clone, Copy)]
enum Word {
    IoThinx,
    Rpc,
    Attributes,
    Delta,
    Methods,
    Desired,
    Properties,
    Commands,
}

const WORDS: [(&str, Word); 8] = [
    ("iothinx", Word::IoThinx),
    ("rpc", Word::Rpc),
    ("attributes", Word::Attributes),
    ("delta", Word::Delta),
    ("methods", Word::Methods),
    ("desired", Word::Desired),
    ("properties", Word::Properties),
    ("commands", Word::Commands),
];

impl Word {
    fn dialect(self, cloud: Option<&CloudConfig>) -> Option<Dialect> {
        let commands = match (self, cloud) {
            (Self::IoThinx, _) => return Some(Dialect::IoThinx),
            (Self::Rpc, Some(CloudConfig::ThingsBoard(_))) => CloudCommands::Rpc,
            (Self::Attributes, Some(CloudConfig::ThingsBoard(_))) => CloudCommands::SharedAttributes,
            (Self::Delta, Some(CloudConfig::Aws(aws))) => CloudCommands::Delta(aws.shadow_topic()),
            (Self::Methods, Some(CloudConfig::Azure(_))) => CloudCommands::Methods,
            (Self::Desired, Some(CloudConfig::Azure(_))) => CloudCommands::Desired,
            (Self::Properties, Some(CloudConfig::Alibaba(alibaba))) => CloudCommands::Properties(alibaba.thing_topic()),
            (Self::Commands, Some(CloudConfig::Jwt(jwt))) => CloudCommands::Commands(jwt.topic()),
            _ => return None,
        };
        Some(Dialect::Cloud(commands))
    }
}

impl Dialect {
    /// `preset` of a subscription; none where it is refused.
    pub(super) fn read(fields: &mut Fields<'_>, cloud: Option<&CloudConfig>, problems: &mut Problems) -> Option<Self> {
        if fields.get("preset").is_none() {
            return Some(Self::Own);
        }
        let word = fields.word("preset", &WORDS, problems)?;
        let dialect = word.dialect(cloud);
        if dialect.is_none() {
            let given = fields.text("preset", 100, problems).unwrap_or_default();
            let known = WORDS.iter().filter(|(_, word)| word.dialect(cloud).is_some());
            fields.error("preset", not_with(given, known.map(|(word, _)| *word)), problems);
        }
        dialect
    }

    /// The commands of a cloud, if it is one's.
    pub fn cloud(&self) -> Option<&CloudCommands> {
        match self {
            Self::Cloud(commands) => Some(commands),
            Self::Own | Self::IoThinx => None,
        }
    }
}

impl CloudCommands {
    /// The topic filters they come in on.
    pub fn filters(&self) -> Vec<String> {
        match self {
            Self::Rpc => vec!["v1/devices/me/rpc/request/+".to_owned()],
            // The second answers what is asked after a connect.
            Self::SharedAttributes => {
                vec!["v1/devices/me/attributes".to_owned(), "v1/devices/me/attributes/response/+".to_owned()]
            }
            // The second answers the question after a connect: what was wanted meanwhile.
            Self::Delta(shadow) => vec![format!("{shadow}/update/delta"), format!("{shadow}/get/accepted")],
            Self::Methods => vec!["$iothub/methods/POST/#".to_owned()],
            Self::Desired => {
                vec!["$iothub/twin/PATCH/properties/desired/#".to_owned(), "$iothub/twin/res/#".to_owned()]
            }
            Self::Properties(thing) => vec![format!("{thing}/service/property/set")],
            Self::Commands(device) => vec![format!("{device}/commands/#")],
        }
    }

    /// What is asked after a connect, by an empty message there. Shared attributes of ThingsBoard are asked for by name.
    pub fn question(&self) -> Option<String> {
        match self {
            Self::Delta(shadow) => Some(format!("{shadow}/get")),
            Self::Desired => Some("$iothub/twin/GET/?$rid=twin".to_owned()),
            _ => None,
        }
    }
}
