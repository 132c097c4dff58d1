//! Bytes to text and text to cells: encodings and separators, found by what the file shows or named by the user.

use super::sheet::Sheet;
use super::{TableError, limits};
use encoding_rs::{EUC_KR, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// How a file's bytes are letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// UTF-16, low byte first: what spreadsheets call Unicode text.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Korean Windows (CP949).
    Cp949,
    /// Western Windows.
    Windows1252,
}

impl Encoding {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 5] = [Self::Utf8, Self::Cp949, Self::Windows1252, Self::Utf16Le, Self::Utf16Be];

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Cp949 => "cp949",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// The encoding of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.as_str() == word)
    }

    /// What the bytes look like; `None` when they are no text.
    fn guess(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xEF, 0xBB, 0xBF, ..] => return Some(Self::Utf8),
            [0xFF, 0xFE, ..] => return Some(Self::Utf16Le),
            [0xFE, 0xFF, ..] => return Some(Self::Utf16Be),
            _ => (),
        }
        let head = &bytes[..bytes.len().min(4096)];
        let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        let (even, odd) = (zeros(0), zeros(1));
        if even + odd != 0 {
            // Latin text in UTF-16 has a zero beside nearly every letter; elsewhere a zero means no text.
            return match (even, odd) {
                (0, odd) if head.len() < odd * 4 => Some(Self::Utf16Le),
                (even, 0) if head.len() < even * 4 => Some(Self::Utf16Be),
                _ => None,
            };
        }
        if std::str::from_utf8(bytes).is_ok() {
            return Some(Self::Utf8);
        }
        Some(if looks_korean(bytes) { Self::Cp949 } else { Self::Windows1252 })
    }

    fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, TableError> {
        let wrong = TableError::Encoding { encoding: self.as_str() };
        if self == Self::Utf8 {
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| wrong);
        }
        let encoding = match self {
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Cp949 => EUC_KR,
            Self::Utf8 | Self::Windows1252 => WINDOWS_1252,
        };
        let (text, errors) = encoding.decode_with_bom_removal(bytes);
        if errors { Err(wrong) } else { Ok(text) }
    }
}

/// Korean text is made of pairs of high bytes; a Western letter such as the degree sign stands alone among low ones.
fn looks_korean(bytes: &[u8]) -> bool {
    if EUC_KR.decode_without_bom_handling_and_without_replacement(bytes).is_none() {
        return false;
    }
    let (mut pairs, mut singles, mut at) = (0usize, 0usize, 0);
    while at < bytes.len() {
        let lead = 0x80 <= bytes[at];
        if lead && bytes.get(at + 1).is_some_and(|trail| 0xA1 <= *trail) {
            pairs += 1;
            at += 1;
        } else if lead {
            singles += 1;
        }
        at += 1;
    }
    singles < pairs
}

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// `,`
    #[default]
    Comma,
    /// `;`: where the comma is the decimal sign.
    Semicolon,
    /// A tab.
    Tab,
}

impl Separator {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
        }
    }

    /// The separator of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|separator| separator.as_str() == word)
    }

    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }

    /// The one that cuts the first lines into the same number of cells, and into most of them.
    fn guess(text: &str) -> Self {
        let score = |separator: Self| {
            let counts: Vec<usize> = cuts(text, separator.byte()).filter(|count| *count != 0).take(20).collect();
            let Some(first) = counts.first() else { return (0, 0) };
            (counts.iter().filter(|count| *count == first).count() * first.min(&8), *first)
        };
        // `max_by_key` takes the last of equals: the comma stands last then.
        Self::ALL.into_iter().rev().max_by_key(|separator| score(*separator)).unwrap_or_default()
    }
}

/// How many separators each line has outside quotes.
fn cuts(text: &str, separator: u8) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.lines().filter(|line| !line.starts_with('#')).map(move |line| {
        line.bytes()
            .filter(|byte| {
                quoted ^= *byte == b'"';
                !quoted && *byte == separator
            })
            .count()
    })
}

/// A text file, decoded.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) encoding: Encoding,
}

/// Decodes a file by the encoding named, else by the one it shows.
pub(super) fn decode(bytes: &[u8], encoding: Option<Encoding>) -> Result<Text<'_>, TableError> {
    let encoding = encoding.or_else(|| Encoding::guess(bytes)).ok_or(TableError::Binary)?;
    encoding.decode(bytes).map(|text| Text { text, encoding })
}

/// Cuts a text into cells.
pub(super) fn cells(text: &str, separator: Option<Separator>) -> Result<(Sheet, Separator), TableError> {
    // Spreadsheets of some countries name the separator in a first line of its own.
    let named = text.lines().next().and_then(|line| match line.trim_end() {
        "sep=," => Some(Separator::Comma),
        "sep=;" => Some(Separator::Semicolon),
        "sep=\t" => Some(Separator::Tab),
        _ => None,
    });
    let separator = separator.or(named).unwrap_or_else(|| Separator::guess(text));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.byte())
        .from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    let mut record = csv::StringRecord::new();
    // The text is valid UTF-8 in memory, so that reading it cannot fail.
    while reader.read_record(&mut record).is_ok_and(|more| more) {
        let number = record.position().map_or(0, |at| first_line(text, at));
        if limits::COLUMNS < record.len() {
            return Err(TableError::Columns { line: number });
        }
        if named.is_none() || number != 1 {
            sheet.push(number, record.iter().map(str::to_owned))?;
        }
    }
    Ok((sheet, separator))
}

/// The line a record begins in: the reader counts line ends, and empty lines, only when it comes by them.
fn first_line(text: &str, at: &csv::Position) -> usize {
    let byte = usize::try_from(at.byte()).unwrap_or(usize::MAX);
    let ahead =
        text.as_bytes().get(byte..).unwrap_or_default().iter().take_while(|byte| **byte == b'\n' || **byte == b'\r');
    usize::try_from(at.line()).unwrap_or(usize::MAX).saturating_add(ahead.filter(|byte| **byte == b'\n').count())
}
