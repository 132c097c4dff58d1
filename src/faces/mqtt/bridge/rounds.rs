//! Messages that go round and cannot be told by their marks: MQTT 3.1.1 has no room for any, and brokers of others may
//! drop them.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;
use tokio::time::Instant;

/// How long a message is remembered at least; at most twice as long.
const SPAN: Duration = Duration::from_secs(10);
/// Messages remembered of one span; beyond it the span ends early.
const REMEMBERED: usize = 65_536;
/// How often within a span others may say what one has said before them. A circle brings a message back by the other
/// broker's hand, over and over; one that is held back ends it.
const REPEATED: u32 = 100;
/// How often the first may say it himself: pulses may well look all alike.
const SAID: u32 = 10_000;

/// What is remembered of messages, by topic and payload.
#[derive(Debug, Default)]
struct Recent<T> {
    random: RandomState,
    present: HashMap<u64, T>,
    before: HashMap<u64, T>,
    since: Option<Instant>,
}

impl<T> Recent<T> {
    fn key(&self, topic: &str, payload: &[u8]) -> u64 {
        self.random.hash_one((topic, payload))
    }

    fn turn(&mut self, now: Instant) {
        let over = now.saturating_duration_since(*self.since.get_or_insert(now));
        if SPAN <= over || REMEMBERED <= self.present.len() {
            let present = std::mem::take(&mut self.present);
            self.before = if over < 2 * SPAN { present } else { HashMap::new() };
            self.since = Some(now);
        }
    }

    /// What is remembered of it; what there is of the last span comes into this one by `renew`.
    fn note(&mut self, topic: &str, payload: &[u8], now: Instant, renew: impl FnOnce(Option<T>) -> T) -> &mut T {
        self.turn(now);
        let key = self.key(topic, payload);
        let before = self.before.remove(&key);
        self.present.entry(key).or_insert_with(|| renew(before))
    }
}

/// A message of ours that left.
#[derive(Debug, Default)]
struct Left {
    /// Who said it first.
    by: u64,
    /// How often, within the span.
    times: u32,
    /// And how often others.
    others: u32,
}

/// What one bridge remembers.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    left: Recent<Left>,
    /// How often each will be sent back.
    echoes: Recent<u32>,
}

impl Rounds {
    /// Whether a message of `sender` may leave.
    pub(super) fn may_leave(&mut self, topic: &str, payload: &[u8], sender: u64, now: Instant) -> bool {
        let renew = |before: Option<Left>| Left { by: before.map_or(sender, |left| left.by), times: 0, others: 0 };
        let left = self.left.note(topic, payload, now, renew);
        let (count, most) = if left.by == sender { (&mut left.times, SAID) } else { (&mut left.others, REPEATED) };
        *count += u32::from(*count <= most);
        *count <= most
    }

    /// A message leaves that the other broker will send back at once.
    pub(super) fn expect_echo(&mut self, topic: &str, payload: &[u8], now: Instant) {
        *self.echoes.note(topic, payload, now, Option::unwrap_or_default) += 1;
    }

    /// Whether this is what left lately, sent back.
    pub(super) fn is_echo(&mut self, topic: &str, payload: &[u8], now: Instant) -> bool {
        self.echoes.turn(now);
        let key = self.echoes.key(topic, payload);
        let spans = [&mut self.echoes.before, &mut self.echoes.present];
        let found = spans.into_iter().find_map(|span| span.get_mut(&key).filter(|count| 0 < **count));
        found.map(|count| *count -= 1).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_left_comes_back_once_and_not_for_ever() {
        let (mut rounds, start) = (Rounds::default(), Instant::now());
        assert!(!rounds.is_echo("a", b"1", start));
        rounds.expect_echo("a", b"1", start);
        assert!(!rounds.is_echo("a", b"2", start) && !rounds.is_echo("b", b"1", start));
        rounds.expect_echo("a", b"1", start + SPAN);
        assert!(rounds.is_echo("a", b"1", start + SPAN) && rounds.is_echo("a", b"1", start + SPAN));
        assert!(!rounds.is_echo("a", b"1", start + SPAN));
        rounds.expect_echo("a", b"1", start + SPAN);
        assert!(!rounds.is_echo("a", b"1", start + 4 * SPAN));
    }

    #[test]
    fn what_others_say_over_and_over_is_held_back_and_not_who_said_it_first() {
        let (mut rounds, start) = (Rounds::default(), Instant::now());
        let (press, other) = (1, 2);
        assert!((0..1000).all(|_| rounds.may_leave("a", b"1", press, start)));
        let passed = (0..1000).filter(|_| rounds.may_leave("a", b"1", other, start)).count();
        assert_eq!(passed, REPEATED as usize);
        assert!(rounds.may_leave("a", b"2", other, start) && rounds.may_leave("a", b"1", press, start));
        // Who said it first is known for as long as it is said.
        let later = start + SPAN;
        let passed = (0..1000).filter(|_| rounds.may_leave("a", b"1", other, later)).count();
        assert_eq!(passed, REPEATED as usize);
        assert!((0..1000).all(|_| rounds.may_leave("a", b"1", other, start + 4 * SPAN)));
        assert!(!(0..=SAID).all(|_| rounds.may_leave("c", b"", press, start + 4 * SPAN)));
    }

    #[test]
    fn no_more_is_remembered_than_is_told() {
        let (mut rounds, start) = (Rounds::default(), Instant::now());
        for n in 0..3 * REMEMBERED {
            assert!(rounds.may_leave("a", &n.to_be_bytes(), 1, start));
            rounds.expect_echo("a", &n.to_be_bytes(), start);
        }
        assert!(rounds.left.present.len() <= REMEMBERED && rounds.left.before.len() <= REMEMBERED);
        assert!(rounds.echoes.present.len() <= REMEMBERED && rounds.echoes.before.len() <= REMEMBERED);
    }
}
