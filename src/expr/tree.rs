//! What an expression is worked out from.

use super::functions::Function;
use crate::tag::quality::Reason;
use crate::tag::reading::Raw;
use std::sync::Arc;

/// A value on the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Val {
    /// No value: an attribute that has none yet.
    Null,
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    /// Several registers as they were read.
    Words(Raw),
}

/// A part, with the character it stands at, from 1.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: usize,
    pub(super) form: Form,
}

#[derive(Debug, Clone)]
pub(super) enum Form {
    Constant(Val),
    /// A point, by its number.
    Point(usize),
    /// One of the registers of a point.
    Word(usize, usize),
    /// Operators from left to right: `a + b - c` is one level, however long, so that depth is nesting and nothing else.
    Chain(Box<Node>, Vec<Link>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    If(Box<[Node; 3]>),
    /// Whether the first is among the others.
    Among(Box<Node>, Vec<Node>),
    Call(Function, Vec<Node>),
}

/// An operator and its right side, with the character of the operator.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) place: usize,
    pub(super) operator: Operator,
    pub(super) right: Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    /// As it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// What an operation cannot do with the values it got.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unable {
    pub(super) reason: Reason,
    pub(super) sentence: String,
}

impl Unable {
    pub(super) fn kind(sentence: impl Into<String>) -> Self {
        Self { reason: Reason::WrongType, sentence: sentence.into() }
    }
}
