//! `computed[]`: tags that are worked out from others.

use super::device::read_deadband;
use super::fields::{Fields, Identity};
use super::problem::{Pointer, Problems};
use super::tags::COMPUTED;
use crate::expr::{Expression, Kind};
use crate::tag::deadband::Deadband;
use crate::tag::def::{Origin, TagDef};
use crate::tag::id::TagName;
use crate::tag::value::ValueType;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// One computed tag.
#[derive(Debug, Clone, PartialEq)]
pub struct ComputedConfig {
    /// Id, name, description, enabled.
    pub identity: Identity,
    /// What it is worked out by.
    pub expression: Expression,
    /// `bool`, `f64` or `string`.
    pub kind: ValueType,
    /// Engineering unit.
    pub unit: String,
    /// How far it must move to be published again.
    pub deadband: Option<Deadband>,
}

/// The types a computed tag may have. It is written down rather than taken from the expression, so that an edit of another
/// tag never changes it for those who read it.
const TYPES: [ValueType; 3] = [ValueType::Bool, ValueType::F64, ValueType::String];

impl ComputedConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let identity = fields.identity(problems);
        let kind = fields.word("type", &TYPES.map(|kind| (kind.as_str(), kind)), problems).unwrap_or(ValueType::F64);
        let text = fields.required_text("expression", crate::expr::MAX_CHARACTERS, problems);
        let expression = text.and_then(|text| parse(text, "expression", &fields, problems));
        let unit = fields.text("unit", 40, problems).unwrap_or_default().to_owned();
        let deadband = read_deadband(&mut fields, problems);
        if deadband.is_some() && !kind.is_numeric() {
            fields.error("deadband", "only numbers have a deadband", problems);
        }
        if !fields.finish(problems) {
            return None;
        }
        Some(Self { identity: identity?, expression: expression?, kind, unit, deadband })
    }

    /// Its tag.
    pub(super) fn definition(&self) -> Option<TagDef> {
        Some(TagDef {
            id: self.identity.id.clone(),
            name: TagName::join(COMPUTED, &self.identity.name).ok()?,
            kind: self.kind,
            unit: self.unit.clone(),
            description: self.identity.description.clone(),
            origin: Origin::Computed,
            source: self.source(),
            enabled: self.identity.enabled,
            scaled: false,
            writable: false,
            write_min: None,
            write_max: None,
            deadband: self.deadband,
        })
    }

    /// A number for what the tag shows: another expression is another source. Good within one run of the program only.
    pub fn source(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.expression.text().hash(&mut hasher);
        hasher.finish()
    }

    /// The type whose values are of this kind, if there is one.
    pub fn type_of(kind: Kind) -> Option<ValueType> {
        TYPES.into_iter().find(|known| Kind::of_type(*known) == kind)
    }

    /// The places in `all` of the computed tags this one names.
    fn inputs<'a>(&'a self, all: &'a HashMap<&str, usize>) -> impl Iterator<Item = usize> + 'a {
        let points = self.expression.points().iter().filter(|point| point.tag.group() == COMPUTED);
        points.filter_map(|point| all.get(point.tag.name()).copied())
    }
}

/// An expression of a member; what is wrong with it is told there.
pub(super) fn parse(text: &str, member: &str, fields: &Fields<'_>, problems: &mut Problems) -> Option<Expression> {
    Expression::parse(text).map_err(|error| fields.error(member, error.to_string(), problems)).ok()
}

/// In which order computed tags are worked out, and the circles in which some need each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    /// Places in the list, each behind those it needs.
    pub places: Vec<usize>,
    /// Each circle once, from one of its tags back to it.
    pub circles: Vec<Vec<usize>>,
}

impl Order {
    /// The order of these. What is in a circle, or needs one that is, has no place.
    pub fn of(list: &[ComputedConfig]) -> Self {
        let all: HashMap<&str, usize> =
            list.iter().enumerate().map(|(place, one)| (one.identity.name.as_str(), place)).collect();
        let mut needs = vec![0_usize; list.len()];
        let mut needed_by = vec![Vec::new(); list.len()];
        for (place, one) in list.iter().enumerate() {
            for input in one.inputs(&all) {
                needs[place] += 1;
                needed_by[input].push(place);
            }
        }
        let mut places: Vec<usize> = (0..list.len()).filter(|place| needs[*place] == 0).collect();
        let mut done = 0;
        while let Some(place) = places.get(done).copied() {
            done += 1;
            for next in &needed_by[place] {
                needs[*next] -= 1;
                if needs[*next] == 0 {
                    places.push(*next);
                }
            }
        }
        // Each that is left needs another that is left: to follow the first such one ends in a circle.
        let next = |place: usize| list[place].inputs(&all).find(|input| needs[*input] != 0).unwrap_or(place);
        let mut walk = vec![usize::MAX; list.len()];
        let mut circles = Vec::new();
        for first in (0..list.len()).filter(|place| needs[*place] != 0) {
            let mut at = first;
            while walk[at] == usize::MAX {
                walk[at] = first;
                at = next(at);
            }
            if walk[at] == first {
                let mut circle = vec![at];
                while next(circle[circle.len() - 1]) != at {
                    circle.push(next(circle[circle.len() - 1]));
                }
                circles.push(circle);
            }
        }
        Self { places, circles }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(tags: &[(&str, &str)]) -> Vec<ComputedConfig> {
        let read = |(name, expression): &(&str, &str)| {
            let json = serde_json::json!({ "name": name, "expression": expression });
            ComputedConfig::read(&json, Pointer::ROOT, &mut Problems::default()).unwrap()
        };
        tags.iter().map(read).collect()
    }

    fn circles(tags: &[(&str, &str)]) -> Vec<String> {
        let list = list(tags);
        let name = |place: &usize| list[*place].identity.name.clone();
        Order::of(&list).circles.iter().map(|circle| circle.iter().map(name).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn each_is_worked_out_behind_those_it_needs() {
        let list = list(&[
            ("c", "computed.b + computed.a"),
            ("b", "computed.a + computed.a.min + m.x"),
            ("a", "m.x"),
            ("d", "1"),
        ]);
        assert_eq!(Order::of(&list), Order { places: vec![2, 3, 1, 0], circles: Vec::new() });
    }

    #[test]
    fn circles_are_found() {
        assert_eq!(circles(&[("a", "computed.a")]), ["a"]);
        assert_eq!(circles(&[("a", "computed.a.min")]), ["a"]);
        assert_eq!(circles(&[("x", "computed.b"), ("a", "computed.b"), ("b", "computed.a"), ("y", "1")]), ["b a"]);
        assert_eq!(
            circles(&[
                ("a", "computed.b"),
                ("b", "computed.c"),
                ("c", "computed.a"),
                ("p", "computed.q"),
                ("q", "computed.p")
            ]),
            ["a b c", "p q"]
        );
    }

    #[test]
    fn long_chains_take_no_stack() {
        let names: Vec<(String, String)> =
            (0..5000).map(|n| (format!("t{n}"), format!("computed.t{}", (n + 1) % 5000))).collect();
        let tags: Vec<(&str, &str)> = names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let ring = list(&tags);
        assert_eq!(Order::of(&ring).circles[0].len(), 5000);
        assert_eq!(Order::of(&ring[..4999]).places.len(), 4999);
    }
}
