//! One row of a table to one tag of the document, with what is wrong told at its cell.

use super::addressing::{self, Addressing, Place};
use super::columns::{Column, Mapping};
use super::names::{Taken, cleaned};
use super::words;
use crate::modbus::address::Table;
use crate::tag::id::check_name;
use crate::tag::value::ValueType;
use serde_json::{Map, Number, Value as Json, json};

/// What holds for all rows of a table.
#[derive(Debug)]
pub(super) struct Context {
    /// How plain addresses are meant.
    pub(super) addressing: Addressing,
    /// Whether a comma can be the decimal sign.
    pub(super) comma: bool,
    /// The table where neither a column nor the address names one.
    pub(super) table: Table,
    /// Whether the table's column holds function codes.
    pub(super) function: bool,
    /// Whether access words come from Kepware, which writes `R/W` at inputs too.
    pub(super) kepware: bool,
}

/// Something about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) column: Option<Column>,
    pub(super) detail: String,
    pub(super) error: bool,
}

/// A cell that starts with one of these is a formula to a spreadsheet (OWASP, "CSV Injection"); with `'` in front it
/// is none, and a text that begins so itself gets one more.
pub(super) const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// Takes the guard of an exported text away again.
fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) => rest,
        _ => text,
    }
}

struct Row<'a> {
    cells: &'a [String],
    mapping: &'a Mapping,
    context: &'a Context,
    notes: Vec<Note>,
}

/// Makes the tag of a row; `None` when a cell has an error.
pub(super) fn read(
    cells: &[String],
    mapping: &Mapping,
    context: &Context,
    taken: &mut Taken,
) -> (Option<Json>, Vec<Note>) {
    let mut row = Row { cells, mapping, context, notes: Vec::new() };
    let tag = row.tag(taken);
    let good = row.notes.iter().all(|note| !note.error);
    (good.then_some(Json::Object(tag)), row.notes)
}

