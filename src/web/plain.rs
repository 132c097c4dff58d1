//! Whoever speaks plain HTTP at the HTTPS port is sent to https, and served nothing.

use super::i18n::{Lang, messages as m};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The longest head that is looked at; what a browser sends is far below.
const LONGEST: usize = 8 * 1024;
/// The longest host name with its port (RFC 1035, 2.3.4).
const LONGEST_HOST: usize = 261;
/// What still comes while the answer goes out is read so far and so long: closing upon unread bytes would take the
/// answer back.
const REST: u64 = 64 * 1024;
const FAREWELL: Duration = Duration::from_secs(1);

/// Answers one request and closes. The caller bounds the time.
pub(super) fn answer(stream: TcpStream) -> BoxFuture<'static, ()> {
    async move {
        if let Err(error) = converse(stream).await {
            tracing::debug!(%error, "a plain request went away");
        }
    }
    .boxed()
}

async fn converse(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !is_whole(&head) && head.len() < LONGEST {
        if (&mut stream).take(LONGEST as u64).read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    stream.write_all(reply(&head).as_bytes()).await?;
    stream.shutdown().await?;
    let rest = async { tokio::io::copy(&mut stream.take(REST), &mut tokio::io::sink()).await };
    drop(tokio::time::timeout(FAREWELL, rest).await);
    Ok(())
}

fn is_whole(head: &[u8]) -> bool {
    head.windows(4).any(|end| end == b"\r\n\r\n") || head.windows(2).any(|end| end == b"\n\n")
}

/// The answer to a head: the same address by https where that can be told, else a sentence.
fn reply(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().take_while(|line| !line.is_empty());
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut hosts, mut languages) = (Vec::new(), None);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        match name.to_ascii_lowercase().as_str() {
            "host" => hosts.push(value.trim()),
            "accept-language" => languages = Some(value.trim()),
            _ => (),
        }
    }
    let reads = method == "GET" || method == "HEAD";
    let local = target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic());
    match hosts.as_slice() {
        [host] if reads && local && is_whole(head) && is_host(host) => format!(
            "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://{host}{target}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        ),
        _ => {
            let sentence = m::start::HTTPS_ONLY.text(Lang::choose(None, languages));
            let body = if method == "HEAD" { String::new() } else { format!("{sentence}\n") };
            let length = sentence.len() + 1;
            format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 X-Content-Type-Options: nosniff\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
        }
    }
}

/// A name or address, with or without a port, that cannot mean anything else in an address.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse::<u16>().is_ok()),
        _ => (text, true),
    };
    let good = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(six) => six.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    };
    good && port && text.len() <= LONGEST_HOST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn goes(head: &str, expect: Option<&str>) {
        let reply = reply(head.as_bytes());
        let location = reply.lines().find_map(|line| line.strip_prefix("Location: "));
        assert_eq!(location, expect, "{reply}");
        let status = if expect.is_some() { "HTTP/1.1 308 " } else { "HTTP/1.1 400 " };
        assert!(reply.starts_with(status), "{reply}");
    }

    #[test]
    fn a_plain_address_becomes_the_same_by_https() {
        goes("GET / HTTP/1.1\r\nHost: gw:8443\r\n\r\n", Some("https://gw:8443/"));
        goes("HEAD /tags?match=a/* HTTP/1.1\r\nhost:10.0.0.7\r\n\r\n", Some("https://10.0.0.7/tags?match=a/*"));
        goes("GET /a HTTP/1.1\nX: y\nHost: [fd00::1]:8443\n\n", Some("https://[fd00::1]:8443/a"));
    }

    #[test]
    fn what_could_lead_elsewhere_gets_a_sentence() {
        for head in [
            "POST / HTTP/1.1\r\nHost: gw\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: gw\r\nHost: evil.example\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: gw@evil.example\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: evil.example/x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: gw:99999\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \r\n\r\n",
            "GET http://evil.example/ HTTP/1.1\r\nHost: gw\r\n\r\n",
            "GET /\rSet-Cookie:x HTTP/1.1\r\nHost: gw\r\n\r\n",
            "GET /\u{e4} HTTP/1.1\r\nHost: gw\r\n\r\n",
            "GET /half HTTP/1.1\r\nHost: gw\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "",
        ] {
            goes(head, None);
        }
    }

    #[test]
    fn the_sentence_is_in_the_readers_language() {
        let korean = reply("POST / HTTP/1.1\r\nAccept-Language: ko-KR,ko;q=0.9\r\n\r\n".as_bytes());
        let sentence = m::start::HTTPS_ONLY.text(Lang::Ko);
        assert!(korean.ends_with(&format!("{sentence}\n")), "{korean}");
        assert!(korean.contains(&format!("Content-Length: {}\r\n", sentence.len() + 1)));
        let (head, body) = korean.split_once("\r\n\r\n").unwrap();
        assert!(head.is_ascii() && !body.is_empty());
    }
}
