//! What a publication sends: its posts, each with its tags and topics. Globs are resolved here, once per change of the
//! tags or of the settings.

use crate::config::catalogue::Catalogue;
use crate::config::publication::PublicationConfig;
use crate::config::topic::TopicContext;
use crate::tag::attribute::Attribute;
use std::collections::HashMap;

/// What is sent together: the attributes of one tag, a message each (payload `value`), or one message of several tags
/// (payload `object`).
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

/// The posts of one publication.
pub fn posts(publication: &PublicationConfig, appliance: &str, catalogue: &Catalogue<'_>) -> Vec<Post> {
    let places = catalogue.all_matching(&publication.tags);
    if publication.payload.is_about_one() {
        value_posts(publication, appliance, catalogue, places)
    } else {
        object_posts(publication, appliance, catalogue, places)
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
            let topic = publication.topic_of(appliance, def, *attribute).filter(|_| def.has(*attribute));
            topic.map(|topic| (*attribute, topic))
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
