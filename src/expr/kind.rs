//! Kinds of values, and which operation takes which: judged before anything runs.

use super::error::ExpressionError;
use super::functions::Function;
use super::tree::{Form, Node, Operator, Unable, Val};
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::value::ValueType;
use std::fmt;

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Known only when it is there.
    Any,
    /// No value.
    Null,
    /// True or false.
    Bool,
    /// A double.
    Number,
    /// Text.
    Text,
    /// Registers as read.
    Words,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any value",
            Self::Null => "no value",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Words => "a list of registers",
        })
    }
}

impl Kind {
    /// The kind of a declared type.
    pub fn of_type(kind: ValueType) -> Self {
        match kind {
            ValueType::Bool => Self::Bool,
            ValueType::String => Self::Text,
            _ => Self::Number,
        }
    }

    /// The kind of an attribute of a tag.
    pub fn of_attribute(def: &TagDef, attribute: Attribute) -> Self {
        match attribute {
            Attribute::Value => Self::of_type(def.kind),
            Attribute::Quality
            | Attribute::Reason
            | Attribute::Unit
            | Attribute::Type
            | Attribute::Description
            | Attribute::Mode
            | Attribute::DeviceStatus => Self::Text,
            Attribute::Exception => Self::Number,
            // Null until there was a good value, or one register or several.
            _ => Self::Any,
        }
    }

    fn fits(self, wanted: Self) -> bool {
        self == Self::Any || wanted == Self::Any || self == wanted
    }
}

impl Val {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::Words(_) => Kind::Words,
        }
    }
}

/// What an operator makes of two kinds.
pub(super) fn of_operator(operator: Operator, left: Kind, right: Kind) -> Result<Kind, Unable> {
    use Kind::{Any, Bool, Null, Number, Text, Words};
    let number = |kind: Kind| kind.fits(Number);
    let text = |kind: Kind| kind.fits(Text);
    let both = |fits: &dyn Fn(Kind) -> bool| fits(left) && fits(right);
    match operator {
        Operator::Add if left == Any && right == Any => Ok(Any),
        Operator::Add if both(&text) && !both(&number) => Ok(Text),
        Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Modulo
            if both(&number) =>
        {
            Ok(Number)
        }
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
            if both(&number) || both(&text) =>
        {
            Ok(Bool)
        }
        Operator::Equal | Operator::NotEqual
            if left == Null || right == Null || (left.fits(right) && left != Words && right != Words) =>
        {
            Ok(Bool)
        }
        // What is compared with another kind is never equal: it is a slip, not a question.
        _ => Err(Unable::kind(format!("`{}` does not work between {left} and {right}", operator.sign()))),
    }
}

/// Whether this kind can be where `wanted` must be.
pub(super) fn need(what: &str, wanted: Kind, found: Kind) -> Result<(), Unable> {
    if found.fits(wanted) { Ok(()) } else { Err(Unable::kind(format!("`{what}` takes {wanted}, not {found}"))) }
}

/// What a function gives for these kinds.
pub(super) fn of_call(function: Function, arguments: &[Kind]) -> Result<Kind, Unable> {
    let wanted = function.takes();
    for found in arguments {
        let good = wanted.iter().any(|wanted| found.fits(*wanted));
        if !good {
            let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            return Err(Unable::kind(format!("`{}` takes {}, not {found}", function.name(), wanted.join(" / "))));
        }
    }
    Ok(function.gives())
}

/// The kind a part gives.
pub(super) fn infer(node: &Node, point: &dyn Fn(usize) -> Kind) -> Result<Kind, ExpressionError> {
    let at = |place: usize| move |unable: Unable| ExpressionError::new(place, unable.sentence);
    let truth = |sign: &str, side: &Node| {
        let kind = infer(side, point)?;
        need(sign, Kind::Bool, kind).map_err(at(side.place))
    };
    match &node.form {
        Form::Constant(value) => Ok(value.kind()),
        Form::Point(number) => Ok(point(*number)),
        Form::Word(..) => Ok(Kind::Number),
        Form::Chain(first, links) => {
            let mut kind = infer(first, point)?;
            for link in links {
                let right = infer(&link.right, point)?;
                kind = of_operator(link.operator, kind, right).map_err(at(link.place))?;
            }
            Ok(kind)
        }
        Form::Not(inner) => truth("!", inner).map(|()| Kind::Bool),
        Form::Negate(inner) => {
            need("-", Kind::Number, infer(inner, point)?).map_err(at(inner.place))?;
            Ok(Kind::Number)
        }
        Form::And(sides) => sides.iter().try_for_each(|side| truth("&&", side)).map(|()| Kind::Bool),
        Form::Or(sides) => sides.iter().try_for_each(|side| truth("||", side)).map(|()| Kind::Bool),
        Form::If(parts) => {
            let [asked, yes, no] = parts.as_ref();
            truth("?", asked)?;
            match (infer(yes, point)?, infer(no, point)?) {
                (a, b) if a == b => Ok(a),
                (a, b) if a.fits(b) || a == Kind::Null || b == Kind::Null => Ok(Kind::Any),
                (a, b) => {
                    let sentence = format!("one side of `:` gives {a}, the other {b}");
                    Err(ExpressionError::new(node.place, sentence))
                }
            }
        }
        Form::Among(sought, list) => {
            let sought = infer(sought, point)?;
            for one in list {
                of_operator(Operator::Equal, sought, infer(one, point)?).map_err(at(one.place))?;
            }
            Ok(Kind::Bool)
        }
        Form::Call(function, arguments) => {
            let kinds: Result<Vec<Kind>, _> = arguments.iter().map(|argument| infer(argument, point)).collect();
            of_call(*function, &kinds?).map_err(at(node.place))
        }
    }
}
