//! Expressions over points, in CEL: what computed tags and the conditions of publications are made of.
//!
//! `tag("di-1/DI-00")` is the value of a tag, `tag("oven/temperature", "quality")` another attribute of it. Where both
//! halves are identifiers there is a short form, `oven.temperature`, and `oven.temperature.quality`.
//!
//! **Numbers are doubles.** Every numeric tag, every literal (`180` as well as `180.0`), every result of a function is one,
//! so nothing has to be converted; `%` works on them. Digits of 64-bit counters beyond 2^53 are lost.
//! **Quality.** The result is as good as the worst of the points that were looked at for it. `a && b` looks at as much as
//! decides it: if one side is false whatever the other is, that side alone counts; `c ? x : y` looks at `c` and at one of
//! the two. The attributes that describe (`quality`, `reason`, `status`, ...) spoil nothing, so that
//! `tag("a/x", "quality") == "good" ? a.x : b.x` is a fall-back.
//! **Cost.** A text of at most [`MAX_CHARACTERS`], nested at most [`MAX_DEPTH`] deep, becomes a tree without loops: each
//! node is worked out at most once. There are no comprehensions, and texts stay below [`MAX_TEXT`] bytes.
//!
//! The grammar is that of the `cel` crate (0.15, MIT; it brings `antlr4rust`, `nom` and small things), the working out is
//! our own, over its tree. Measured and read there: it knows no limit of work at run time, only one of nesting while
//! parsing; `1 + 1.0` is an error, as ints and doubles do not mix; there is no `%` of doubles; division of doubles by zero is
//! an infinity; `a-b/c` is arithmetic; error columns count characters, offsets of the tree count bytes; words such as
//! `package` are reserved. A parse takes 10 us to 20 ms (the longest text, in a debug build), never more stack than a thread of
//! 2 MiB has. The tests hold our results against its interpreter.

mod comparison;
mod error;
mod evaluate;
mod functions;
mod kind;
mod operate;
mod switch;
mod translate;
mod tree;

pub use comparison::Comparison;
pub use error::ExpressionError;
pub use evaluate::{Outcome, Trouble};
pub use kind::Kind;
pub use switch::{Edge, Leave, Switch};

use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::id::TagName;
use crate::tag::reading::TagState;
use std::fmt;
use tree::Node;

/// Longest expression, in characters: five lines of a form, and a parse stays below some milliseconds.
pub const MAX_CHARACTERS: usize = 2_000;
/// Deepest nesting of parentheses, calls and `? :`.
pub const MAX_DEPTH: u16 = 40;
/// Most points in one expression.
pub const MAX_POINTS: usize = 200;
/// Longest text that may arise, in bytes.
pub const MAX_TEXT: usize = 1_000;

/// A point an expression names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Point {
    /// The tag.
    pub tag: TagName,
    /// Its attribute.
    pub attribute: Attribute,
    /// Where it is named first: a character, from 1.
    pub place: usize,
}

/// A parsed expression. Two are equal when their texts are.
#[derive(Clone)]
pub struct Expression {
    text: String,
    points: Vec<Point>,
    root: Node,
}

impl Expression {
    /// Parses a text; the error has the place.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let (points, root) = translate::translate(text)?;
        Ok(Self { text: text.to_owned(), points, root })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The points it names, each once.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// What kind of value it gives, if `kind_of` tells that of each point; the error is the first operation that cannot
    /// work on what it gets.
    pub fn kind(&self, kind_of: impl Fn(&Point) -> Kind) -> Result<Kind, ExpressionError> {
        kind::infer(&self.root, &|point| kind_of(&self.points[point]))
    }

    /// Works it out. `look` gives the tag of the point of this number in [`Expression::points`].
    pub fn evaluate<'s>(&self, look: impl Fn(usize) -> Option<(&'s TagDef, &'s TagState)>) -> Outcome {
        evaluate::evaluate(&self.root, &self.points, &look)
    }

    /// The comparison it is, if it is nothing but one of a point with a constant.
    pub fn comparison(&self) -> Option<Comparison> {
        comparison::of(&self.root)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
