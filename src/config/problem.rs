//! What is wrong with a document, at which place, in one sentence.

use serde::Serialize;
use std::fmt;

/// Whether a finding refuses the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is taken; the user should know.
    Warning,
}

/// One finding: JSON pointer (RFC 6901) and sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where, e.g. `/devices/0/tags/3/address`; empty for the whole document.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub detail: String,
    /// Whether it refuses the document.
    pub severity: Severity,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{place}: {}", self.detail)
    }
}

/// A place in the document; rendered only when something is wrong there, so that reading 100,000 tags makes no text.
#[derive(Debug, Clone, Copy)]
pub struct Pointer<'a> {
    up: Option<&'a Pointer<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Member(&'a str),
    Index(usize),
}

impl<'a> Pointer<'a> {
    /// The document itself.
    pub const ROOT: Pointer<'static> = Pointer { up: None, step: Step::Root };

    /// A member of this object.
    pub fn member<'b>(&'b self, name: &'b str) -> Pointer<'b>
    where
        'a: 'b,
    {
        Pointer { up: Some(self), step: Step::Member(name) }
    }

    /// An element of this list.
    pub fn index<'b>(&'b self, index: usize) -> Pointer<'b>
    where
        'a: 'b,
    {
        Pointer { up: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(up) = self.up {
            fmt::Display::fmt(up, f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Member(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => write!(f, "/{index}"),
        }
    }
}

/// The findings so far. At most [`Problems::MAX`] are kept, so that a hostile document cannot make a larger answer.
#[derive(Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
    errors: usize,
    warnings_listed: usize,
}

impl Problems {
    /// More findings than this are counted, not listed.
    pub const MAX: usize = 1000;

    /// Notes a finding that refuses the document.
    pub fn error(&mut self, at: &Pointer<'_>, detail: impl Into<String>) {
        let pointer = if self.is_full() { String::new() } else { at.to_string() };
        self.add(pointer, detail.into(), Severity::Error);
    }

    /// Notes a finding the user should know.
    pub fn warning(&mut self, at: &Pointer<'_>, detail: impl Into<String>) {
        self.add(at.to_string(), detail.into(), Severity::Warning);
    }

    /// How many errors have been noted; compare before and after to know whether a part was good.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Whether no further finding is listed; errors still count.
    pub fn is_full(&self) -> bool {
        Self::MAX <= self.errors
    }

    /// The findings, in the order of the document's parts.
    pub fn into_list(self) -> Vec<Problem> {
        self.list
    }

    /// Notes a finding at a rendered pointer.
    pub fn add(&mut self, pointer: String, detail: String, severity: Severity) {
        self.errors += usize::from(severity == Severity::Error);
        let problem = Problem { pointer, detail, severity };
        if self.list.len() < Self::MAX {
            self.warnings_listed += usize::from(severity == Severity::Warning);
            self.list.push(problem);
        } else if severity == Severity::Error
            && 0 < self.warnings_listed
            && let Some(warning) = self.list.iter().rposition(|kept| kept.severity == Severity::Warning)
        {
            // An error must never be lost behind warnings: it decides whether the document is taken.
            self.list[warning] = problem;
            self.warnings_listed -= 1;
        }
    }
}
