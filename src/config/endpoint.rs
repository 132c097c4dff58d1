//! `host:port`: where a TCP connection goes.

use std::fmt;

/// A host and a port of it. Names are looked up at each connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port, not 0.
    pub port: u16,
}

impl Endpoint {
    /// Reads `host:port`, `address:port` or `[IPv6]:port`; without a port it is `default`, which may be missing too.
    pub(super) fn parse(text: &str, default: Option<u16>) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(v6) => {
                let (host, tail) = v6.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, if tail.is_empty() { None } else { Some(tail.strip_prefix(':')?) })
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        // 253: the longest name DNS knows (RFC 1035, 2.3.4, less the root's dot and length).
        if host.is_empty() || 253 < host.len() || !host.bytes().all(letters) {
            return None;
        }
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port != 0)?,
            None => default?,
        };
        Some(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        let found = Endpoint::parse(text, None).map(|endpoint| endpoint.to_string());
        assert_eq!(found.as_deref(), expect, "{text}");
    }

    #[test]
    fn an_endpoint_is_a_host_and_a_port() {
        check("10.0.0.5:502", Some("10.0.0.5:502"));
        check("plc-1.example:1502", Some("plc-1.example:1502"));
        check("[fe80::1]:502", Some("[fe80::1]:502"));
        for wrong in [
            "10.0.0.5",
            "10.0.0.5:",
            ":502",
            "h:0",
            "h:70000",
            "h:5 02",
            "a b:502",
            "[::1]502",
            "[x]:502",
            "fe80::1:502",
        ] {
            check(wrong, None);
        }
        assert_eq!(Endpoint::parse("[::1]", Some(502)).map(|at| at.to_string()).as_deref(), Some("[::1]:502"));
    }
}
