//! Many records in one body: what they share is written once and the whole is compressed, since a row of its own for
//! each would take several times the room.

use super::QueuedRecord;
use crate::config::publication::Qos;
use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;

/// The first byte of a body: the layout of the rest.
const LAYOUT: u8 = 1;
/// The most a body is unpacked to: the longest message MQTT knows (3.1.1, 2.2.3) and its neighbours.
const LARGEST: u64 = 272 * 1024 * 1024;

/// What cannot be read as records.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page of the queue cannot be read")]
pub(super) struct Unreadable;

/// Packs records, whose ids rise.
pub(super) fn pack(records: &[QueuedRecord]) -> std::io::Result<Vec<u8>> {
    let (mut sources, mut topics) = (Words::default(), Words::default());
    let mut heads = Vec::with_capacity(records.len() * 8);
    let (mut id, mut at) = (0, 0);
    for record in records {
        number(&mut heads, record.id.wrapping_sub(id));
        number(&mut heads, sources.place(&record.source));
        number(&mut heads, topics.place(&record.topic));
        heads.push(quality(record.qos) | u8::from(record.retain) << 2);
        number(&mut heads, zigzag(record.at_ms.wrapping_sub(at)));
        number(&mut heads, record.payload.len() as u64);
        (id, at) = (record.id, record.at_ms);
    }
    // Fast: beside its neighbours a payload is little more than its digits, whatever the effort.
    let mut body = ZlibEncoder::new(vec![LAYOUT], Compression::fast());
    let mut front = Vec::new();
    number(&mut front, records.len() as u64);
    sources.write(&mut front);
    topics.write(&mut front);
    body.write_all(&front)?;
    body.write_all(&heads)?;
    for record in records {
        body.write_all(&record.payload)?;
    }
    body.finish()
}

/// The records of a body.
pub(super) fn unpack(body: &[u8]) -> Result<Vec<QueuedRecord>, Unreadable> {
    let (&LAYOUT, packed) = body.split_first().ok_or(Unreadable)? else { return Err(Unreadable) };
    let mut raw = Vec::new();
    // Its check sum is the stream's own; it is verified at the end, so the end must be read.
    let mut stream = ZlibDecoder::new(packed).take(LARGEST);
    stream.read_to_end(&mut raw).map_err(|_| Unreadable)?;
    let raw = Bytes::from(raw);
    let mut at = Cursor { raw: &raw, at: 0 };
    let count = at.number()?;
    let sources = at.words()?;
    let topics = at.words()?;
    let mut heads = Vec::new();
    let (mut id, mut time) = (0u64, 0i64);
    for _ in 0..count {
        id = id.wrapping_add(at.number()?);
        let source = at.word(&sources)?;
        let topic = at.word(&topics)?;
        let flags = at.byte()?;
        time = time.wrapping_add(unzigzag(at.number()?));
        let length = at.number()?;
        let qos = match flags & 3 {
            0 => Qos::AtMostOnce,
            1 => Qos::AtLeastOnce,
            2 => Qos::ExactlyOnce,
            _ => return Err(Unreadable),
        };
        let retain = flags & 4 == 4;
        let empty = Bytes::new();
        heads.push((QueuedRecord { id, source, topic, payload: empty, qos, retain, at_ms: time }, length));
    }
    let mut records = Vec::with_capacity(heads.len());
    for (mut record, length) in heads {
        record.payload = at.take(length)?;
        records.push(record);
    }
    (at.at == raw.len()).then_some(records).ok_or(Unreadable)
}

fn quality(qos: Qos) -> u8 {
    match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
        Qos::ExactlyOnce => 2,
    }
}

/// Words by the order they came in.
#[derive(Default)]
struct Words<'a> {
    list: Vec<&'a str>,
    places: HashMap<&'a str, u64>,
}

