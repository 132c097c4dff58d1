//! The tags there are, found by what a publication or subscription says of them.

use crate::tag::def::TagDef;
use crate::tag::id::TagName;
use crate::tag::pattern::TagPattern;
use std::collections::{HashMap, HashSet};

/// Tag definitions in their declared order, found by name, by group and by the half behind the slash.
#[derive(Debug)]
pub struct Catalogue<'a> {
    defs: Vec<&'a TagDef>,
    by_name: HashMap<&'a str, usize>,
    by_group: HashMap<&'a str, Vec<usize>>,
    by_half: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Catalogue<'a> {
    /// The catalogue of these tags.
    pub fn new(defs: impl IntoIterator<Item = &'a TagDef>) -> Self {
        let defs: Vec<&TagDef> = defs.into_iter().collect();
        let mut by_group: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut by_half: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, def) in defs.iter().enumerate() {
            by_group.entry(def.name.group()).or_default().push(place);
            by_half.entry(def.name.name()).or_default().push(place);
        }
        let by_name = defs.iter().enumerate().map(|(place, def)| (def.name.as_str(), place)).collect();
        Self { defs, by_name, by_group, by_half }
    }

    /// The tag at a place.
    pub fn def(&self, place: usize) -> &'a TagDef {
        self.defs[place]
    }

    /// The tag of a name.
    pub fn find(&self, name: &TagName) -> Option<&'a TagDef> {
        self.by_name.get(name.as_str()).map(|place| self.defs[*place])
    }

    /// Every tag, in declared order.
    pub fn all(&self) -> impl Iterator<Item = &'a TagDef> + '_ {
        self.defs.iter().copied()
    }

    /// The places one pattern means, in declared order.
    pub fn matching(&self, pattern: &TagPattern) -> Vec<usize> {
        let (group, name) = match pattern {
            TagPattern::Literal(name) => return self.by_name.get(name.as_str()).copied().into_iter().collect(),
            TagPattern::Glob { group, name } => (group.as_str(), name.as_str()),
        };
        let wanted = |place: &usize| pattern.matches(&self.defs[*place].name);
        // A thousand globs over a hundred thousand tags: only those that share the plain half are looked through.
        let few = match (group.contains('*'), name.contains('*')) {
            (false, _) => self.by_group.get(group),
            (true, false) => self.by_half.get(name),
            (true, true) => return (0..self.defs.len()).filter(wanted).collect(),
        };
        few.into_iter().flatten().copied().filter(wanted).collect()
    }

    /// The places any of the patterns means, each once, in the order of the patterns.
    pub fn all_matching(&self, patterns: &[TagPattern]) -> Vec<usize> {
        if let [pattern] = patterns {
            return self.matching(pattern);
        }
        let mut seen = HashSet::new();
        patterns.iter().flat_map(|pattern| self.matching(pattern)).filter(|place| seen.insert(*place)).collect()
    }
}
