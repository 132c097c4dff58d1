use super::*;
use proptest::prelude::*;

const FUNCTION: ExceptionCode = ExceptionCode::IllegalFunction;
const ADDRESS: ExceptionCode = ExceptionCode::IllegalDataAddress;
const VALUE: ExceptionCode = ExceptionCode::IllegalDataValue;

#[track_caller]
fn refused(pdu: &[u8], expect: ExceptionCode) {
    assert_eq!(understand(pdu), Err(expect), "{pdu:02X?}");
}

#[track_caller]
fn reads(pdu: &[u8], table: Table, address: u16, count: u16) {
    assert_eq!(understand(pdu), Ok(Asked::Read(Span::new(table, address, count).unwrap())), "{pdu:02X?}");
}

#[track_caller]
fn writes(pdu: &[u8], table: Table, address: u16, words: &[u16]) {
    let span = Span::new(table, address, u16::try_from(words.len()).unwrap()).unwrap();
    let written = Written { span, what: What::Words(words.to_vec()) };
    assert_eq!(understand(pdu), Ok(Asked::Write(written)), "{pdu:02X?}");
}

#[test]
fn requests_of_the_specification_are_understood() {
    reads(&[1, 0, 0x13, 0, 0x13], Table::Coil, 0x13, 0x13);
    reads(&[2, 0, 0xC4, 0, 0x16], Table::Discrete, 0xC4, 0x16);
    reads(&[3, 0, 0x6B, 0, 3], Table::Holding, 0x6B, 3);
    reads(&[4, 0xFF, 0xFF, 0, 1], Table::Input, 0xFFFF, 1);
    writes(&[5, 0, 0xAC, 0xFF, 0], Table::Coil, 0xAC, &[1]);
    writes(&[5, 0, 0xAC, 0, 0], Table::Coil, 0xAC, &[0]);
    writes(&[6, 0, 1, 0, 3], Table::Holding, 1, &[3]);
    writes(&[15, 0, 0x13, 0, 10, 2, 0xCD, 1], Table::Coil, 0x13, &[1, 0, 1, 1, 0, 0, 1, 1, 1, 0]);
    writes(&[16, 0, 1, 0, 2, 4, 0, 10, 1, 2], Table::Holding, 1, &[10, 0x102]);
    let mask = Written { span: Span::new(Table::Holding, 4, 1).unwrap(), what: What::Mask { and: 0xF2, or: 0x25 } };
    assert_eq!(understand(&[22, 0, 4, 0, 0xF2, 0, 0x25]), Ok(Asked::Write(mask.clone())));
    // The example of 6.16: 12 hex becomes 17 hex.
    assert_eq!(mask.what.words(|| 0x12), [0x17]);
    let both = [23, 0, 3, 0, 6, 0, 0x0E, 0, 3, 6, 0, 0xFF, 0, 0xFF, 0, 0xFF];
    let written = Written { span: Span::new(Table::Holding, 14, 3).unwrap(), what: What::Words(vec![0xFF; 3]) };
    assert_eq!(understand(&both), Ok(Asked::Both(Span::new(Table::Holding, 3, 6).unwrap(), written)));
    assert_eq!(understand(&[43, 14, 1, 0]), Ok(Asked::Identify { code: 1, object: 0 }));
}

