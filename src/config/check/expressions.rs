//! Expressions against the tags there are.

use super::Place;
use crate::config::catalogue::Catalogue;
use crate::config::problem::Problems;
use crate::expr::{Expression, Kind, Point};
use crate::tag::id::TagName;

/// Suggestions are searched through all tags; a document full of slips gets the first ones.
const SUGGESTIONS: usize = 20;

/// Judges expressions of one document.
pub(super) struct Expressions<'a> {
    catalogue: &'a Catalogue<'a>,
    suggestions: usize,
}

impl<'a> Expressions<'a> {
    pub(super) fn over(catalogue: &'a Catalogue<'a>) -> Self {
        Self { catalogue, suggestions: 0 }
    }

    /// Notes points that do not exist and operations that cannot work; the kind of the result when all is well. Of a tag
    /// that `excused` knows is said elsewhere why it is missing.
    pub(super) fn judge(
        &mut self,
        expression: &Expression,
        member: &str,
        place: &Place<'_>,
        excused: impl Fn(&TagName) -> bool,
        problems: &mut Problems,
    ) -> Option<Kind> {
        let before = problems.errors();
        for point in expression.points() {
            if let Some(sentence) = self.missing(point, &excused) {
                place.error(member, format!("at character {}: {sentence}", point.place), problems);
            }
        }
        if before < problems.errors() {
            return None;
        }
        let kind = expression.kind(|point| {
            self.catalogue.find(&point.tag).map_or(Kind::Any, |def| Kind::of_attribute(def, point.attribute))
        });
        kind.map_err(|error| place.error(member, error.to_string(), problems)).ok()
    }

    fn missing(&mut self, point: &Point, excused: &impl Fn(&TagName) -> bool) -> Option<String> {
        let (tag, attribute) = (&point.tag, point.attribute);
        match self.catalogue.find(tag) {
            Some(def) if def.has(attribute) => None,
            Some(_) => Some(format!("`{tag}` has no attribute `{attribute}`")),
            None if excused(tag) => None,
            None => {
                let hint = self.suggestion(tag).map_or(String::new(), |near| format!("; `{near}` is meant, perhaps"));
                Some(format!("there is no tag `{tag}`{hint}"))
            }
        }
    }

    fn suggestion(&mut self, wanted: &TagName) -> Option<&'a TagName> {
        self.suggestions += 1;
        if SUGGESTIONS < self.suggestions {
            return None;
        }
        let wanted = wanted.as_str().to_ascii_lowercase();
        let distance = |name: &TagName| distance(&wanted, &name.as_str().to_ascii_lowercase());
        let near = self.catalogue.all().filter_map(|def| Some((distance(&def.name)?, &def.name)));
        near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
    }
}

/// Letters to change, add or leave out between two names; none when it is more than two, or more than half of one.
fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let most = 2.min(a.len() / 2);
    if most < a.len().abs_diff(b.len()) {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    Some(row[b.len()]).filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn near_names_are_told_from_far_ones() {
        assert_eq!(distance("oven/temperature", "oven/temprature"), Some(1));
        assert_eq!(distance("oven/door_open", "oven/door-open"), Some(1));
        assert_eq!(distance("meter1/voltage", "meter2/voltages"), Some(2));
        assert_eq!(distance("oven/x", "oven/x"), Some(0));
        assert_eq!(distance("oven/x", "oven/temperature"), None);
        assert_eq!(distance("a/b", "c/d"), None);
    }
}
