//! Packets of MQTT in bytes, read and written here without the library under test (MQTT 3.1.1 and 5, chapters 1 and 2).

use tokio::io::{AsyncRead, AsyncReadExt};

/// First byte and body of the next packet; nothing once the connection has ended.
pub(crate) async fn read_packet(read: &mut (impl AsyncRead + Unpin)) -> Option<(u8, Vec<u8>)> {
    let first = read.read_u8().await.ok()?;
    let (mut length, mut shift) = (0usize, 0);
    loop {
        let byte = read.read_u8().await.ok()?;
        length |= usize::from(byte & 0x7F) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.ok()?;
    Some((first, body))
}

/// A packet's number.
pub(crate) fn number(body: &[u8]) -> u16 {
    u16::from_be_bytes([body[0], body[1]])
}

/// What is left of a packet.
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    /// The next so many.
    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    /// What stands behind its length.
    pub(crate) fn counted(&mut self) -> &'a [u8] {
        let length = self.bytes(2);
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        self.bytes(length)
    }

    /// The same as text.
    pub(crate) fn text(&mut self) -> String {
        String::from_utf8(self.counted().to_vec()).unwrap()
    }
}

/// A text behind its length.
pub(crate) fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// A packet of this first byte.
pub(crate) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut rest = body.len();
    loop {
        let low = u8::try_from(rest % 128).unwrap();
        rest /= 128;
        bytes.push(if 0 < rest { low | 0x80 } else { low });
        if rest == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}