impl<'a> Row<'a> {
    /// The text as it stands, without the guard; `None` when empty.
    fn text(&self, column: Column) -> Option<&'a str> {
        let text = self.cells.get(self.mapping.index(column)?)?;
        Some(unguarded(text)).filter(|text| !text.is_empty())
    }

    /// The text without blanks around it.
    fn word(&self, column: Column) -> Option<&'a str> {
        self.text(column).map(str::trim).filter(|text| !text.is_empty())
    }

    fn note(&mut self, column: Option<Column>, error: bool, detail: impl Into<String>) {
        self.notes.push(Note { column, detail: detail.into(), error });
    }

    /// What a cell holds, or its error.
    fn read<T>(&mut self, column: Column, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match read(self.word(column)?) {
            Ok(value) => Some(value),
            Err(sentence) => {
                self.note(Some(column), true, sentence);
                None
            }
        }
    }

    fn number(&mut self, column: Column) -> Option<Number> {
        let comma = self.context.comma;
        self.read(column, |text| words::number(text, comma))
    }

    fn whole(&mut self, column: Column) -> Option<Number> {
        let comma = self.context.comma;
        self.read(column, |text| words::whole(text, comma))
    }

    fn tag(&mut self, taken: &mut Taken) -> Map<String, Json> {
        let (table, place) = self.place();
        let (kind, length) = self.kind(table, place.as_ref());
        let bit = self.whole(Column::Bit).or_else(|| place.as_ref()?.bit.map(Number::from));
        let mut tag = Map::new();
        let mut put = |name: &str, value: Option<Json>| {
            if let Some(value) = value {
                tag.insert(name.to_owned(), value);
            }
        };
        put("id", self.word(Column::Id).map(Json::from));
        let (name, former) = self.name(table, place.as_ref(), bit.as_ref(), taken);
        put("name", name.map(Json::from));
        put("description", self.text(Column::Description).or(former).map(Json::from));
        put("enabled", self.read(Column::Enabled, words::flag).map(Json::from));
        put("table", Some(table.as_str().into()));
        put("address", place.as_ref().map(|place| place.address.into()));
        put("type", kind.map(|kind| kind.as_str().into()));
        if let Some(kind) = kind {
            put("order", self.read(Column::Order, |text| words::order(text, kind)).map(Json::from));
        }
        put("bit", bit.map(Json::from));
        put("length", length);
        put("scale", self.scale());
        put("unit", self.text(Column::Unit).map(Json::from));
        put("deadband", self.deadband());
        put("invalid", self.invalid());
        put("poll_ms", self.whole(Column::PollMs).map(Json::from));
        put("writable", self.writable(table));
        put("write_min", self.number(Column::WriteMin).map(Json::from));
        put("write_max", self.number(Column::WriteMax).map(Json::from));
        tag
    }

    /// Table and address; they may come from two columns, and must then agree.
    fn place(&mut self) -> (Table, Option<Place>) {
        let (addressing, function) = (self.context.addressing, self.context.function);
        let named = self.read(Column::Table, |text| words::table(text, function));
        let place = self.read(Column::Address, |text| addressing::read(text, addressing));
        if place.is_none() && self.word(Column::Address).is_none() {
            self.note(Some(Column::Address), true, "the address is missing");
        }
        if let (Some(named), Some(meant)) = (named, place.as_ref().and_then(|place| place.table))
            && named != meant
        {
            self.note(
                Some(Column::Address),
                true,
                format!("this address is of the table `{meant}`, the row says `{named}`"),
            );
        }
        let table = named.or_else(|| place.as_ref()?.table).unwrap_or(self.context.table);
        (table, place)
    }

    /// Type and, of texts, length.
    fn kind(&mut self, table: Table, place: Option<&Place>) -> (Option<ValueType>, Option<Json>) {
        let mut length = self.whole(Column::Length).map(Json::from);
        let mut bytes = place.and_then(|place| place.bytes);
        let kind = match self.word(Column::Type) {
            Some(_) => self.read(Column::Type, words::value_type).map(|(kind, named)| {
                bytes = bytes.or(named);
                kind
            }),
            None if table.is_bits() || place.is_some_and(|place| place.bit.is_some()) => Some(ValueType::Bool),
            None if self.word(Column::Bit).is_some() => Some(ValueType::Bool),
            None if bytes.is_some() => Some(ValueType::String),
            None => {
                self.note(Some(Column::Type), false, "no type is given: `u16` is taken");
                Some(ValueType::U16)
            }
        };
        if length.is_none() && kind == Some(ValueType::String) {
            length = bytes.map(|bytes| bytes.div_ceil(2).into());
        }
        (kind, length)
    }

    /// The name, and the text it was made from where that is worth keeping.
    fn name(
        &mut self,
        table: Table,
        place: Option<&Place>,
        bit: Option<&Number>,
        taken: &mut Taken,
    ) -> (Option<String>, Option<&'a str>) {
        let given = self.word(Column::Name);
        if let Some(name) = given.filter(|name| check_name(name).is_ok()) {
            // A name that stands twice is told by the rules of the document.
            taken.take(name);
            return (Some(name.to_owned()), None);
        }
        let made = given.and_then(cleaned).or_else(|| {
            let place = place?;
            let bit = bit.map_or(String::new(), |bit| format!("_{bit}"));
            Some(format!("{table}_{}{bit}", place.address))
        });
        let Some(made) = made else {
            // Without an address there is nothing to name it by; that the address is wrong is told already.
            if given.is_none() {
                self.note(Some(Column::Name), true, "the name is missing");
            }
            return (None, None);
        };
        let name = taken.free(&made);
        let sentence = match given {
            Some(given) => format!("`{}` is not a name here: `{name}` is taken", addressing::short(given)),
            None => format!("no name is given: `{name}` is taken"),
        };
        self.note(Some(Column::Name), false, sentence);
        (Some(name), given)
    }

    /// `{"gain","offset"}` or `{"from","to"}`, with Kepware's switches.
    fn scale(&mut self) -> Option<Json> {
        let negate = self.read(Column::Negate, words::flag).unwrap_or(false);
        let turned = |number: Number| if negate { negated(&number) } else { number };
        let mut ends = [Column::RawLow, Column::RawHigh, Column::Low, Column::High].map(|column| self.number(column));
        if self.mapping.index(Column::Scaling).is_some() {
            match self.word(Column::Scaling).map(str::to_ascii_lowercase).as_deref() {
                Some("linear") => (),
                None | Some("none") => ends = [const { None }; 4],
                Some(_) => self.note(Some(Column::Scaling), true, "only `None` and `Linear` scaling is read"),
            }
        }
        let range = match ends {
            [Some(a), Some(b), Some(c), Some(d)] => Some((a, b, c, d)),
            [None, None, None, None] => None,
            _ => {
                self.note(Some(Column::RawLow), true, "a range needs all four: raw low, raw high, low, high");
                None
            }
        };
        let (gain, written) = self.gain();
        let offset = self.number(Column::Offset);
        match (range.or(written), gain, offset) {
            (Some((a, b, c, d)), None, None) => Some(json!({"from": [a, b], "to": [turned(c), turned(d)]})),
            (Some(_), _, _) => {
                self.note(Some(Column::Gain), true, "either a range or gain and offset, not both");
                None
            }
            (None, None, None) => negate.then(|| json!({"gain": -1})),
            (None, gain, offset) => {
                let mut scale = Map::new();
                let gain = gain.or_else(|| negate.then(|| 1.into()));
                gain.map(|gain| scale.insert("gain".into(), turned(gain).into()));
                offset.map(|offset| scale.insert("offset".into(), turned(offset).into()));
                Some(Json::Object(scale))
            }
        }
    }

    /// A gain, or a whole range in its cell as the editor writes it: `0..27648 = 0..100`.
    #[allow(clippy::type_complexity)] // Two of what `scale` takes apart at once.
    fn gain(&mut self) -> (Option<Number>, Option<(Number, Number, Number, Number)>) {
        let comma = self.context.comma;
        let Some((raw, scaled)) = self.word(Column::Gain).and_then(|text| text.split_once('=')) else {
            return (self.number(Column::Gain), None);
        };
        let range = self.read(Column::Gain, |_| {
            let ends = |text: &str| {
                let (low, high) = text.split_once("..").ok_or("a range is written `0..27648 = 0..100`")?;
                Ok::<_, String>((words::number(low, comma)?, words::number(high, comma)?))
            };
            let ((a, b), (c, d)) = (ends(raw)?, ends(scaled)?);
            Ok((a, b, c, d))
        });
        (None, range)
    }

    fn deadband(&mut self) -> Option<Json> {
        let comma = self.context.comma;
        self.read(Column::Deadband, |text| match text.strip_suffix('%') {
            Some(percent) => words::number(percent, comma).map(|number| json!({"percent": number})),
            None => words::number(text, comma).map(Json::from),
        })
    }

    fn invalid(&mut self) -> Option<Json> {
        let comma = self.context.comma;
        self.read(Column::Invalid, |text| {
            let parts = text.split(|c: char| c == ';' || c.is_whitespace() || (c == ',' && !comma));
            parts.filter(|part| !part.is_empty()).map(|part| words::number(part, comma).map(Json::from)).collect()
        })
        .map(Json::Array)
    }

    fn writable(&mut self, table: Table) -> Option<Json> {
        let writable = self.read(Column::Writable, words::flag)?;
        // Kepware exports the access of every tag; what cannot be written, or need not be said, is left out.
        let said = !self.context.kepware || (writable && table.is_writable());
        said.then_some(writable.into())
    }
}

fn negated(number: &Number) -> Number {
    match (number.as_i64().and_then(i64::checked_neg), number.as_f64()) {
        (Some(whole), _) => whole.into(),
        (None, Some(x)) => Number::from_f64(-x).unwrap_or_else(|| number.clone()),
        (None, None) => number.clone(),
    }
}
