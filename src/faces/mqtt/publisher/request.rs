//! Publications that are asked for by a message of somebody else.

use super::Publisher;
use crate::config::publication::{PublicationConfig, Qos};
use crate::config::topic::TopicContext;

fn topic_of(publication: &PublicationConfig, appliance: &str) -> Option<String> {
    let context = TopicContext { appliance, tag: None, attribute: None };
    publication.request_topic.as_ref().map(|topic| topic.render(context))
}

/// The topics where publications are asked for; with the quality of service of what is then sent.
pub(in crate::faces::mqtt) fn request_topics(
    publications: &[PublicationConfig],
    appliance: &str,
) -> impl Iterator<Item = (String, Qos)> {
    let enabled = publications.iter().filter(|publication| publication.identity.enabled);
    enabled.filter_map(move |publication| Some((topic_of(publication, appliance)?, publication.qos)))
}

impl Publisher {
    /// Sends what a message on this topic asks for; false when it asks for nothing. Asked again before it was sent, it is
    /// sent once.
    pub(in crate::faces::mqtt) fn ask(&mut self, topic: &str, appliance: &str) -> bool {
        let asked =
            |publication: &super::Publication| topic_of(&publication.config, appliance).as_deref() == Some(topic);
        let posts: Vec<_> = self.publications.iter().filter(|one| asked(one)).map(|one| one.posts.clone()).collect();
        for post in posts.iter().cloned().flatten() {
            self.enqueue(post, true);
        }
        !posts.is_empty()
    }
}
