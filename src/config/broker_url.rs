//! `url` of an MQTT connection: where a broker is, and by which way.

use super::endpoint::Endpoint;
use super::fields::{Fields, shown_text};
use super::problem::Problems;
use std::fmt;

/// Where a broker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// By which way.
    pub scheme: Scheme,
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What a `WebSocket` asks for, with its slash; empty without one.
    pub path: String,
}

/// The way to a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// TCP.
    Mqtt,
    /// TLS.
    Mqtts,
    /// `WebSocket`.
    Ws,
    /// `WebSocket` over TLS.
    Wss,
}

/// Each scheme with its word and its usual port. The ports of `WebSocket` are those of HTTP (RFC 6455, 11.1.1).
const SCHEMES: [(Scheme, &str, u16); 4] =
    [(Scheme::Mqtt, "mqtt", 1883), (Scheme::Mqtts, "mqtts", 8883), (Scheme::Ws, "ws", 80), (Scheme::Wss, "wss", 443)];
/// Where brokers answer a `WebSocket`, if nothing else is said.
const PATH: &str = "/mqtt";
const MAX_PATH: usize = 1000;

impl Scheme {
    /// Whether it is encrypted.
    pub fn is_encrypted(self) -> bool {
        matches!(self, Self::Mqtts | Self::Wss)
    }

    /// Whether it is a `WebSocket`.
    pub fn is_web(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = SCHEMES.iter().find(|(scheme, ..)| *scheme == self.scheme).map_or("", |(_, word, _)| word);
        write!(f, "{scheme}://{}{}", Endpoint { host: self.host.clone(), port: self.port }, self.path)
    }
}

impl BrokerUrl {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let text = fields.required_text("url", 2000, problems)?;
        match Self::parse(text) {
            Ok(url) => Some(url),
            Err(sentence) => {
                fields.error("url", sentence, problems);
                None
            }
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            let shown = shown_text(text);
            format!(
                "{shown} is not a broker such as `mqtt://10.0.0.5:1883`, `mqtts://broker.example` or `wss://broker.example/mqtt`"
            )
        };
        let (word, rest) = text.split_once("://").ok_or_else(wrong)?;
        let (scheme, _, port) = SCHEMES.into_iter().find(|(_, known, _)| *known == word).ok_or_else(wrong)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err("user and password have their own fields, not the URL".to_owned());
        }
        let path = match path {
            "" if scheme.is_web() => PATH,
            "/" if !scheme.is_web() => "",
            path => path,
        };
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte);
        if (!scheme.is_web() && !path.is_empty()) || MAX_PATH < path.len() || !path.bytes().all(fits) {
            return Err(wrong());
        }
        let Endpoint { host, port } = Endpoint::parse(authority, Some(port)).ok_or_else(wrong)?;
        Ok(Self { scheme, host, port, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(BrokerUrl::parse(text).ok().map(|url| url.to_string()).as_deref(), expect, "{text}");
    }

    #[test]
    fn urls_have_scheme_host_and_port() {
        check("mqtt://127.0.0.1", Some("mqtt://127.0.0.1:1883"));
        check("mqtts://broker.example/", Some("mqtts://broker.example:8883"));
        check("mqtt://[::1]:1884", Some("mqtt://[::1]:1884"));
        check("mqtt://[::1]", Some("mqtt://[::1]:1883"));
        check("ws://h", Some("ws://h:80/mqtt"));
        check("ws://h:9001/", Some("ws://h:9001/"));
        check("wss://broker.example/a/b?c=d", Some("wss://broker.example:443/a/b?c=d"));
        check("mqtt://h:0", None);
        check("mqtt://h:70000", None);
        check("mqtt://", None);
        check("http://h", None);
        check("mqtt://user:pass@h", None);
        check("mqtt://h/path", None);
        check("ws://h/a b", None);
        check("ws://h/a\r\nX: y", None);
        check("wss://h/a#b", None);
    }
}
