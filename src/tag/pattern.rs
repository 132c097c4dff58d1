//! Which tags are meant: a literal `group/name`, or a glob whose `*` stays within one half.

use super::id::{NameError, TagName, check_name};

/// A literal tag name, or a glob over both halves. Case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagPattern {
    /// Exactly this tag.
    Literal(TagName),
    /// Each half may hold any number of `*`.
    Glob {
        /// Pattern of the group half.
        group: String,
        /// Pattern of the name half.
        name: String,
    },
}

impl TagPattern {
    /// Parses `group/name` where each half may hold `*`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if !text.contains('*') {
            return TagName::parse(text).map(Self::Literal);
        }
        let (group, name) = text.split_once('/').ok_or(NameError::NoGroup)?;
        for half in [group, name] {
            let letters = half.replace('*', "");
            if half.is_empty() {
                return Err(NameError::Empty);
            }
            if !letters.is_empty() {
                // A glob may start with `-` after its star, so the letters alone are judged.
                check_name(&format!("_{letters}"))?;
            }
        }
        Ok(Self::Glob { group: group.to_owned(), name: name.to_owned() })
    }

    /// Whether `tag` is meant.
    pub fn matches(&self, tag: &TagName) -> bool {
        match self {
            Self::Literal(name) => name == tag,
            Self::Glob { group, name } => {
                glob(group.as_bytes(), tag.group().as_bytes()) && glob(name.as_bytes(), tag.name().as_bytes())
            }
        }
    }
}

/// Greedy match with one remembered star: linear but for the last star, never exponential.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            p += 1;
            t += 1;
        } else if let Some((sp, st)) = star {
            p = sp + 1;
            t = st + 1;
            star = Some((sp, st + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, tag: &str, expect: bool) {
        let pattern = TagPattern::parse(pattern).unwrap();
        assert_eq!(pattern.matches(&TagName::parse(tag).unwrap()), expect, "{pattern:?} on {tag}");
    }

    #[test]
    fn a_star_stays_within_its_half() {
        check("meter1/*", "meter1/voltage", true);
        check("meter1/*", "meter10/voltage", false);
        check("*/voltage", "meter1/voltage", true);
        check("m*1/v*e", "meter1/voltage", true);
        check("*/*", "a/b", true);
        check("Meter1/*", "meter1/voltage", false);
        check("meter1/voltage", "meter1/voltage", true);
        assert_eq!(TagPattern::parse("*"), Err(NameError::NoGroup));
        assert_eq!(TagPattern::parse("a/b/*"), Err(NameError::Character));
    }
}
