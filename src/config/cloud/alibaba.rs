//! Alibaba Cloud IoT Platform ("Establish MQTT connections over TCP", "Device properties, events, and services").

use super::{Access, read_host, read_id, read_secret};
use crate::config::fields::Fields;
use crate::config::problem::Problems;
use crate::config::secret::Secret;
use ring::hmac;
use std::fmt::Write as _;

/// The platform speaks TLS on the port that is otherwise without.
pub(super) const PORT: u16 = 1883;

/// A device of the platform; its certificate is product key, device name and device secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlibabaConfig {
    /// The instance's MQTT host name.
    pub endpoint: String,
    /// The product.
    pub product_key: String,
    /// The device in it.
    pub device_name: String,
    /// The device's secret.
    pub device_secret: Secret,
}

impl AlibabaConfig {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let endpoint = read_host(fields, "endpoint", problems);
        let product_key = read_id(fields, "product_key", 64, "", problems);
        let device_name = read_id(fields, "device_name", 32, "-_@.:", problems);
        let device_secret = read_secret(fields, "device_secret", problems);
        Some(Self {
            endpoint: endpoint?,
            product_key: product_key?,
            device_name: device_name?,
            device_secret: device_secret?,
        })
    }

    /// "Unique-certificate-per-device": `securemode=2` is TLS; what is signed are the parameters by name, each with its
    /// value behind it. The time is optional there and left out: it would make a new login of every connect.
    pub(super) fn access(&self) -> Access {
        let Self { product_key, device_name, .. } = self;
        let client = format!("{product_key}.{device_name}");
        let signed = format!("clientId{client}deviceName{device_name}productKey{product_key}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.device_secret.reveal().as_bytes());
        let mut password = String::with_capacity(64);
        for byte in hmac::sign(&key, signed.as_bytes()).as_ref() {
            // Writing to a String does not fail.
            write!(password, "{byte:02x}").unwrap_or_default();
        }
        Access {
            client_id: format!("{client}|securemode=2,signmethod=hmacsha256|"),
            username: Some(format!("{device_name}&{product_key}")),
            password: Some(Secret::new(password)),
            renew_at: None,
        }
    }

    /// The beginning of the topics of its thing model.
    pub fn thing_topic(&self) -> String {
        format!("/sys/{}/{}/thing", self.product_key, self.device_name)
    }
}
