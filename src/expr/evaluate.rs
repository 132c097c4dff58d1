//! Works an expression out on present states.

use super::kind::{need, of_call};
use super::operate::operate;
use super::tree::{Form, Node, Operator, Unable, Val};
use super::{Kind, Point};
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::quality::{Quality, Reason};
use crate::tag::reading::{Stamp, TagState};
use crate::tag::value::Value;
use serde_json::Value as Json;

/// What came of an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The value, or why there is none.
    pub value: Result<Value, Trouble>,
    /// The doubt about a value, of the first uncertain point that was looked at.
    pub doubt: Option<Reason>,
    /// The newest time of all its points, so that it never goes back.
    pub at: Option<Stamp>,
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The reason the result is bad.
    pub reason: Reason,
    /// Where and what, for whoever writes the expression: a character from 1 and a sentence.
    pub place: usize,
    /// What is the matter there.
    pub sentence: String,
}

impl Outcome {
    /// Good, uncertain or bad.
    pub fn quality(&self) -> Quality {
        match (&self.value, self.doubt) {
            (Err(_), _) => Quality::Bad,
            (Ok(_), Some(_)) => Quality::Uncertain,
            (Ok(_), None) => Quality::Good,
        }
    }

    /// True or false, if it is one of the two; none while it is bad.
    pub fn is_true(&self) -> Option<bool> {
        match &self.value {
            Ok(Value::Bool(on)) => Some(*on),
            _ => None,
        }
    }
}

type Look<'r, 's> = &'r dyn Fn(usize) -> Option<(&'s TagDef, &'s TagState)>;

pub(super) fn evaluate(root: &Node, points: &[Point], look: Look<'_, '_>) -> Outcome {
    let at = (0..points.len()).filter_map(|point| look(point)?.1.at).max_by_key(|at| at.mono_us);
    let found = Run { points, look }.value(root).and_then(|(value, doubt)| {
        let value = match value {
            Val::Bool(on) => Value::Bool(on),
            Val::Number(x) => Value::F64(x),
            Val::Text(text) => Value::Text(text),
            none @ (Val::Null | Val::Words(_)) => {
                let unable = Unable::kind(format!("the result is {}", none.kind()));
                return Err(trouble(root, unable));
            }
        };
        Ok((value, doubt))
    });
    match found {
        Ok((value, doubt)) => Outcome { value: Ok(value), doubt, at },
        Err(trouble) => Outcome { value: Err(trouble), doubt: None, at },
    }
}

/// A value with the doubt about it.
type Known = (Val, Option<Reason>);

struct Run<'r, 's> {
    points: &'r [Point],
    look: Look<'r, 's>,
}

fn trouble(node: &Node, unable: Unable) -> Trouble {
    trouble_at(node.place, unable)
}

fn trouble_at(place: usize, Unable { reason, sentence }: Unable) -> Trouble {
    Trouble { reason, place, sentence }
}

impl Run<'_, '_> {
    fn value(&self, node: &Node) -> Result<Known, Trouble> {
        match &node.form {
            Form::Constant(value) => Ok((value.clone(), None)),
            Form::Point(point) => self.point(*point, node),
            Form::Word(point, word) => {
                let (value, doubt) = self.point(*point, node)?;
                let found = match (&value, word) {
                    (Val::Words(words), word) => words.get(*word).map(|word| Val::Number(f64::from(*word))),
                    (single @ Val::Number(_), 0) => Some(single.clone()),
                    _ => None,
                };
                let none = || trouble(node, Unable::kind(format!("there is no register {word}")));
                Ok((found.ok_or_else(none)?, doubt))
            }
            Form::Chain(first, links) => {
                let (mut value, mut doubt) = self.value(first)?;
                for link in links {
                    let (right, other) = self.value(&link.right)?;
                    let at = |unable| trouble_at(link.place, unable);
                    (value, doubt) = (operate(link.operator, &value, &right).map_err(at)?, doubt.or(other));
                }
                Ok((value, doubt))
            }
            Form::Not(inner) => self.truth("!", inner).map(|(on, doubt)| (Val::Bool(!on), doubt)),
            Form::Negate(inner) => {
                let (value, doubt) = self.value(inner)?;
                match value {
                    Val::Number(x) => Ok((Val::Number(-x), doubt)),
                    other => Err(wrong_kind("-", Kind::Number, &other, inner)),
                }
            }
            Form::And(sides) => self.decide("&&", sides, false),
            Form::Or(sides) => self.decide("||", sides, true),
            Form::If(parts) => {
                let [asked, yes, no] = parts.as_ref();
                let (on, doubt) = self.truth("?", asked)?;
                let (value, other) = self.value(if on { yes } else { no })?;
                Ok((value, doubt.or(other)))
            }
            Form::Among(sought, list) => {
                let (sought, mut doubt) = self.value(sought)?;
                for one in list {
                    let (value, other) = self.value(one)?;
                    doubt = doubt.or(other);
                    let same = operate(Operator::Equal, &sought, &value).map_err(|unable| trouble(one, unable))?;
                    if same == Val::Bool(true) {
                        return Ok((same, doubt));
                    }
                }
                Ok((Val::Bool(false), doubt))
            }
            Form::Call(function, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                let mut doubt = None;
                for argument in arguments {
                    let (value, other) = self.value(argument)?;
                    doubt = doubt.or(other);
                    values.push(value);
                }
                let kinds: Vec<Kind> = values.iter().map(Val::kind).collect();
                let given = of_call(*function, &kinds).and_then(|_| function.call(&values));
                given.map(|value| (value, doubt)).map_err(|unable| trouble(node, unable))
            }
        }
    }

