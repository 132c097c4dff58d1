//! Which column of a table is which member of a tag.

use super::sheet::Line;

/// What a column can hold. The order is that of an exported table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// `name`
    Name,
    /// `description`
    Description,
    /// `table`
    Table,
    /// `address`, which may carry table and bit.
    Address,
    /// `type`
    Type,
    /// `order`
    Order,
    /// `bit`
    Bit,
    /// `length`
    Length,
    /// `scale.gain`, or a whole range `0..27648 = 0..100`.
    Gain,
    /// `scale.offset`
    Offset,
    /// `scale.from[0]`
    RawLow,
    /// `scale.from[1]`
    RawHigh,
    /// `scale.to[0]`
    Low,
    /// `scale.to[1]`
    High,
    /// `unit`
    Unit,
    /// `deadband`: a number, or `2 %`.
    Deadband,
    /// `invalid`: numbers with `;` between.
    Invalid,
    /// `writable`: yes or no, or `R/W`.
    Writable,
    /// `write_min`
    WriteMin,
    /// `write_max`
    WriteMax,
    /// `poll_ms`
    PollMs,
    /// `enabled`
    Enabled,
    /// `id`: finds the tag again after a rename.
    Id,
    /// Kepware's: whether the four ends of a range count (`Linear`), or not.
    Scaling,
    /// Kepware's: the value's sign is turned.
    Negate,
}

/// Titles by which columns are known, in lower case without blanks and signs. Kepware's are those of its tag export
/// (`Tag Name,Address,Data Type,Respect Data Type,Client Access,Scan Rate,Scaling,Raw Low,...,Eng Units,Description,
/// Negate Value`), the Korean ones those of the browser.
const TITLES: [(Column, &[&str]); 25] = [
    (
        Column::Name,
        &["name", "tag", "tagname", "signal", "point", "pointname", "variable", "symbol", "이름", "태그", "태그명"],
    ),
    (Column::Description, &["description", "comment", "remark", "remarks", "note", "설명", "비고"]),
    (
        Column::Table,
        &["table", "registertype", "objecttype", "object", "area", "function", "functioncode", "fc", "테이블"],
    ),
    (
        Column::Address,
        &[
            "address",
            "register",
            "registeraddress",
            "modbusaddress",
            "addr",
            "reference",
            "modbusregister",
            "주소",
            "참조번호",
        ],
    ),
    (Column::Type, &["type", "datatype", "format", "dataformat", "형식", "데이터형식", "타입"]),
    (Column::Order, &["order", "byteorder", "wordorder", "endian", "endianness", "바이트순서"]),
    (Column::Bit, &["bit", "bitnumber", "bitindex", "비트"]),
    (Column::Length, &["length", "registers", "numberofregisters", "길이"]),
    (Column::Gain, &["gain", "scale", "factor", "scalefactor", "multiplier", "배율"]),
    (Column::Offset, &["offset", "오프셋"]),
    (Column::RawLow, &["rawlow", "rawmin"]),
    (Column::RawHigh, &["rawhigh", "rawmax"]),
    (Column::Low, &["low", "scaledlow", "scaledmin"]),
    (Column::High, &["high", "scaledhigh", "scaledmax"]),
    (Column::Unit, &["unit", "units", "engunits", "engineeringunit", "engineeringunits", "단위"]),
    (Column::Deadband, &["deadband", "데드밴드"]),
    (Column::Invalid, &["invalid", "invalidraw", "invalidvalues", "무효원시값"]),
    (Column::Writable, &["writable", "write", "access", "clientaccess", "rw", "readwrite", "쓰기"]),
    (Column::WriteMin, &["writemin", "쓰기최소"]),
    (Column::WriteMax, &["writemax", "쓰기최대"]),
    (
        Column::PollMs,
        &["pollms", "poll", "period", "periodms", "scanrate", "scanratems", "interval", "intervalms", "주기", "주기ms"],
    ),
    (Column::Enabled, &["enabled", "enable", "active", "사용"]),
    (Column::Id, &["id"]),
    (Column::Scaling, &["scaling"]),
    (Column::Negate, &["negatevalue"]),
];

