//! The one translation layer: every sentence a person reads, in every language, side by side.
//!
//! A message is a constant that holds all its languages, so a missing translation does not compile. Templates name
//! the constant; scripts name its key and get all messages of their language as one module ([`module`]).
//!
//! What the server itself says in sentences is English behind the web's edge and is said in the reader's language there:
//! [`said`] has the catalogue, [`reader`] the language of the request.

mod accept;
pub(crate) mod access;
mod catalogue;
pub(crate) mod certificate;
mod cloud;
mod editor;
pub(crate) mod events;
pub(crate) mod expression;
mod field;
pub(crate) mod help;
mod hint;
pub(crate) mod line;
pub(crate) mod live;
pub(crate) mod modbus;
pub(crate) mod module;
pub(crate) mod mqtt;
pub(crate) mod nav;
pub(crate) mod people;
mod profile;
mod reader;
pub(crate) mod revision;
mod said;
pub(crate) mod snmp;
pub(crate) mod start;
mod tagfile;
mod watch;
mod word;

#[cfg(test)]
mod tests;

pub(crate) use catalogue::ALL;
pub(crate) use reader::{LANG_COOKIE, reader, reading, sentence, sentences};
pub(crate) use said::{said, said_throughout};

/// The messages by place, for templates and pages.
pub(crate) mod messages {
    pub(crate) use super::{
        access, certificate, events, expression, help, line, live, modbus, module, mqtt, nav, people, revision, snmp,
        start,
    };
}

use std::fmt::Write as _;

/// A language the whole interface exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// Every language, in the order the switch shows them.
    pub const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// The BCP 47 tag, as in the cookie and in `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The language's own name for itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "한국어",
        }
    }

    /// The language of this tag (`ko`, `ko-KR`).
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary))
    }

    /// The user's own choice, else the first known language of an `Accept-Language` header, else English.
    pub fn choose(cookie: Option<&str>, accept_language: Option<&str>) -> Self {
        cookie.and_then(Self::parse).or_else(|| accept_language.and_then(accept::best)).unwrap_or_default()
    }
}

/// One message in every language. `{name}` marks a place the caller fills.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Msg {
    key: &'static str,
    en: &'static str,
    ko: &'static str,
}

impl Msg {
    /// The text in this language.
    pub(crate) fn text(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Ko => self.ko,
        }
    }
}

/// Declares messages as constants, and the list `ALL` of them.
macro_rules! declare {
    ($($name:ident = $key:literal: $en:literal, $ko:literal;)+) => {
        $(pub(crate) const $name: $crate::web::i18n::Msg = $crate::web::i18n::Msg { key: $key, en: $en, ko: $ko };)+
        pub(in crate::web::i18n) const ALL: &[$crate::web::i18n::Msg] = &[$($name),+];
    };
}
pub(crate) use declare;

/// Declares messages that only scripts name, by key.
macro_rules! declare_for_scripts {
    ($($key:literal: $en:literal, $ko:literal;)+) => {
        pub(in crate::web::i18n) const ALL: &[$crate::web::i18n::Msg] =
            &[$($crate::web::i18n::Msg { key: $key, en: $en, ko: $ko }),+];
    };
}
pub(crate) use declare_for_scripts;

/// All messages of a language as an ES module: `export default {"nav.tags":"Tags",...}`.
pub(crate) fn module(lang: Lang) -> String {
    let mut text = String::with_capacity(32 * 1024);
    text.push_str("export default {");
    for (index, message) in ALL.iter().copied().flatten().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        let (key, value) = (serde_json::Value::from(message.key), serde_json::Value::from(message.text(lang)));
        // Writing to a String does not fail.
        write!(text, "{separator}{key}:{value}").unwrap_or_default();
    }
    text.push_str("};\n");
    text
}
