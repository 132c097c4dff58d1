//! What a publication sends: its posts, each with its tags and topics. Globs are resolved here, once per change of the
//! tags or of the settings.

use crate::config::publication::{Payload, PublicationConfig};
use crate::config::topic::{MAX_TOPIC, TopicContext};
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::pattern::TagPattern;
use std::collections::{HashMap, HashSet};

/// What is sent together: with payload `value` the attributes of one tag, with `object` one message of several tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Places of its tags in the catalogue.
    pub tags: Vec<usize>,
    /// Its messages.
    pub form: Form,
}

/// The messages of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// One message for each of these attributes of the one tag.
    Value(Vec<(Attribute, String)>),
    /// One message for all.
    Object(String),
}

/// The tags there are, found by name and by group.
#[derive(Debug)]
pub struct Catalogue<'a> {
    defs: Vec<&'a TagDef>,
    by_name: HashMap<&'a str, usize>,
    by_group: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Catalogue<'a> {
    /// The catalogue of these tags, in their declared order.
    pub fn new(defs: impl IntoIterator<Item = &'a TagDef>) -> Self {
        let defs: Vec<&TagDef> = defs.into_iter().collect();
        let mut by_group: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, def) in defs.iter().enumerate() {
            by_group.entry(def.name.group()).or_default().push(place);
        }
        let by_name = defs.iter().enumerate().map(|(place, def)| (def.name.as_str(), place)).collect();
        Self { defs, by_name, by_group }
    }

    /// The tag at a place.
    pub fn def(&self, place: usize) -> &'a TagDef {
        self.defs[place]
    }

    /// The places one pattern means.
    pub fn matching(&self, pattern: &TagPattern) -> Vec<usize> {
        match pattern {
            TagPattern::Literal(name) => self.by_name.get(name.as_str()).copied().into_iter().collect(),
            TagPattern::Glob { group, .. } => {
                let wanted = |place: &usize| pattern.matches(&self.defs[*place].name);
                if group.contains('*') {
                    (0..self.defs.len()).filter(wanted).collect()
                } else {
                    // A thousand globs over a hundred thousand tags: only the group in question is looked through.
                    let group = self.by_group.get(group.as_str()).map(Vec::as_slice).unwrap_or_default();
                    group.iter().copied().filter(wanted).collect()
                }
            }
        }
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

/// The posts of one publication. Topics longer than MQTT can carry are left out.
pub fn posts(publication: &PublicationConfig, appliance: &str, catalogue: &Catalogue<'_>) -> Vec<Post> {
    let places = catalogue.all_matching(&publication.tags);
    match publication.payload {
        Payload::Value => value_posts(publication, appliance, catalogue, places),
        Payload::Object => object_posts(publication, appliance, catalogue, places),
    }
}

fn value_posts(
    publication: &PublicationConfig,
    appliance: &str,
    catalogue: &Catalogue<'_>,
    places: Vec<usize>,
) -> Vec<Post> {
    let post = |place: usize| {
        let def = catalogue.def(place);
        let message = |attribute: &Attribute| {
            let context = TopicContext { appliance, tag: Some(&def.name), attribute: Some(*attribute) };
            let topic = publication.topic.render(context);
            (def.has(*attribute) && topic.len() <= MAX_TOPIC).then_some((*attribute, topic))
        };
        let messages: Vec<_> = publication.attributes.iter().filter_map(message).collect();
        (!messages.is_empty()).then(|| Post { tags: vec![place], form: Form::Value(messages) })
    };
    places.into_iter().filter_map(post).collect()
}

fn object_posts(
    publication: &PublicationConfig,
    appliance: &str,
    catalogue: &Catalogue<'_>,
    places: Vec<usize>,
) -> Vec<Post> {
    let mut posts: Vec<Post> = Vec::new();
    let mut by_topic: HashMap<String, usize> = HashMap::new();
    // With several attributes the settings keep `{attribute}` out of the topic.
    let attribute = publication.attributes.first().copied();
    for place in places {
        let def = catalogue.def(place);
        if !publication.attributes.iter().any(|attribute| def.has(*attribute)) {
            continue;
        }
        let topic = publication.topic.render(TopicContext { appliance, tag: Some(&def.name), attribute });
        if MAX_TOPIC < topic.len() {
            continue;
        }
        if let Some(index) = by_topic.get(&topic) {
            posts[*index].tags.push(place);
        } else {
            by_topic.insert(topic.clone(), posts.len());
            posts.push(Post { tags: vec![place], form: Form::Object(topic) });
        }
    }
    posts
}

#[cfg(test)]
pub(in crate::views) mod tests;
