//! As much of MQTT's framing as the front needs: where packets begin, how long they are, who a CONNECT is from.

/// Longest CONNECT read before anybody has logged in: the largest last will (64 KiB) with names of usual lengths; what
/// strangers can make us hold stays bounded.
pub(super) const MAX_CONNECT: usize = 80 * 1024;

const CONNECT: u8 = 0x10;
const KIND: u8 = 0xF0;
/// PUBACK, PUBREC, PUBREL, PUBCOMP.
const ACKNOWLEDGEMENTS: [u8; 4] = [0x40, 0x50, 0x60, 0x70];
const DISCONNECT: u8 = 0xE0;

/// Why a stream of packets cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    /// A packet announces more than is allowed.
    #[error("a message of {bytes} bytes is larger than the {limit} allowed")]
    TooLarge {
        /// Announced.
        bytes: usize,
        /// Allowed.
        limit: usize,
    },
    /// The length field has more than four bytes (MQTT 3.1.1, 2.2.3).
    #[error("this is not MQTT: a malformed length")]
    Malformed,
}

/// What a chunk of bytes held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Packets begun in it, acknowledgements of what we sent not counted.
    pub(super) requests: u32,
    /// Bytes up to the first packet that must not pass.
    pub(super) sound: usize,
    /// A DISCONNECT is among them: nothing may follow.
    pub(super) farewell: bool,
}

/// Follows packet boundaries through chunks of any size without keeping the packets.
#[derive(Debug, Default)]
pub(super) struct Frames {
    place: Place,
}

#[derive(Debug, Clone, Copy, Default)]
enum Place {
    #[default]
    Start,
    Length {
        first: u8,
        value: usize,
        bytes: u32,
    },
    Body {
        left: usize,
    },
}

impl Frames {
    /// Follows one more chunk; `limit` is the largest remaining length allowed from here on.
    pub(super) fn feed(&mut self, chunk: &[u8], limit: usize) -> (Seen, Option<Violation>) {
        let mut seen = Seen::default();
        let mut at = 0;
        let mut packet_begins = 0;
        while at < chunk.len() {
            match self.place {
                Place::Start => {
                    packet_begins = at;
                    self.place = Place::Length { first: chunk[at], value: 0, bytes: 0 };
                    at += 1;
                }
                Place::Length { first, value, bytes } => {
                    let byte = chunk[at];
                    at += 1;
                    let value = value | usize::from(byte & 0x7F) << (7 * bytes);
                    if byte & 0x80 != 0 {
                        if bytes == 3 {
                            seen.sound = packet_begins;
                            return (seen, Some(Violation::Malformed));
                        }
                        self.place = Place::Length { first, value, bytes: bytes + 1 };
                        continue;
                    }
                    if value > limit {
                        seen.sound = packet_begins;
                        return (seen, Some(Violation::TooLarge { bytes: value, limit }));
                    }
                    seen.requests += u32::from(!ACKNOWLEDGEMENTS.contains(&(first & KIND)));
                    seen.farewell |= first & KIND == DISCONNECT;
                    self.place = if value == 0 { Place::Start } else { Place::Body { left: value } };
                }
                Place::Body { left } => {
                    let taken = left.min(chunk.len() - at);
                    at += taken;
                    self.place = if taken == left { Place::Start } else { Place::Body { left: left - taken } };
                }
            }
        }
        seen.sound = chunk.len();
        (seen, None)
    }
}

/// A CONNECT packet at the head of `bytes`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head<'a> {
    /// Not all of it is there yet.
    Partial,
    /// It is no CONNECT of a protocol we speak, or longer than [`MAX_CONNECT`].
    Foreign,
    /// A CONNECT of another version of MQTT; a bridge of mosquitto begins with one of its own and takes no for an answer.
    OtherVersion,
    /// All of it.
    Connect {
        /// Bytes of the packet.
        length: usize,
        /// 3, 4 or 5.
        level: u8,
        /// As sent; empty when the broker is to choose.
        client_id: &'a str,
    },
}

/// Reads the first packet of a connection.
pub(super) fn head(bytes: &[u8]) -> Head<'_> {
    if bytes.first().is_some_and(|first| *first != CONNECT) {
        return Head::Foreign;
    }
    let mut length = 0;
    for (index, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            let body = index + 2;
            if length > MAX_CONNECT {
                return Head::Foreign;
            }
            return match bytes.get(body..body + length) {
                None => Head::Partial,
                Some(content) => match connect(content) {
                    None if is_other_version(content) => Head::OtherVersion,
                    None => Head::Foreign,
                    Some((level, client_id)) => Head::Connect { length: body + length, level, client_id },
                },
            };
        }
    }
    if bytes.len() > 4 { Head::Foreign } else { Head::Partial }
}

/// Whether it is MQTT, of a level that is none of ours.
fn is_other_version(content: &[u8]) -> bool {
    prefixed(content).is_some_and(|(name, rest)| {
        matches!((name, rest.first()), (b"MQIsdp", Some(level)) if *level != 3)
            || matches!((name, rest.first()), (b"MQTT", Some(level)) if ![4, 5].contains(level))
    })
}