impl<'a> Words<'a> {
    fn place(&mut self, word: &'a str) -> u64 {
        *self.places.entry(word).or_insert_with(|| {
            self.list.push(word);
            self.list.len() as u64 - 1
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        number(out, self.list.len() as u64);
        for word in &self.list {
            number(out, word.len() as u64);
            out.extend_from_slice(word.as_bytes());
        }
    }
}

/// Seven bits a byte, the lowest first; the highest bit says that another follows.
fn number(out: &mut Vec<u8>, mut number: u64) {
    while 0x7F < number {
        out.push(low(number) | 0x80);
        number >>= 7;
    }
    out.push(low(number));
}

fn low(number: u64) -> u8 {
    number.to_le_bytes()[0] & 0x7F
}

fn zigzag(number: i64) -> u64 {
    (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

struct Cursor<'a> {
    raw: &'a Bytes,
    at: usize,
}

impl Cursor<'_> {
    fn byte(&mut self) -> Result<u8, Unreadable> {
        let byte = *self.raw.get(self.at).ok_or(Unreadable)?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unreadable)
    }

    fn take(&mut self, length: u64) -> Result<Bytes, Unreadable> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length)).ok_or(Unreadable)?;
        if self.raw.len() < end {
            return Err(Unreadable);
        }
        let taken = self.raw.slice(self.at..end);
        self.at = end;
        Ok(taken)
    }

    fn words(&mut self) -> Result<Vec<Arc<str>>, Unreadable> {
        let count = self.number()?;
        let mut words = Vec::new();
        for _ in 0..count {
            let length = self.number()?;
            let bytes = self.take(length)?;
            words.push(Arc::from(std::str::from_utf8(&bytes).map_err(|_| Unreadable)?));
        }
        Ok(words)
    }

    fn word(&mut self, words: &[Arc<str>]) -> Result<Arc<str>, Unreadable> {
        let place = usize::try_from(self.number()?).map_err(|_| Unreadable)?;
        words.get(place).cloned().ok_or(Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> impl Strategy<Value = (u64, String, String, Vec<u8>, u8, bool, i64)> {
        let payload = proptest::collection::vec(any::<u8>(), 0..40);
        (1..1000u64, "[a-c]{1,3}", "[a-d/]{1,6}", payload, 0..3u8, any::<bool>(), any::<i64>())
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(parts in proptest::collection::vec(record(), 0..50)) {
            let mut id = 0;
            let records: Vec<QueuedRecord> = parts.into_iter().map(|(gap, source, topic, payload, qos, retain, at_ms)| {
                id += gap;
                let qos = [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce][usize::from(qos)];
                QueuedRecord {id, source: source.into(), topic: topic.into(), payload: payload.into(), qos, retain, at_ms}
            }).collect();
            prop_assert_eq!(unpack(&pack(&records).unwrap()).unwrap(), records);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), whole in any::<bool>()) {
            let body = if whole {
                let mut packed = ZlibEncoder::new(vec![LAYOUT], Compression::fast());
                packed.write_all(&bytes).unwrap();
                packed.finish().unwrap()
            } else {
                bytes
            };
            // Not that it refuses: that it answers at all.
            prop_assert!(unpack(&body).is_ok_and(|records| records.len() <= 300) || unpack(&body) == Err(Unreadable));
        }

        #[test]
        fn a_changed_byte_is_noticed(place in 0..2000usize, bit in 0..8u8) {
            let record = |id: u64| QueuedRecord {
                id, source: "p".into(), topic: format!("t/{id}").into(), payload: format!("{{\"value\":{id}}}").into(),
                qos: Qos::AtLeastOnce, retain: false, at_ms: 0,
            };
            let records: Vec<_> = (1..100).map(record).collect();
            let mut body = pack(&records).unwrap();
            let place = place % body.len();
            body[place] ^= 1 << bit;
            prop_assert!(unpack(&body).map_or(true, |read| read == records));
        }
    }

    #[test]
    fn an_hour_of_readings_takes_few_bytes_each() {
        let record = |n: u64| QueuedRecord {
            id: n + 1,
            source: "values".into(),
            topic: format!("line-3/read/meter{}/voltage", n % 50).into(),
            payload: format!(
                "{{\"value\":{}.{},\"quality\":\"good\",\"timestamp\":\"2026-01-02T03:{:02}:{:02}.{:03}Z\"}}",
                200 + n * 7919 % 60,
                n * 104_729 % 1000,
                n / 60_000,
                n / 1000 % 60,
                n % 1000
            )
            .into(),
            qos: Qos::AtLeastOnce,
            retain: false,
            at_ms: 1_767_323_045_678 + n.cast_signed(),
        };
        let records: Vec<_> = (0..2000).map(record).collect();
        let each = pack(&records).unwrap().len() / records.len();
        // 200 MiB for 3.6 million would be 58.
        assert!(each < 30, "{each} bytes a record");
    }
}
