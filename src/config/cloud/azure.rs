//! Azure IoT Hub ("Communicate with an IoT hub using the MQTT protocol", "Control access to IoT Hub with shared access
//! signatures").

use super::{Access, read_host, read_id, renewal};
use crate::config::fields::Fields;
use crate::config::problem::Problems;
use crate::config::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// The newest version of the service's own interface that is generally available.
const API_VERSION: &str = "2021-04-12";
/// What a device may call itself, beyond letters and digits ("Understand the identity registry in your IoT hub").
const ID: &str = "-.+%_#*?!(),:=@$'";

/// A device of an IoT hub; with a key it signs its own tokens, otherwise it is known by its X.509 certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureConfig {
    /// The hub's host name.
    pub hub: String,
    /// The device's id.
    pub device: String,
    /// Its primary or secondary key, in base64.
    pub key: Option<Secret>,
    /// How long a token lives, in seconds, 300..86400.
    pub token_life_s: u32,
}

impl AzureConfig {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let hub = read_host(fields, "hub", problems);
        let device = read_id(fields, "device_id", 128, ID, problems);
        if device.as_deref().is_some_and(|id| id.contains(['+', '#'])) {
            fields.error("device_id", "a device id with `+` or `#` cannot be used with MQTT", problems);
        }
        let key = fields.text("shared_access_key", 1000, problems).filter(|key| !key.is_empty()).map(Secret::new);
        if key.as_ref().is_some_and(|key| STANDARD.decode(key.reveal()).is_err()) {
            let sentence = "`shared_access_key` is the device's primary or secondary key, in base64";
            fields.error("shared_access_key", sentence, problems);
        }
        let token_life_s = fields.integer("token_life_s", 300..=86_400, 3600, problems);
        Some(Self { hub: hub?, device: device?, key, token_life_s })
    }

    pub(super) fn access(&self, now: i64) -> Access {
        let signed = self.key.as_ref().map(|key| self.signature(key, now / 1000 + i64::from(self.token_life_s)));
        Access {
            client_id: self.device.clone(),
            username: Some(format!("{}/{}/?api-version={API_VERSION}", self.hub, self.device)),
            renew_at: signed.as_ref().map(|_| renewal(now, self.token_life_s)),
            password: signed.map(Secret::new),
        }
    }

    /// "Sending device-to-cloud messages": the property bag says that the body is JSON, so that the hub can route by it.
    pub fn events_topic(&self) -> String {
        format!("devices/{}/messages/events/$.ct=application%2Fjson&$.ce=utf-8", self.device)
    }

    /// "Update device twin's reported properties"; what the hub answers is not waited for.
    pub fn reported_topic(&self) -> String {
        "$iothub/twin/PATCH/properties/reported/?$rid=reported".to_owned()
    }

    /// "SAS token structure": the signature is over the encoded resource, a line feed and the expiry in seconds.
    fn signature(&self, key: &Secret, expiry_s: i64) -> String {
        let resource = encoded(&format!("{}/devices/{}", self.hub, self.device));
        // Checked when it was read.
        let key = STANDARD.decode(key.reveal()).unwrap_or_default();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signature = STANDARD.encode(hmac::sign(&key, format!("{resource}\n{expiry_s}").as_bytes()));
        format!("SharedAccessSignature sr={resource}&sig={}&se={expiry_s}", encoded(&signature))
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
