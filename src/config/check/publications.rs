//! Publications and subscriptions against the tags there are, and against each other.

use super::expressions::Expressions;
use super::{Place, sparkplug};
use crate::config::catalogue::Catalogue;
use crate::config::mqtt::ConnectionConfig;
use crate::config::payload::{Form, Payload};
use crate::config::preset::Preset;
use crate::config::problem::Problems;
use crate::config::publication::PublicationConfig;
use crate::config::subscription::SubscriptionConfig;
use crate::config::tags::definitions;
use crate::config::topic::{Level, MAX_TOPIC, overlap};
use crate::config::{GatewayConfig, limits};
use crate::expr::{Expression, Kind, Leave};
use crate::tag::pattern::TagPattern;
use serde_json::Value as Json;
use std::collections::HashMap;

/// Notes every broken rule and takes out of `config` what must not run: publications beyond a limit, and subscriptions
/// that would obey our own publications.
pub(super) fn judge(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let defs = definitions(config);
    let catalogue = Catalogue::new(&defs);
    let expressions = Expressions::over(&catalogue);
    let appliance = config.appliance.name.clone();
    let mut judge = Judge { appliance, catalogue: &catalogue, expressions, points: 0, problems };
    for connection in &mut config.connections {
        let place = Place::new(document, "/mqtt/connections", &connection.identity.name);
        judge.connection(connection, &place);
    }
}

struct Judge<'a> {
    appliance: String,
    catalogue: &'a Catalogue<'a>,
    expressions: Expressions<'a>,
    /// Published so far: tags times attributes, over all publications.
    points: usize,
    problems: &'a mut Problems,
}