#[test]
fn what_cannot_be_gets_the_specifications_exception() {
    for function in [0, 7, 8, 17, 20, 24, 0x41, 0x80, 0x83, 0xFF] {
        refused(&[function, 0, 0, 0, 1], FUNCTION);
    }
    refused(&[43, 13, 0, 0], FUNCTION);
    refused(&[43, 14, 0, 0], VALUE);
    refused(&[43, 14, 5, 0], VALUE);
    refused(&[43, 14, 1], VALUE);
    for (function, most) in [(1, 2000u16), (2, 2000), (3, 125), (4, 125)] {
        let [high, low] = (most + 1).to_be_bytes();
        refused(&[function, 0, 0, 0, 0], VALUE);
        refused(&[function, 0, 0, high, low], VALUE);
        refused(&[function, 0, 0, 0], VALUE);
        refused(&[function, 0, 0, 0, 1, 0], VALUE);
        refused(&[function, 0xFF, 0xFF, 0, 2], ADDRESS);
        // The count is judged before the address.
        refused(&[function, 0xFF, 0xFF, high, low], VALUE);
    }
    refused(&[5, 0, 0, 0x12, 0x34], VALUE);
    refused(&[5, 0, 0, 0xFF, 0, 0], VALUE);
    refused(&[6, 0, 0, 0], VALUE);
    // One byte for eight coils, and two came.
    refused(&[0x0F, 0, 0, 0xFF, 0xFF, 1, 0], VALUE);
    refused(&[15, 0, 0, 0, 8, 2, 0xFF, 0xFF], VALUE);
    refused(&[15, 0, 0, 0, 8, 1], VALUE);
    refused(&[15, 0, 0, 0, 0, 0], VALUE);
    refused(&[15, 0xFF, 0xFF, 0, 2, 1, 3], ADDRESS);
    refused(&[16, 0, 0, 0, 1, 2, 1], VALUE);
    refused(&[16, 0, 0, 0, 1, 4, 1, 2, 3, 4], VALUE);
    refused(&[16, 0xFF, 0xFF, 0, 2, 4, 1, 2, 3, 4], ADDRESS);
    refused(&[22, 0, 4, 0, 0xF2, 0], VALUE);
    refused(&[23, 0, 0, 0, 126, 0, 0, 0, 1, 2, 0, 0], VALUE);
    refused(&[23, 0, 0, 0, 1, 0, 0, 0, 122, 244, 0, 0], VALUE);
    refused(&[23, 0xFF, 0xFF, 0, 2, 0, 0, 0, 1, 2, 0, 0], ADDRESS);
}

#[test]
fn answers_are_the_specifications_bytes() {
    let answer = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        out
    };
    let bits = [1, 0, 1, 1, 0, 0, 1, 1, 1, 1];
    assert_eq!(answer(&|out| put_read(out, 1, Table::Coil, &bits)), [1, 2, 0xCD, 3]);
    assert_eq!(answer(&|out| put_read(out, 3, Table::Holding, &[0x022B, 100])), [3, 4, 2, 0x2B, 0, 100]);
    assert_eq!(answer(&|out| put_written(out, &[16, 0, 1, 0, 2, 4, 0, 10, 1, 2])), [16, 0, 1, 0, 2]);
    let mask = [22, 0, 4, 0, 0xF2, 0, 0x25];
    assert_eq!(answer(&|out| put_written(out, &mask)), mask);
    assert_eq!(answer(&|out| put_exception(out, &[3, 0, 0, 0, 1], ADDRESS)), [0x83, 2]);
}

#[test]
fn the_device_identifies_itself() {
    let texts = [(0, "dinrail"), (1, "gateway"), (2, "1.0"), (4, "name"), (6, "plant")];
    let identity = Identity::new(texts.map(|(id, text)| (id, text.to_owned())));
    let ask = |code, object| {
        let mut out = Vec::new();
        identity.put(&mut out, code, object).map(|()| out)
    };
    let basic = b"\x2B\x0E\x01\x82\0\0\x03\0\x07dinrail\x01\x07gateway\x02\x031.0";
    assert_eq!(ask(1, 0).unwrap(), basic);
    assert_eq!(ask(1, 9).unwrap(), basic, "an object that is not there begins at the first");
    assert_eq!(ask(2, 4).unwrap(), b"\x2B\x0E\x02\x82\0\0\x02\x04\x04name\x06\x05plant");
    assert_eq!(ask(3, 0).unwrap()[6], 5);
    assert_eq!(ask(4, 2).unwrap(), b"\x2B\x0E\x04\x82\0\0\x01\x02\x031.0");
    assert_eq!(ask(4, 3), Err(ADDRESS));
}

#[test]
fn a_long_identification_comes_in_several_messages() {
    let identity = Identity::new([0, 1, 2, 4].map(|id| (id, "온".repeat(60))));
    let (mut seen, mut object) = (Vec::new(), 0);
    for _ in 0..9 {
        let mut out = Vec::new();
        identity.put(&mut out, 2, object).unwrap();
        assert!(out.len() <= MAX_PDU);
        seen.push(out[7]);
        if out[4] == 0 {
            break;
        }
        object = out[5];
    }
    assert_eq!(seen, [0, 1, 2, 4]);
}

proptest! {
    #[test]
    fn any_bytes_are_understood_or_refused(function in prop::sample::select(vec![1u8, 2, 3, 4, 5, 6, 15, 16, 22, 23, 43, 99]), rest in proptest::collection::vec(any::<u8>(), 0..260)) {
        let pdu = [&[function], &rest[..]].concat();
        if let Ok(Asked::Write(written) | Asked::Both(_, written)) = understand(&pdu) {
            prop_assert_eq!(written.what.words(|| 0).len(), usize::from(written.span.count()));
        }
    }
}
