//! The catalogue, by the room that says the sentences.

mod access;
mod broker;
mod cloud;
mod composed;
mod document;
mod door;
mod expression;
mod field;
mod foreign;
mod house;
mod http;
mod mqtt;
mod net;
mod payload;
mod snmp;
mod sparkplug;
mod store;
mod tables;

use super::Sentence;

/// Every sentence.
pub(super) const ALL: &[&[Sentence]] = &[
    access::ALL,
    document::ALL,
    expression::ALL,
    field::ALL,
    mqtt::ALL,
    payload::ALL,
    broker::ALL,
    cloud::ALL,
    net::ALL,
    snmp::ALL,
    sparkplug::ALL,
    store::ALL,
    door::ALL,
    house::ALL,
    tables::ALL,
    http::ALL,
    composed::ALL,
    foreign::ALL,
];

/// Those that stand in the sources word by word: what is listed here and not said there is dead.
#[cfg(test)]
pub(super) const OF_THE_SOURCES: &[&[Sentence]] = &[
    access::ALL,
    document::ALL,
    expression::ALL,
    field::ALL,
    mqtt::ALL,
    payload::ALL,
    broker::ALL,
    cloud::ALL,
    net::ALL,
    snmp::ALL,
    sparkplug::ALL,
    store::ALL,
    door::ALL,
    house::ALL,
    tables::ALL,
];

/// Lists sentences: English as in the sources with `{}` for each place, then Korean with `{0}`, `{1}`, in any order. A place
/// that holds a sentence is said by itself; one for a single word of ours is marked `{0!}`, one for other people's words
/// `{0=}`.
macro_rules! list {
    ($($en:literal, $ko:literal;)*) => {
        pub(super) const ALL: &[$crate::web::i18n::said::Sentence] = &[$(($en, $ko)),*];
    };
}
use list;
