//! What each fuzz target does with its bytes. The package's tests do the same with the seeds.

use dinrail::modbus::address::Span;
use dinrail::modbus::framing::{Framing, Hearing, Receiver};
use dinrail::modbus::mbap::{self, Decoder};
use dinrail::modbus::order::Order;
use dinrail::modbus::pdu::{decode_reply, decode_request, encode_request};
use dinrail::modbus::receive::Progress;
use dinrail::modbus::rtu;
use dinrail::modbus::server::{Asked, Identity, Written, put_exception, put_read, put_written, understand};
use dinrail::modbus::shape::ReplyShape;
use dinrail::modbus::words::Codec;
use dinrail::tag::value::ValueType;
use dinrail::views::mib::head::{NoHead, peek};
use dinrail::views::sparkplug::command;
use dinrail::views::sparkplug::datatype::DataType;
use dinrail::views::sparkplug::payload::Payload;
use dinrail::views::sparkplug::state::HostState;
use prost::Message as _;
use tokio_modbus::ExceptionCode;

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

/// The server's side: piece length, then what a client sends. Each whole request gets one answer with its number and unit,
/// until the stream is no Modbus/TCP; what was written is read back.
pub(crate) fn server(data: &[u8]) {
    let [piece, stream @ ..] = data else { return };
    let mut memory = Memory::default();
    let identity =
        Identity::new([(0, "dinrail".to_owned()), (1, "x".repeat(300)), (2, "1".to_owned()), (6, "온".repeat(99))]);
    let (mut input, mut output, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    'stream: for bytes in stream.chunks(usize::from(*piece).max(1)) {
        input.extend_from_slice(bytes);
        loop {
            match mbap::peek(&input) {
                Ok(Some(request)) => {
                    asked.push((request.transaction, request.unit, request.pdu.to_vec()));
                    mbap::put(&mut output, request.transaction, request.unit, |out| {
                        let begin = out.len();
                        if let Err(code) = memory.answer(request.pdu, &identity, out) {
                            out.truncate(begin);
                            put_exception(out, request.pdu, code);
                        }
                    });
                    let length = request.length;
                    input.drain(..length);
                }
                Ok(None) => break,
                Err(_) => break 'stream,
            }
        }
    }
    let mut decoder = Decoder::default();
    decoder.push(&output);
    for (transaction, unit, pdu) in asked {
        let reply = decoder.next().expect("our answers are frames").expect("each request has an answer");
        assert_eq!((reply.transaction, reply.unit), (transaction, unit));
        assert_eq!(reply.pdu[0] & 0x7F, pdu[0] & 0x7F);
        if reply.pdu[0] & 0x80 == 0 {
            assert!(ReplyShape::of(&pdu).expect("it was understood").accepts(&reply.pdu));
        } else {
            assert!(reply.pdu.len() == 2 && (1..=3).contains(&reply.pdu[1]));
        }
    }
    assert_eq!(decoder.next(), Ok(None));
}

/// The tables of a device: what lies beyond 1000 is not there.
struct Memory {
    bits: Vec<u16>,
    registers: Vec<u16>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { bits: vec![0; 1000], registers: vec![0; 1000] }
    }
}

impl Memory {
    fn table(&mut self, span: Span) -> Result<&mut [u16], ExceptionCode> {
        let words = if span.table().is_bits() { &mut self.bits } else { &mut self.registers };
        let from = usize::from(span.address());
        words.get_mut(from..from + usize::from(span.count())).ok_or(ExceptionCode::IllegalDataAddress)
    }

    fn write(&mut self, written: &Written) -> Result<(), ExceptionCode> {
        let table = self.table(written.span)?;
        let words = written.what.words(|| table[0]);
        table.copy_from_slice(&words);
        Ok(())
    }

    fn answer(&mut self, pdu: &[u8], identity: &Identity, out: &mut Vec<u8>) -> Result<(), ExceptionCode> {
        match understand(pdu)? {
            Asked::Read(span) => put_read(out, pdu[0], span.table(), self.table(span)?),
            Asked::Write(written) => {
                self.write(&written)?;
                put_written(out, pdu);
            }
            Asked::Both(span, written) => {
                self.write(&written)?;
                put_read(out, pdu[0], span.table(), self.table(span)?);
            }
            Asked::Identify { code, object } => identity.put(out, code, object)?,
        }
        Ok(())
    }
}

/// The front of the SNMP agent. What it takes for a community stands in the message; a message cut off anywhere is
/// malformed, and what follows a whole one changes nothing.
pub(crate) fn snmp(data: &[u8]) {
    let whole = peek(data);
    if let Ok(head) = &whole
        && let Some(community) = head.community
    {
        assert!(data.as_ptr_range().contains(&community.as_ptr()) || community.is_empty());
        assert!(community.len() + 2 < data.len());
    }
    let ends = (0..=data.len().min(300)).find(|end| peek(&data[..*end]) != Err(NoHead::Malformed));
    let Some(ends) = ends else { return };
    for end in ends..=data.len().min(ends + 16) {
        assert_eq!(peek(&data[..end]), whole);
    }
}

/// What hosts say by Sparkplug. A command that is read is written and read alike; a value that fits its metric is one that
/// the metric can tell, and is the same then.
pub(crate) fn sparkplug(data: &[u8]) {
    HostState::parse(data);
    let Ok(metrics) = command::read(data) else { return };
    for metric in &metrics {
        command::is_rebirth(metric);
        for datatype in DataType::ALL {
            let Ok(value) = command::value(metric, datatype) else { continue };
            let told = datatype.encode(&value).expect("what a host may write can be told");
            assert!(datatype.decode(&told).is_some_and(|again| again.same(&value)));
        }
    }
    // A number that is none differs from itself.
    let shown = format!("{metrics:?}");
    let written = Payload { metrics, ..Payload::default() }.encode_to_vec();
    match command::read(&written) {
        Ok(again) => assert_eq!(format!("{again:?}"), shown),
        Err(error) => assert!(matches!(error, command::CommandError::TooLarge(_)), "{error}"),
    }
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