    /// `&&` (decided by a false) and `||` (decided by a true): a side that decides does so whatever the other is.
    fn decide(&self, sign: &str, sides: &[Node; 2], decisive: bool) -> Result<Known, Trouble> {
        let left = self.truth(sign, &sides[0]);
        if let Ok((on, doubt)) = &left
            && *on == decisive
            && doubt.is_none()
        {
            return Ok((Val::Bool(decisive), None));
        }
        combine(left, self.truth(sign, &sides[1]), decisive)
    }

    fn truth(&self, sign: &str, node: &Node) -> Result<(bool, Option<Reason>), Trouble> {
        let (value, doubt) = self.value(node)?;
        match value {
            Val::Bool(on) => Ok((on, doubt)),
            other => Err(wrong_kind(sign, Kind::Bool, &other, node)),
        }
    }

    fn point(&self, number: usize, node: &Node) -> Result<Known, Trouble> {
        let bad = |reason: Reason| Trouble {
            reason,
            place: node.place,
            sentence: format!("`{}` is bad: {reason}", self.points[number].tag),
        };
        let Some((def, state)) = (self.look)(number) else { return Err(bad(Reason::NotYetRead)) };
        let attribute = self.points[number].attribute;
        let spoils = spoils(attribute);
        if spoils && state.quality == Quality::Bad {
            return Err(bad(state.reason));
        }
        let doubt = (spoils && state.quality == Quality::Uncertain).then_some(state.reason);
        Ok((of_attribute(def, state, attribute), doubt))
    }
}

type Truth = Result<(bool, Option<Reason>), Trouble>;

fn combine(left: Truth, right: Truth, decisive: bool) -> Result<Known, Trouble> {
    match (left, right) {
        // The side that decides; of two that do, the one without a doubt.
        (Ok((a, x)), Ok((b, y))) if a == decisive && b == decisive => Ok((Val::Bool(decisive), x.and(y))),
        (Ok((on, doubt)), _) | (_, Ok((on, doubt))) if on == decisive => Ok((Val::Bool(decisive), doubt)),
        (Ok((_, x)), Ok((_, y))) => Ok((Val::Bool(!decisive), x.or(y))),
        (Err(trouble), _) | (_, Err(trouble)) => Err(trouble),
    }
}

fn wrong_kind(sign: &str, wanted: Kind, found: &Val, node: &Node) -> Trouble {
    let unable = need(sign, wanted, found.kind()).err().unwrap_or_else(|| Unable::kind(String::new()));
    trouble(node, unable)
}

/// Whether a bad tag makes this attribute of it bad: what was read now does, what tells of the tag does not.
fn spoils(attribute: Attribute) -> bool {
    matches!(
        attribute,
        Attribute::Value
            | Attribute::Raw
            | Attribute::Count
            | Attribute::Counting
            | Attribute::Overflow
            | Attribute::Pulsing
            | Attribute::TotalCount
            | Attribute::CurrentCount
    )
}

fn of_attribute(def: &TagDef, state: &TagState, attribute: Attribute) -> Val {
    let own = |value: &Option<Value>| value.as_ref().map_or(Val::Null, of_value);
    match attribute {
        Attribute::Value => own(&state.value),
        Attribute::Min => own(&state.min),
        Attribute::Max => own(&state.max),
        Attribute::Raw if state.aspects.is_none() => match state.raw.as_slice() {
            [] => Val::Null,
            [word] => Val::Number(f64::from(*word)),
            _ => Val::Words(state.raw.clone()),
        },
        // What else there is has few letters and is asked for rarely: by its JSON form.
        other => match def.attribute_json(other, state, Stamp::default()) {
            Json::Bool(on) => Val::Bool(on),
            Json::Number(n) => n.as_f64().map_or(Val::Null, Val::Number),
            Json::String(text) => Val::Text(text.into()),
            Json::Null | Json::Array(_) | Json::Object(_) => Val::Null,
        },
    }
}

/// The number an attribute is, if it is one.
pub(super) fn number_of(def: &TagDef, state: &TagState, attribute: Attribute) -> Option<f64> {
    match of_attribute(def, state, attribute) {
        Val::Number(x) => Some(x),
        _ => None,
    }
}

fn of_value(value: &Value) -> Val {
    match value {
        Value::Bool(on) => Val::Bool(*on),
        Value::Text(text) => Val::Text(text.clone()),
        number => number.as_f64().map_or(Val::Null, Val::Number),
    }
}
