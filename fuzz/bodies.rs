//! What each fuzz target does with its bytes. The package's tests do the same with the seeds.

use dinrail::modbus::framing::{Framing, Hearing, Receiver};
use dinrail::modbus::mbap::{self, Decoder};
use dinrail::modbus::order::Order;
use dinrail::modbus::pdu::{decode_reply, decode_request, encode_request};
use dinrail::modbus::receive::Progress;
use dinrail::modbus::rtu;
use dinrail::modbus::shape::ReplyShape;
use dinrail::modbus::words::Codec;
use dinrail::tag::value::ValueType;

/// Requests of every form of reply; the last one's has no length.
const REQUESTS: [&[u8]; 8] = [
    &[3, 0, 0, 0, 2],
    &[1, 3, 0, 0, 20],
    &[4, 0, 0, 0, 125],
    &[5, 0, 1, 0xFF, 0],
    &[6, 0, 1, 0, 7],
    &[16, 0, 1, 0, 1, 2, 0, 7],
    &[22, 0, 4, 0, 0xF2, 0, 0x25],
    &[0x41, 1, 2],
];

/// The receiver of RTU frames: request, unit, hearing and piece length, then what the line delivers.
pub(crate) fn rtu(data: &[u8]) {
    serial(Framing::Rtu, data);
}

/// The receiver of ASCII frames, likewise.
pub(crate) fn ascii(data: &[u8]) {
    serial(Framing::Ascii, data);
}

fn serial(framing: Framing, data: &[u8]) {
    let [request, unit, hearing, piece, line @ ..] = data else { return };
    let pdu = REQUESTS[usize::from(*request) % REQUESTS.len()];
    let shape = ReplyShape::of(pdu).expect("it is a request");
    let hearing = [Hearing::Unknown, Hearing::Deaf, Hearing::Echo][usize::from(*hearing) % 3];
    let own = framing.frame(*unit, pdu);
    let mut receiver = Receiver::new(framing, *unit, shape, pdu, own, hearing);
    for bytes in line.chunks(usize::from(*piece).max(1)) {
        if let Progress::Reply(found) = receiver.push(bytes) {
            // Only what fits the request is believed, and it stands in the bytes word by word.
            assert!(shape.accepts(&found.pdu));
            let whole = framing.frame(*unit, &found.pdu);
            let seen = line.to_ascii_uppercase();
            assert!(framing == Framing::Ascii || line.windows(whole.len()).any(|window| window == whole));
            assert!(framing == Framing::Rtu || contains(&seen, &whole[..whole.len() - 2]));
            drop(decode_reply(pdu, &found.pdu));
            return;
        }
    }
    if receiver.ends_by_silence()
        && let Some(found) = receiver.silence()
    {
        assert!(shape.accepts(&found.pdu));
        return;
    }
    let junk = receiver.give_up();
    assert!(junk.noise <= line.len());
    for (unit, pdu) in framing.sort(line).frames {
        assert!(!pdu.is_empty() && pdu.len() <= rtu::MAX_PDU);
        drop((unit, decode_request(&pdu)));
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len().max(1)).any(|window| window == part)
}

/// The decoder of Modbus/TCP: piece length, then the stream. The messages taken are the stream's beginning.
pub(crate) fn mbap(data: &[u8]) {
    let [piece, stream @ ..] = data else { return };
    let (mut decoder, mut taken) = (Decoder::default(), Vec::new());
    'stream: for bytes in stream.chunks(usize::from(*piece).max(1)) {
        decoder.push(bytes);
        loop {
            match decoder.next() {
                Ok(Some(message)) => {
                    assert!(!message.pdu.is_empty() && message.pdu.len() <= rtu::MAX_PDU);
                    taken.extend(mbap::frame(message.transaction, message.unit, &message.pdu));
                    if let Ok(request) = decode_request(&message.pdu) {
                        drop(encode_request(&request));
                    }
                }
                Ok(None) => break,
                Err(_) => break 'stream,
            }
        }
    }
    assert!(stream.starts_with(&taken));
}

/// The codec of words: type, order, length and bit, then registers. What is read can be written, and reads the same.
pub(crate) fn words(data: &[u8]) {
    let [kind, order, length, bit, bytes @ ..] = data else { return };
    let kind = ValueType::ALL[usize::from(*kind) % ValueType::ALL.len()];
    let names: Vec<&str> = Order::device_words().collect();
    let order = Order::parse_device(names[usize::from(*order) % names.len()]).expect("it is one of the words");
    let mut codec = Codec::new(kind, order, u16::from(*length % 125) + 1);
    if kind == ValueType::Bool && 128 <= *length {
        codec = codec.with_bit(*bit);
    }
    let registers: Vec<u16> = bytes.chunks_exact(2).take(125).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
    let registers = registers.get(..usize::from(codec.registers())).unwrap_or(&registers);
    let Some(value) = codec.decode(registers) else { return };
    let written = codec.encode(&value).expect("what was read can be written");
    match (codec.bit(), registers) {
        (Some(_), [register]) => {
            let on = value.as_f64() == Some(1.0);
            assert_eq!(codec.set_bit(*register, on), *register);
        }
        _ => assert_eq!(codec.decode(&written), Some(value)),
    }
}
