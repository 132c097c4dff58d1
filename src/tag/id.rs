//! Names: of objects (`meter1`), and of tags (`meter1/voltage`).

use std::fmt;
use std::sync::Arc;

/// The longest object name, in characters.
pub const MAX_NAME: usize = 63;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("a name is missing")]
    Empty,
    /// More than [`MAX_NAME`] characters.
    #[error("a name has at most 63 characters")]
    TooLong,
    /// A character outside the alphabet, or a hyphen at the front.
    #[error("a name has letters A-Z a-z, digits, `_` and `-`, and does not start with `-`")]
    Character,
    /// A tag name without exactly one `/`.
    #[error("a tag is named `group/name`")]
    NoGroup,
}

/// Checks `[A-Za-z0-9_][A-Za-z0-9_-]{0,62}`.
pub fn check_name(text: &str) -> Result<(), NameError> {
    let Some(first) = text.bytes().next() else { return Err(NameError::Empty) };
    if MAX_NAME < text.len() && text.is_ascii() {
        return Err(NameError::TooLong);
    }
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if first == b'-' || !text.bytes().all(good) { Err(NameError::Character) } else { Ok(()) }
}

/// The full name of a tag, `group/name`; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagName(Arc<str>);

impl TagName {
    /// Parses `group/name`; both halves are object names.
    pub fn parse(full: &str) -> Result<Self, NameError> {
        let (group, name) = full.split_once('/').ok_or(NameError::NoGroup)?;
        check_name(group)?;
        check_name(name)?;
        Ok(Self(full.into()))
    }

    /// Joins two halves that were checked when they were parsed.
    pub fn join(group: &str, name: &str) -> Result<Self, NameError> {
        check_name(group)?;
        check_name(name)?;
        Ok(Self(format!("{group}/{name}").into()))
    }

    /// The device, module, `internal` or `computed`.
    pub fn group(&self) -> &str {
        self.0.split_once('/').map_or("", |(group, _)| group)
    }

    /// The half after the slash.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }

    /// The whole, `group/name`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<(), NameError>) {
        assert_eq!(check_name(text), expect, "{text:?}");
    }

    #[test]
    fn names_follow_the_alphabet() {
        check("meter1", Ok(()));
        check("_x-1", Ok(()));
        check(&"a".repeat(63), Ok(()));
        check("", Err(NameError::Empty));
        check(&"a".repeat(64), Err(NameError::TooLong));
        check("-a", Err(NameError::Character));
        check("a b", Err(NameError::Character));
        check("온도", Err(NameError::Character));
    }

    #[test]
    fn a_tag_has_two_halves() {
        let tag = TagName::parse("meter1/voltage").unwrap();
        assert_eq!((tag.group(), tag.name()), ("meter1", "voltage"));
        assert_eq!(TagName::parse("meter1"), Err(NameError::NoGroup));
        assert_eq!(TagName::parse("a/b/c"), Err(NameError::Character));
    }
}
