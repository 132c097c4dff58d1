//! Brokers that know a device by a signed token (RFC 7519), with the ids and topics of Google Cloud IoT Core ("Publishing
//! over the MQTT bridge", "Using JSON Web Tokens"), which ClearBlade IoT Core keeps.

use super::{Access, SECURE, read_host, read_id, renewal};
use crate::config::fields::Fields;
use crate::config::problem::Problems;
use crate::config::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;

/// The broker looks at the password alone; the name is there because some libraries cannot do without.
const USERNAME: &str = "unused";

/// A device in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtConfig {
    /// The broker's host name.
    pub host: String,
    /// 8883 or 443.
    pub port: u16,
    /// The project, which is the audience of the tokens too.
    pub project: String,
    /// Its region.
    pub region: String,
    /// Its registry.
    pub registry: String,
    /// The device's id.
    pub device: String,
    /// PEM of the key whose other half the registry has: RSA (RS256) or P-256 (ES256).
    pub key: Secret,
    /// How long a token lives, in seconds, 60..86400.
    pub token_life_s: u32,
}

/// Signs tokens.
enum Signer {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
}

impl JwtConfig {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let host = read_host(fields, "host", problems);
        let port = fields.integer("port", 1..=u16::MAX, SECURE, problems);
        let mut id = |name: &'static str| read_id(fields, name, 255, "-._~%:", problems);
        let (project, region, registry, device) = (id("project"), id("region"), id("registry"), id("device_id"));
        let key = super::read_secret(fields, "private_key", problems);
        if key.as_ref().is_some_and(|key| Signer::of(key).is_none()) {
            let sentence = "`private_key` is a PEM text of an RSA key of at least 2048 bits, or of a P-256 key as PKCS #8 \
                            (`-----BEGIN PRIVATE KEY-----`)";
            fields.error("private_key", sentence, problems);
        }
        let token_life_s = fields.integer("token_life_s", 60..=86_400, 3600, problems);
        Some(Self {
            host: host?,
            port,
            project: project?,
            region: region?,
            registry: registry?,
            device: device?,
            key: key?,
            token_life_s,
        })
    }

    pub(super) fn access(&self, now: i64) -> Access {
        let Self { project, region, registry, device, .. } = self;
        Access {
            client_id: format!("projects/{project}/locations/{region}/registries/{registry}/devices/{device}"),
            username: Some(USERNAME.to_owned()),
            password: self.token(now / 1000).map(Secret::new),
            renew_at: Some(renewal(now, self.token_life_s)),
        }
    }

    /// The beginning of its topics.
    pub fn topic(&self) -> String {
        format!("/devices/{}", self.device)
    }

    fn token(&self, now_s: i64) -> Option<String> {
        let signer = Signer::of(&self.key)?;
        let header = json!({"alg": signer.algorithm(), "typ": "JWT"});
        let claims = json!({"iat": now_s, "exp": now_s + i64::from(self.token_life_s), "aud": self.project});
        let part = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let text = format!("{}.{}", part(&header), part(&claims));
        let signature = signer.sign(text.as_bytes())?;
        Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Signer {
    fn of(key: &Secret) -> Option<Self> {
        match PrivateKeyDer::from_pem_slice(key.reveal().as_bytes()).ok()? {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok().map(Self::Rs256),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                let curve = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new());
                curve.ok().map(Self::Es256).or_else(|| RsaKeyPair::from_pkcs8(der).ok().map(Self::Rs256))
            }
            _ => None,
        }
    }

    /// RFC 7518, 3.1.
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256(_) => "RS256",
            Self::Es256(_) => "ES256",
        }
    }

    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).ok()?;
                Some(signature)
            }
            Self::Es256(key) => Some(key.sign(&SystemRandom::new(), text).ok()?.as_ref().to_vec()),
        }
    }
}
