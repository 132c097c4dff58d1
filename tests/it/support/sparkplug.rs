//! The wire format of Sparkplug B, read and written here by hand: Protocol Buffers are a list of numbered fields, each a
//! number of 7-bit groups, 4 or 8 bytes, or a counted string. Nothing of the library under test is used.

/// A message.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Payload {
    pub(crate) timestamp: Option<u64>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) seq: Option<u64>,
}

/// A metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Metric {
    pub(crate) name: Option<String>,
    pub(crate) alias: Option<u64>,
    pub(crate) timestamp: Option<u64>,
    pub(crate) datatype: Option<u64>,
    pub(crate) is_historical: bool,
    pub(crate) is_null: bool,
    /// Name, type and value of each property.
    pub(crate) properties: Vec<(String, u64, Value)>,
    pub(crate) value: Option<Value>,
}

/// A value, by its place in the `oneof`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Int(u64),
    Long(u64),
    Float(f32),
    Double(f64),
    Boolean(bool),
    String(String),
    Bytes(Vec<u8>),
}

enum Field<'a> {
    Number(u64),
    Fixed4([u8; 4]),
    Fixed8([u8; 8]),
    Counted(&'a [u8]),
}

impl<'a> Field<'a> {
    #[track_caller]
    fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            _ => panic!("a number is expected"),
        }
    }

    #[track_caller]
    fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Counted(bytes) => bytes,
            _ => panic!("a counted field is expected"),
        }
    }

    #[track_caller]
    fn text(&self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }
}

fn number(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (first, rest) = bytes.split_first().expect("the number ends");
        *bytes = rest;
        number |= u64::from(first & 0x7F) << shift;
        shift += 7;
        if first & 0x80 == 0 {
            return number;
        }
    }
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let head = number(&mut bytes);
        let field = match head & 7 {
            0 => Field::Number(number(&mut bytes)),
            1 => {
                let (taken, rest) = bytes.split_first_chunk().unwrap();
                bytes = rest;
                Field::Fixed8(*taken)
            }
            2 => {
                let length = usize::try_from(number(&mut bytes)).unwrap();
                let (taken, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Counted(taken)
            }
            5 => {
                let (taken, rest) = bytes.split_first_chunk().unwrap();
                bytes = rest;
                Field::Fixed4(*taken)
            }
            other => panic!("wire type {other}"),
        };
        fields.push((head >> 3, field));
    }
    fields
}

impl Payload {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut payload = Self::default();
        for (place, field) in fields(bytes) {
            match place {
                1 => payload.timestamp = Some(field.number()),
                2 => payload.metrics.push(Metric::read(field.bytes())),
                3 => payload.seq = Some(field.number()),
                other => panic!("field {other} of a payload"),
            }
        }
        payload
    }

    /// The value of the metric of this name.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.metrics.iter().find(|metric| metric.name.as_deref() == Some(name))?.value.as_ref()
    }
}

impl Metric {
    fn read(bytes: &[u8]) -> Self {
        let mut metric = Self::default();
        for (place, field) in fields(bytes) {
            match place {
                1 => metric.name = Some(field.text()),
                2 => metric.alias = Some(field.number()),
                3 => metric.timestamp = Some(field.number()),
                4 => metric.datatype = Some(field.number()),
                5 => metric.is_historical = field.number() == 1,
                7 => metric.is_null = field.number() == 1,
                9 => metric.properties = properties(field.bytes()),
                10..=16 => metric.value = Some(value(place, &field)),
                other => panic!("field {other} of a metric"),
            }
        }
        metric
    }
}

fn value(place: u64, field: &Field<'_>) -> Value {
    match (place, field) {
        (10, Field::Number(number)) => {
            assert!(u32::try_from(*number).is_ok(), "an int_value has 32 bits");
            Value::Int(*number)
        }
        (11, Field::Number(number)) => Value::Long(*number),
        (12, Field::Fixed4(bytes)) => Value::Float(f32::from_le_bytes(*bytes)),
        (13, Field::Fixed8(bytes)) => Value::Double(f64::from_le_bytes(*bytes)),
        (14, Field::Number(number)) => Value::Boolean(*number == 1),
        (15, field) => Value::String(field.text()),
        (16, field) => Value::Bytes(field.bytes().to_vec()),
        (place, _) => panic!("value {place}"),
    }
}

fn properties(bytes: &[u8]) -> Vec<(String, u64, Value)> {
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (place, field) in fields(bytes) {
        match place {
            1 => keys.push(field.text()),
            2 => {
                let (mut datatype, mut content) = (None, None);
                for (place, field) in fields(field.bytes()) {
                    match place {
                        1 => datatype = Some(field.number()),
                        3 => content = Some(Value::Int(field.number())),
                        8 => content = Some(Value::String(field.text())),
                        other => panic!("field {other} of a property"),
                    }
                }
                values.push((datatype.expect("a property has a type"), content.expect("a property has a value")));
            }
            other => panic!("field {other} of a property set"),
        }
    }
    assert_eq!(keys.len(), values.len(), "keys and values of a property set");
    keys.into_iter().zip(values).map(|(key, (datatype, value))| (key, datatype, value)).collect()
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while 0x7F < number {
        out.push(u8::try_from(number & 0x7F).unwrap() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap());
}

fn put_counted(out: &mut Vec<u8>, place: u64, bytes: &[u8]) {
    put_number(out, place << 3 | 2);
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A command of a host: its metrics by alias or by name.
pub(crate) fn command(metrics: &[Metric]) -> Vec<u8> {
    let mut out = vec![0x08, 1];
    for metric in metrics {
        let mut body = Vec::new();
        if let Some(name) = &metric.name {
            put_counted(&mut body, 1, name.as_bytes());
        }
        for (place, member) in [(2, metric.alias), (3, metric.timestamp), (4, metric.datatype)] {
            if let Some(member) = member {
                put_number(&mut body, place << 3);
                put_number(&mut body, member);
            }
        }
        match &metric.value {
            None => (),
            Some(Value::Int(number)) => {
                body.push(10 << 3);
                put_number(&mut body, *number);
            }
            Some(Value::Double(x)) => {
                body.push(13 << 3 | 1);
                body.extend_from_slice(&x.to_le_bytes());
            }
            Some(Value::Boolean(on)) => body.extend_from_slice(&[14 << 3, u8::from(*on)]),
            Some(other) => panic!("no test writes {other:?}"),
        }
        put_counted(&mut out, 2, &body);
    }
    out
}

/// A metric of a command.
pub(crate) fn named(name: &str, value: Value) -> Metric {
    Metric { name: Some(name.to_owned()), value: Some(value), ..Metric::default() }
}
