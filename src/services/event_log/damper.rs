//! Keeps one credential from filling the log: the first refusals are written, then how many more there were.

use crate::net::network::Network;
use crate::platform::clock;
use crate::runtime::events::{Category, Event, Outcome};
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// Events of one kind by one credential that are written in a window: more than a person makes, enough to see what a
/// program tries.
const WRITTEN: u32 = 20;
const WINDOW: Duration = Duration::from_secs(60);
/// Credentials told apart at once; all beyond them are one.
const REMEMBERED: usize = 1024;
/// Who those are.
const MANY: &str = "many";

/// What was written lately, by who did it.
#[derive(Debug, Default)]
pub(super) struct Damper {
    windows: HashMap<Key, Window>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    category: Category,
    result: Outcome,
    who: String,
}

#[derive(Debug)]
struct Window {
    end: Instant,
    seen: u32,
    source: String,
}

impl Damper {
    /// Lets an event through, or counts it for the line at the end of its window.
    pub(super) fn admit(&mut self, event: Event, now: Instant) -> Option<Event> {
        let who = who(&event);
        // What somebody does to the own session, and what is refused: a viewer can do both as often as the line allows.
        // All else is a change that somebody had the right to make, and must be found again.
        let damped = event.result == Outcome::Refused || (event.category == Category::Access && event.subject == who);
        if !damped {
            return Some(event);
        }
        let mut key = Key { category: event.category, result: event.result, who };
        if REMEMBERED <= self.windows.len() && !self.windows.contains_key(&key) {
            MANY.clone_into(&mut key.who);
        }
        let fresh = || Window { end: now + WINDOW, seen: 0, source: event.source.clone() };
        let window = self.windows.entry(key).or_insert_with(fresh);
        window.seen += 1;
        (window.seen <= WRITTEN).then_some(event)
    }

    /// When the next window ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.windows.values().map(|window| window.end).min()
    }

    /// The lines of the windows that have ended, or of all of them.
    pub(super) fn lines(&mut self, until: Option<Instant>) -> Vec<Event> {
        let ended = self.windows.extract_if(|_, window| until.is_none_or(|until| window.end <= until));
        ended.filter_map(|(key, window)| line(key, window)).collect()
    }
}

fn line(key: Key, window: Window) -> Option<Event> {
    let more = window.seen.checked_sub(WRITTEN).filter(|more| 0 < *more)?;
    let detail = if key.result == Outcome::Refused {
        format!("{more} more refused; of one minute the first {WRITTEN} are written")
    } else {
        format!("{more} more of the same; of one minute the first {WRITTEN} are written")
    };
    Some(Event {
        unix_ms: clock::unix_ms(),
        source: window.source,
        category: key.category,
        subject: key.who.clone(),
        actor: key.who,
        result: key.result,
        detail,
    })
}

/// The credential behind an event, wherever it comes from; of a stranger the network. Commands by MQTT carry their topic,
/// and all of a connection come by its one login.
fn who(event: &Event) -> String {
    if event.source.starts_with("mqtt/") {
        return event.source.clone();
    }
    let actor = &event.actor;
    let name = actor.split_once(" (").map_or(actor.as_str(), |(name, _)| name);
    match name.parse::<IpAddr>() {
        Ok(address) => Network::from(address).to_string(),
        Err(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(category: Category, result: Outcome, subject: &str, actor: &str) -> Event {
        Event {
            unix_ms: 1,
            source: "web".into(),
            category,
            subject: subject.into(),
            actor: actor.into(),
            result,
            detail: "a sentence".into(),
        }
    }

    #[test]
    fn the_first_are_written_then_one_line_says_how_many_more() {
        let (mut damper, now) = (Damper::default(), Instant::now());
        let mut written = |actor: &str, at| {
            let refused = event(Category::Command, Outcome::Refused, "oven/setpoint", actor);
            u32::from(damper.admit(refused, at).is_some())
        };
        let by_kim: u32 = (0..1_000).map(|n| written(&format!("kim (10.0.0.{})", n % 9), now + WINDOW / 2)).sum();
        assert_eq!((by_kim, written("lee (10.0.0.1)", now + WINDOW / 2)), (20, 1));
        let by_stranger: u32 = (0..99).map(|n| written(&format!("2001:db8::{n}"), now)).sum();
        assert_eq!(by_stranger, 20, "whoever has one address of a network has all");
        let by_topic = |n| Event {
            source: "mqtt/site".into(),
            ..event(Category::Command, Outcome::Refused, "oven/setpoint", &format!("cmd/{n}"))
        };
        assert_eq!((0..99).filter(|n| damper.admit(by_topic(*n), now + WINDOW / 2).is_some()).count(), 20);

        assert_eq!(damper.next_end(), Some(now + WINDOW));
        let shown = |lines: Vec<Event>| {
            let mut shown: Vec<(String, String)> = lines.into_iter().map(|line| (line.actor, line.detail)).collect();
            shown.sort();
            shown
        };
        let rest = |n| format!("{n} more refused; of one minute the first 20 are written");
        assert_eq!(shown(damper.lines(Some(now + WINDOW))), [("2001:db8::/64".to_owned(), rest(79))]);
        assert_eq!(shown(damper.lines(None)), [("kim".to_owned(), rest(980)), ("mqtt/site".to_owned(), rest(79))]);
        assert_eq!(damper.next_end(), None);
    }

    #[test]
    fn what_somebody_had_the_right_to_do_is_always_written() {
        let (mut damper, now) = (Damper::default(), Instant::now());
        let mut count = |category, result, subject: &str| {
            let written = |_: &u32| damper.admit(event(category, result, subject, "kim (10.0.0.1)"), now).is_some();
            (0..100).filter(written).count()
        };
        assert_eq!(count(Category::Access, Outcome::Ok, "kim"), 20, "logging in and out again and again");
        assert_eq!(count(Category::Access, Outcome::Ok, "lee"), 100);
        assert_eq!(count(Category::Command, Outcome::Ok, "oven/setpoint"), 100);
        assert_eq!(count(Category::Command, Outcome::Failed, "oven/setpoint"), 100);
        assert_eq!(count(Category::Config, Outcome::Ok, "configuration"), 100);
    }

    #[test]
    fn credentials_beyond_number_are_one() {
        let (mut damper, now) = (Damper::default(), Instant::now());
        let written = (0..100_000_u32).filter(|n| {
            let actor = std::net::Ipv4Addr::from(*n).to_string();
            damper.admit(event(Category::Access, Outcome::Refused, "unknown name", &actor), now).is_some()
        });
        assert_eq!(written.count(), REMEMBERED + 20);
        assert!(damper.windows.len() <= REMEMBERED + 1);
    }
}