impl Column {
    /// Those of an exported table, in its order; together they hold every member of a tag.
    pub const EXPORTED: [Self; 23] = [
        Self::Name,
        Self::Description,
        Self::Table,
        Self::Address,
        Self::Type,
        Self::Order,
        Self::Bit,
        Self::Length,
        Self::Gain,
        Self::Offset,
        Self::RawLow,
        Self::RawHigh,
        Self::Low,
        Self::High,
        Self::Unit,
        Self::Deadband,
        Self::Invalid,
        Self::Writable,
        Self::WriteMin,
        Self::WriteMax,
        Self::PollMs,
        Self::Enabled,
        Self::Id,
    ];

    /// The title in an exported table. That of the addresses says how they are meant, so that nothing need be guessed
    /// when the table comes back.
    pub(super) fn title(self) -> &'static str {
        if self == Self::Address { "address (0-based)" } else { self.as_str() }
    }

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Description => "description",
            Self::Table => "table",
            Self::Address => "address",
            Self::Type => "type",
            Self::Order => "order",
            Self::Bit => "bit",
            Self::Length => "length",
            Self::Gain => "gain",
            Self::Offset => "offset",
            Self::RawLow => "raw_low",
            Self::RawHigh => "raw_high",
            Self::Low => "low",
            Self::High => "high",
            Self::Unit => "unit",
            Self::Deadband => "deadband",
            Self::Invalid => "invalid",
            Self::Writable => "writable",
            Self::WriteMin => "write_min",
            Self::WriteMax => "write_max",
            Self::PollMs => "poll_ms",
            Self::Enabled => "enabled",
            Self::Id => "id",
            Self::Scaling => "scaling",
            Self::Negate => "negate",
        }
    }

    /// The column of this word.
    pub fn parse(word: &str) -> Option<Self> {
        TITLES.into_iter().map(|(column, _)| column).find(|column| column.as_str() == word)
    }

    /// The column a title of a table means.
    pub fn of_title(title: &str) -> Option<Self> {
        // What stands in brackets is a unit or a remark: `Period (ms)`, `address (0-based)`.
        let title = title.split(['(', '[']).next().unwrap_or_default();
        let plain: String = title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        TITLES.into_iter().find(|(_, titles)| titles.contains(&plain.as_str())).map(|(column, _)| column)
    }

    /// The member of a tag that comes from it.
    pub fn member(self) -> &'static str {
        match self {
            Self::Gain
            | Self::Offset
            | Self::RawLow
            | Self::RawHigh
            | Self::Low
            | Self::High
            | Self::Scaling
            | Self::Negate => "scale",
            other => other.as_str(),
        }
    }
}

/// Which column of the sheet holds what; the first of several with one meaning counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mapping(pub(super) Vec<Option<Column>>);

impl Mapping {
    pub(super) fn of_titles(line: &Line) -> Self {
        let mut seen = Vec::new();
        Self(
            line.cells
                .iter()
                .map(|title| {
                    Column::of_title(title).filter(|column| !seen.contains(column)).inspect(|column| seen.push(*column))
                })
                .collect(),
        )
    }

    /// The place of a column.
    pub(super) fn index(&self, column: Column) -> Option<usize> {
        self.0.iter().position(|mapped| *mapped == Some(column))
    }

    /// A line of titles names at least two columns, and one of name and address among them.
    pub(super) fn is_header(&self) -> bool {
        let known = self.0.iter().flatten().count();
        2 <= known && (self.index(Column::Name).is_some() || self.index(Column::Address).is_some())
    }

    /// The members of a tag the table speaks of; what it does not speak of stays as it is.
    pub(super) fn members(&self) -> Vec<&'static str> {
        let mut members = Vec::new();
        for column in self.0.iter().flatten() {
            if !members.contains(&column.member()) {
                members.push(column.member());
            }
        }
        members
    }
}