impl Judge<'_> {
    fn connection(&mut self, connection: &mut ConnectionConfig, at: &Place<'_>) {
        let within = |publication: &PublicationConfig| at.within("publications", &publication.identity.name);
        sparkplug::fitting(connection, at, self.problems);
        if let Some(edge_node) = &connection.sparkplug {
            self.writable(&edge_node.writable, "sparkplug/writable", at);
        }
        connection.publications.retain(|publication| self.publication(publication, &within(publication)));
        let published: Vec<(&str, Vec<Level>)> = connection
            .publications
            .iter()
            .map(|publication| (publication.identity.name.as_str(), publication.topic.levels(&self.appliance)))
            .collect();
        let commanded: Vec<Vec<Level>> =
            connection.subscriptions.iter().map(|subscription| subscription.levels(&self.appliance)).collect();
        self.requests(connection, &published, &commanded, at);
        let mut quiet = Vec::with_capacity(commanded.len());
        for (subscription, levels) in connection.subscriptions.iter().zip(&commanded) {
            let place = at.within("subscriptions", &subscription.identity.name);
            self.subscription(subscription, &commanded, &place);
            let ours = published.iter().find(|(_, topic)| overlap(levels, topic));
            if let Some((name, _)) = ours {
                let sentence = format!("this topic can be one that publication `{name}` publishes");
                place.error("topic", sentence, self.problems);
            }
            quiet.push(ours.is_none());
        }
        let mut quiet = quiet.into_iter();
        connection.subscriptions.retain(|_| quiet.next().unwrap_or(true));
    }

    /// A request is neither one of our own messages nor a command.
    fn requests(
        &mut self,
        connection: &ConnectionConfig,
        published: &[(&str, Vec<Level>)],
        commanded: &[Vec<Level>],
        at: &Place<'_>,
    ) {
        for publication in &connection.publications {
            let Some(topic) = &publication.request_topic else { continue };
            let levels = topic.levels(&self.appliance);
            let place = at.within("publications", &publication.identity.name);
            if let Some((name, _)) = published.iter().find(|(_, topic)| overlap(&levels, topic)) {
                let sentence = format!("this topic can be one that publication `{name}` publishes");
                place.error("trigger/request_topic", sentence, self.problems);
            }
            if commanded.iter().any(|topic| overlap(&levels, topic)) {
                let sentence = "a request there would be taken for a command too: give it a topic of its own";
                place.error("trigger/request_topic", sentence, self.problems);
            }
        }
    }

    fn subscription(&mut self, subscription: &SubscriptionConfig, commanded: &[Vec<Level>], place: &Place<'_>) {
        self.writable(&subscription.tags, "tags", place);
        let answers = subscription.response_topic.as_ref().map(|topic| topic.levels(&self.appliance));
        if answers.is_some_and(|answers| commanded.iter().any(|topic| overlap(topic, &answers))) {
            let sentence = "answers there would be taken for commands: give them a topic of their own";
            place.error("response_topic", sentence, self.problems);
        }
    }

    /// Tags that commands may write.
    fn writable(&mut self, patterns: &[TagPattern], list: &str, place: &Place<'_>) {
        self.patterns(patterns, list, place);
        for (index, pattern) in patterns.iter().enumerate() {
            let fixed = |found: &usize| !self.catalogue.def(*found).writable;
            if let TagPattern::Literal(name) = pattern
                && self.catalogue.matching(pattern).iter().any(fixed)
            {
                let sentence = format!("`{name}` cannot be written: it is not `writable`");
                place.error(&format!("{list}/{index}"), sentence, self.problems);
            }
        }
    }

    fn patterns(&mut self, patterns: &[TagPattern], list: &str, place: &Place<'_>) {
        for (index, pattern) in patterns.iter().enumerate() {
            if self.catalogue.matching(pattern).is_empty() {
                let member = format!("{list}/{index}");
                match pattern {
                    TagPattern::Literal(name) => {
                        place.error(&member, format!("there is no tag `{name}`"), self.problems);
                    }
                    TagPattern::Glob { group, name } => {
                        place.warning(&member, format!("`{group}/{name}` matches no tag"), self.problems);
                    }
                }
            }
        }
    }

    /// Whether it can run.
    fn publication(&mut self, publication: &PublicationConfig, place: &Place<'_>) -> bool {
        if limits::POINTS < self.points {
            // Said once, where the limit was passed; to look at the rest would take as long as to publish it.
            return false;
        }
        self.patterns(&publication.tags, "tags", place);
        if let Some(condition) = &publication.condition {
            self.truth(&condition.expression, "trigger/condition", place);
            if let Leave::When(end) = &condition.leave {
                self.truth(end, "trigger/leave", place);
            }
        }
        let matched = self.catalogue.all_matching(&publication.tags);
        let mut points = 0;
        for (index, attribute) in publication.attributes.iter().enumerate() {
            let having = matched.iter().filter(|tag| self.catalogue.def(**tag).has(*attribute)).count();
            // A preset lists what any tag can have.
            if having == 0 && !matched.is_empty() && publication.preset != Some(Preset::IoThinx) {
                let sentence = format!("none of these tags has `{attribute}`");
                place.warning(&format!("attributes/{index}"), sentence, self.problems);
            }
            points += having;
        }
        self.points += points;
        if limits::POINTS < self.points {
            let sentence = format!(
                "the publications up to this one send {} points (each attribute of each tag counts, in each \
                 publication); the limit is {}: name fewer tags or attributes here or before",
                self.points,
                limits::POINTS
            );
            place.error("tags", sentence, self.problems);
            return false;
        }
        if publication.payload == Payload::Preset(Form::Properties) {
            let hyphen =
                matched.iter().map(|tag| &self.catalogue.def(*tag).name).find(|name| name.as_str().contains('-'));
            if let Some(name) = hyphen {
                let sentence =
                    format!("the platform takes letters, digits and `_` in identifiers: it will not know `{name}`");
                place.warning("tags", sentence, self.problems);
            }
        }
        let longest = publication.topic.longest(&self.appliance);
        if MAX_TOPIC < longest {
            let sentence = format!("the topic can become {longest} bytes long; MQTT carries {MAX_TOPIC}");
            place.error("topic", sentence, self.problems);
        }
        if publication.payload.is_about_one() {
            self.one_point_a_topic(publication, &matched, place);
        } else if publication.topic.uses_attribute() && 1 < publication.attributes.len() {
            let sentence = "with this payload a message holds all attributes: leave `{attribute}` out";
            place.error("topic", sentence, self.problems);
        }
        longest <= MAX_TOPIC
    }

    fn truth(&mut self, expression: &Expression, member: &str, place: &Place<'_>) {
        match self.expressions.judge(expression, member, place, |_| false, self.problems) {
            None | Some(Kind::Bool | Kind::Any) => (),
            Some(kind) => place.error(member, format!("a condition gives true or false, not {kind}"), self.problems),
        }
    }

    fn one_point_a_topic(&mut self, publication: &PublicationConfig, matched: &[usize], place: &Place<'_>) {
        if publication.topic.names_tag() && (publication.topic.uses_attribute() || publication.attributes.len() == 1) {
            return;
        }
        let mut topics = HashMap::new();
        for def in matched.iter().map(|tag| self.catalogue.def(*tag)) {
            for attribute in publication.attributes.iter().copied().filter(|attribute| def.has(*attribute)) {
                let Some(topic) = publication.topic_of(&self.appliance, def, attribute) else { continue };
                if let Some((other, of)) = topics.get(&topic) {
                    let sentence = format!(
                        "`{other}` {of} and `{}` {attribute} would share the topic `{topic}`: use `{{tag}}` and `{{attribute}}`, or a payload of many tags",
                        def.name
                    );
                    place.error("topic", sentence, self.problems);
                    return;
                }
                topics.insert(topic, (&def.name, attribute));
            }
        }
    }
}
