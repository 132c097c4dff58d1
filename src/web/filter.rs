//! Which tags a request means: `match=meter1/*,oven/temperature`, also given several times.

use super::problem::ApiProblem;
use crate::runtime::changes::Interest;
use crate::tag::id::TagName;
use crate::tag::pattern::TagPattern;
use http::StatusCode;
use std::collections::HashSet;

/// Names and globs in one request at most.
const MOST: usize = 5_000;

/// The tags meant; `None` of it all means every tag.
#[derive(Debug, Default)]
pub(super) struct TagFilter {
    /// Literal names, in the order given.
    pub(super) names: Vec<TagName>,
    wanted: HashSet<TagName>,
    pub(super) globs: Vec<TagPattern>,
}

impl TagFilter {
    /// Reads every `match` of a query; `None` when there is no such parameter.
    pub(super) fn of_query(query: &str) -> Result<Option<Self>, ApiProblem> {
        let mut given = false;
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name != "match" {
                continue;
            }
            given = true;
            for text in value.split(',').map(str::trim).filter(|text| !text.is_empty()) {
                filter.add(text)?;
            }
        }
        Ok(given.then_some(filter))
    }

    fn add(&mut self, text: &str) -> Result<(), ApiProblem> {
        if MOST <= self.names.len() + self.globs.len() {
            let sentence = format!("`match` takes at most {MOST} names and patterns");
            return Err(ApiProblem::new(StatusCode::BAD_REQUEST, sentence));
        }
        match TagPattern::parse(text) {
            Ok(TagPattern::Literal(name)) => {
                if self.wanted.insert(name.clone()) {
                    self.names.push(name);
                }
            }
            Ok(glob) => self.globs.push(glob),
            Err(error) => {
                let shown: String = text.chars().take(130).collect();
                let sentence = format!("`{shown}` names no tag: {error}");
                return Err(ApiProblem::new(StatusCode::BAD_REQUEST, sentence));
            }
        }
        Ok(())
    }

    /// Whether this tag is meant.
    pub(super) fn wants(&self, name: &TagName) -> bool {
        self.wanted.contains(name) || self.globs.iter().any(|glob| glob.matches(name))
    }

    /// The same for a subscription.
    pub(super) fn interest(&self) -> Interest {
        let names = self.names.iter().cloned().map(TagPattern::Literal);
        Interest::Matching(names.chain(self.globs.iter().cloned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> TagName {
        TagName::parse(text).unwrap()
    }

    #[test]
    fn names_and_globs_come_by_comma_and_by_repetition() {
        let filter = TagFilter::of_query("match=a/x,%20b/*&limit=3&match=a%2Fy,a/x").unwrap().unwrap();
        assert_eq!(filter.names, [name("a/x"), name("a/y")]);
        assert!(filter.wants(&name("b/z")) && filter.wants(&name("a/y")) && !filter.wants(&name("a/z")));
    }

    #[test]
    fn no_match_is_not_an_empty_match() {
        assert!(TagFilter::of_query("limit=3").unwrap().is_none());
        let empty = TagFilter::of_query("match=").unwrap().unwrap();
        assert!(empty.names.is_empty() && empty.globs.is_empty());
    }

    #[test]
    fn what_names_no_tag_is_told() {
        for bad in ["match=nogroup", "match=a/b/c", "match=a%20b/c"] {
            assert_eq!(TagFilter::of_query(bad).unwrap_err().status(), StatusCode::BAD_REQUEST, "{bad}");
        }
        let many = format!("match={}", (0..5001).map(|n| format!("a/t{n}")).collect::<Vec<_>>().join(","));
        TagFilter::of_query(&many).unwrap_err();
    }
}
