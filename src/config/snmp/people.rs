//! Who may ask the agent, for what.

use super::super::fields::{Fields, Identity};
use super::super::problem::{Pointer, Problems};
use super::super::publication::read_patterns;
use super::super::secret::Secret;
use crate::tag::id::TagName;
use crate::tag::pattern::TagPattern;
use serde_json::Value as Json;

/// Characters of a password at least (RFC 3414, 11.2).
const SHORTEST_PASSWORD: usize = 8;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Look.
    #[default]
    Read,
    /// Write what can be written, too.
    ReadWrite,
}

/// Somebody who asks by SNMPv1 or v2c.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunityConfig {
    /// Id, name, description, enabled. The name stands in logs, the community never.
    pub identity: Identity,
    /// The community, sent in clear by whoever uses it.
    pub community: Secret,
    /// What it may do.
    pub access: Access,
    /// The view it is confined to; none: everything.
    pub view: Option<String>,
}

/// How messages of a user are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Auth {
    /// HMAC-MD5-96 (RFC 3414); weak.
    Md5,
    /// HMAC-SHA-96 (RFC 3414)
    Sha1,
    /// RFC 7860
    Sha224,
    /// RFC 7860
    Sha256,
    /// RFC 7860
    Sha384,
    /// RFC 7860
    Sha512,
}

/// How messages of a user are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Priv {
    /// CBC-DES (RFC 3414); weak.
    Des,
    /// RFC 3826
    Aes128,
    /// As net-snmp extends the key (Blumenthal's draft).
    Aes192,
    /// As net-snmp extends the key (Blumenthal's draft).
    Aes256,
    /// As Cisco extends the key (Reeder's draft).
    Aes192Cisco,
    /// As Cisco extends the key (Reeder's draft).
    Aes256Cisco,
}

/// The keys of a user; nobody is let in without any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// How messages are signed.
    pub auth: Auth,
    /// The password of the signing key.
    pub auth_password: Secret,
    /// How messages are encrypted and the password of that key; none: they are readable by all on the way.
    pub privacy: Option<(Priv, Secret)>,
}

/// Somebody who asks by SNMPv3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnmpUserConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// Its keys.
    pub keys: Keys,
    /// What it may do.
    pub access: Access,
    /// The view it is confined to; none: everything.
    pub view: Option<String>,
}

/// A part of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// The tags in it.
    pub tags: Vec<TagPattern>,
    /// Whether the appliance itself is in it: system, interfaces, ports, devices, units, events.
    pub system: bool,
}

impl ViewConfig {
    /// Whether a tag is in it.
    pub fn shows(&self, tag: &TagName) -> bool {
        self.tags.iter().any(|pattern| pattern.matches(tag))
    }

    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let tags = read_patterns(&mut fields, problems);
        let system = fields.flag("system", true, problems);
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { identity: identity?, tags, system })
    }
}

impl CommunityConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let community = fields.required_text("community", 255, problems).map(Secret::new);
        if community.as_ref().is_some_and(|community| ["public", "private"].contains(&community.reveal())) {
            problems.warning(&fields.at().member("community"), "everybody tries this community first: choose another");
        }
        let (access, view) = read_rights(&mut fields, problems);
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { identity: identity?, community: community?, access, view })
    }
}

impl SnmpUserConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, allow_weak: bool, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        if identity.as_ref().is_some_and(|identity| 32 < identity.name.len()) {
            fields.error("name", "a user of SNMPv3 has a name of at most 32 characters", problems);
        }
        let auth = read_auth(&mut fields, problems);
        if auth == Auth::Md5 {
            weak(&fields, "auth", "MD5", allow_weak, problems);
        }
        let privacy = read_priv(&mut fields, problems);
        match privacy {
            Some(Priv::Des) => weak(&fields, "priv", "DES", allow_weak, problems),
            None => {
                let sentence = "without encryption everybody on the way can read what this user asks and is told";
                problems.warning(&fields.at().member("priv"), sentence);
            }
            Some(_) => (),
        }
        let auth_password = password(&mut fields, "auth_password", problems);
        let priv_password = match privacy {
            Some(_) => password(&mut fields, "priv_password", problems),
            None => fields.text("priv_password", 1000, problems).map(Secret::new),
        };
        let (access, view) = read_rights(&mut fields, problems);
        if !fields.finish(problems) {
            return None;
        }
        let privacy = match privacy {
            Some(cipher) => Some((cipher, priv_password?)),
            None => None,
        };
        let keys = Keys { auth, auth_password: auth_password?, privacy };
        Some(Self { identity: identity?, keys, access, view })
    }
}

fn read_auth(fields: &mut Fields<'_>, problems: &mut Problems) -> Auth {
    let words = [
        ("sha256", Auth::Sha256),
        ("sha224", Auth::Sha224),
        ("sha384", Auth::Sha384),
        ("sha512", Auth::Sha512),
        ("sha1", Auth::Sha1),
        ("md5", Auth::Md5),
    ];
    fields.word("auth", &words, problems).unwrap_or(Auth::Sha256)
}

fn read_priv(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Priv> {
    let words = [
        ("aes128", Some(Priv::Aes128)),
        ("aes192", Some(Priv::Aes192)),
        ("aes256", Some(Priv::Aes256)),
        ("aes192-cisco", Some(Priv::Aes192Cisco)),
        ("aes256-cisco", Some(Priv::Aes256Cisco)),
        ("des", Some(Priv::Des)),
        ("none", None),
    ];
    fields.word("priv", &words, problems).unwrap_or(Some(Priv::Aes128))
}

fn weak(fields: &Fields<'_>, member: &str, what: &str, allow_weak: bool, problems: &mut Problems) {
    if allow_weak {
        problems
            .warning(&fields.at().member(member), format!("{what} is weak: use it only for what knows nothing else"));
    } else {
        let sentence = format!("{what} is weak; it is taken only where `allow_weak` is true in `snmp`");
        fields.error(member, sentence, problems);
    }
}

fn password(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Secret> {
    let text = fields.required_text(name, 1000, problems)?;
    if text.len() < SHORTEST_PASSWORD {
        fields.error(name, format!("`{name}` has at least {SHORTEST_PASSWORD} characters"), problems);
        return None;
    }
    Some(Secret::new(text))
}

fn read_rights(fields: &mut Fields<'_>, problems: &mut Problems) -> (Access, Option<String>) {
    let words = [("read", Access::Read), ("read-write", Access::ReadWrite)];
    let access = fields.word("access", &words, problems).unwrap_or_default();
    let view = fields.text("view", 63, problems).filter(|view| !view.is_empty()).map(str::to_owned);
    (access, view)
}