/// Protocol level and client id (MQTT 3.1.1 and 5.0, 3.1.2 and 3.1.3).
fn connect(content: &[u8]) -> Option<(u8, &str)> {
    let (name, rest) = prefixed(content)?;
    let (&level, rest) = rest.split_first()?;
    match (name, level) {
        (b"MQIsdp", 3) | (b"MQTT", 4 | 5) => (),
        _ => return None,
    }
    // Flags and keep-alive.
    let mut rest = rest.get(3..)?;
    if level == 5 {
        let mut length = 0;
        let mut bytes = 0;
        loop {
            let (&byte, after) = rest.split_first()?;
            rest = after;
            length |= usize::from(byte & 0x7F) << (7 * bytes);
            bytes += 1;
            if byte & 0x80 == 0 {
                break;
            }
            if bytes == 4 {
                return None;
            }
        }
        rest = rest.get(length..)?;
    }
    let (client_id, _) = prefixed(rest)?;
    Some((level, std::str::from_utf8(client_id).ok()?))
}

fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// CONNACK "unacceptable protocol version" (3.1.1, 3.1.2.2), for whatever version was asked for.
pub(super) const OTHER_VERSION: &[u8] = &[0x20, 0x02, 0x00, 0x01];

/// CONNACK "server unavailable" (3.1.1) or "quota exceeded" (5.0, 3.2.2.2).
pub(super) fn no_room(level: u8) -> &'static [u8] {
    if level == 5 { &[0x20, 0x03, 0x00, 0x97, 0x00] } else { &[0x20, 0x02, 0x00, 0x03] }
}

/// CONNACK "server unavailable" (3.1.1) or "connection rate exceeded" (5.0, 3.2.2.2).
pub(super) fn held_back(level: u8) -> &'static [u8] {
    if level == 5 { &[0x20, 0x03, 0x00, 0x9F, 0x00] } else { &[0x20, 0x02, 0x00, 0x03] }
}

/// DISCONNECT "packet too large" (5.0, 3.14.2.1); 3.1.1 has no word for it.
pub(super) fn too_large(level: u8) -> &'static [u8] {
    if level == 5 { &[0xE0, 0x02, 0x95, 0x00] } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(length: usize) -> Vec<u8> {
        let mut packet = vec![0x30];
        let mut rest = length;
        loop {
            let byte = u8::try_from(rest % 128).unwrap();
            rest /= 128;
            packet.push(if rest > 0 { byte | 0x80 } else { byte });
            if rest == 0 {
                break;
            }
        }
        packet.resize(packet.len() + length, 7);
        packet
    }

    #[test]
    fn boundaries_are_found_whatever_the_chunks() {
        let stream: Vec<u8> =
            [publish(3), publish(0), publish(200), publish(20_000), vec![0x40, 2, 0, 1, 0xE0, 0]].concat();
        for size in [1, 2, 3, 7, 1000, stream.len()] {
            let mut frames = Frames::default();
            let mut packets = 0;
            let mut farewell = false;
            for chunk in stream.chunks(size) {
                let (seen, violation) = frames.feed(chunk, 20_000);
                assert_eq!((seen.sound, violation), (chunk.len(), None));
                packets += seen.requests;
                farewell |= seen.farewell;
            }
            assert_eq!((packets, farewell), (5, true), "chunks of {size}");
        }
    }

    #[test]
    fn what_came_before_a_packet_too_large_is_sound() {
        let stream = [publish(10), publish(300)].concat();
        let (seen, violation) = Frames::default().feed(&stream, 299);
        assert_eq!((seen.requests, seen.sound), (1, 12));
        assert_eq!(violation, Some(Violation::TooLarge { bytes: 300, limit: 299 }));
        let mut frames = Frames::default();
        assert_eq!(frames.feed(&stream[..13], 299).1, None);
        assert_eq!(frames.feed(&stream[13..], 299).0.sound, 0);
        assert_eq!(Frames::default().feed(&[0x30, 255, 255, 255, 255, 1], 9).1, Some(Violation::Malformed));
    }

    fn connect_packet(level: u8, client_id: &str) -> Vec<u8> {
        let mut body = vec![0, 4];
        body.extend(b"MQTT");
        body.extend([level, 2, 0, 60]);
        if level == 5 {
            body.extend([5, 0x11, 0, 0, 0, 10]);
        }
        body.extend(u16::try_from(client_id.len()).unwrap().to_be_bytes());
        body.extend(client_id.as_bytes());
        let mut packet = vec![CONNECT, u8::try_from(body.len()).unwrap()];
        packet.extend(body);
        packet
    }

    #[test]
    fn the_first_packet_tells_version_and_client() {
        for level in [4, 5] {
            let mut packet = connect_packet(level, "press-7");
            let length = packet.len();
            for cut in 0..length {
                assert_eq!(head(&packet[..cut]), Head::Partial, "{cut} bytes");
            }
            packet.extend([0xC0, 0]);
            assert_eq!(head(&packet), Head::Connect { length, level, client_id: "press-7" });
        }
    }

    #[test]
    fn other_protocols_are_seen_at_once() {
        for foreign in [&b"GET / HTTP/1.1\r\n"[..], &[0x16, 3, 1], &[CONNECT, 0xFF, 0xFF, 0xFF, 0x7F], &[CONNECT, 0]] {
            assert_eq!(head(foreign), Head::Foreign, "{foreign:?}");
        }
        assert_eq!(head(&connect_packet(6, "x")), Head::OtherVersion);
        // That of mosquitto's bridges: 3.1.1 with the highest bit.
        assert_eq!(head(b"\x10\x0d\0\x04MQTT\x84\x02\0\x3c\0\x01a"), Head::OtherVersion);
    }
}
