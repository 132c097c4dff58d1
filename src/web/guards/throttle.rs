//! Holds back who guesses passwords: by account and by address, from the first day (IEC 62443-4-2 CR 1.11).
//!
//! Every attempt counts as failed until it succeeds, so that a hundred at once are no way around. Nobody is locked out for
//! good: the wait doubles up to a bound, and an address from which the account logged in before is not held back by what
//! others do to that account.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Accounts, and as many addresses, remembered at once; beyond it the least suspicious is forgotten.
const REMEMBERED: usize = 4096;
/// After so long without an attempt all is forgotten.
const FORGET: Duration = Duration::from_secs(3600);
const ACCOUNT: Rule = Rule { free: 5, longest: Duration::from_secs(300) };
/// An address may be a whole office behind one router.
const ADDRESS: Rule = Rule { free: 20, longest: Duration::from_secs(900) };

struct Rule {
    /// Failures without a wait.
    free: u32,
    /// The longest wait; the first is one second.
    longest: Duration,
}

/// Who tried, how often, and from when on it may try again.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    marks: Mutex<Marks>,
}

#[derive(Debug, Default)]
struct Marks {
    accounts: HashMap<String, Mark>,
    addresses: HashMap<Network, Mark>,
    /// Where accounts logged in from before.
    known: HashMap<(String, Network), Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    failures: u32,
    last: Instant,
    until: Instant,
}

/// One IPv4 address, or the /64 of an IPv6 address: one customer has all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(six) => Self(IpAddr::V6((u128::from(six) >> 64 << 64).into())),
            four @ IpAddr::V4(_) => Self(four),
        }
    }
}

/// An attempt that may be made; it has failed unless [`Throttle::succeeded`] is told.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    account: String,
    network: Network,
    /// Failures in a row with this one, the worse of account and address.
    pub(crate) held_after: Option<Duration>,
}

impl Throttle {
    /// Takes an attempt on, or tells how long to wait.
    pub(crate) fn begin(&self, account: &str, address: IpAddr, now: Instant) -> Result<Attempt, Duration> {
        // Names longer than any account has are one: nobody needs a map of them.
        let account: String = account.chars().take(64).flat_map(char::to_lowercase).collect();
        let network = Network::from(address);
        let mut marks = self.lock();
        let known = marks.known.get(&(account.clone(), network)).is_some_and(|at| now - *at < FORGET * 24);
        let wait = |mark: Option<&Mark>| mark.map_or(Duration::ZERO, |mark| mark.until.saturating_duration_since(now));
        let by_account = if known { Duration::ZERO } else { wait(marks.accounts.get(&account)) };
        let longest = by_account.max(wait(marks.addresses.get(&network)));
        if Duration::ZERO < longest {
            return Err(longest);
        }
        let of_address = count(&mut marks.addresses, network, &ADDRESS, now);
        let of_account =
            if known { Duration::ZERO } else { count(&mut marks.accounts, account.clone(), &ACCOUNT, now) };
        let held = of_account.max(of_address);
        Ok(Attempt { account, network, held_after: (Duration::ZERO < held).then_some(held) })
    }

    /// The attempt was good: the account begins anew, the address is given its attempt back.
    pub(crate) fn succeeded(&self, attempt: Attempt, now: Instant) {
        let mut marks = self.lock();
        marks.accounts.remove(&attempt.account);
        if let Some(mark) = marks.addresses.get_mut(&attempt.network) {
            mark.failures = mark.failures.saturating_sub(1);
            mark.until = now;
        }
        make_room(&mut marks.known, |at| *at, |at| FORGET * 24 <= now - *at);
        marks.known.insert((attempt.account, attempt.network), now);
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        // Plain counters: a panic cannot leave them half written.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one failure and returns the wait it brings.
fn count<K: Eq + Hash + Clone>(marks: &mut HashMap<K, Mark>, key: K, rule: &Rule, now: Instant) -> Duration {
    let fresh = Mark { failures: 0, last: now, until: now };
    if !marks.contains_key(&key) {
        make_room(marks, |mark| (mark.failures, mark.last), |mark| FORGET <= now - mark.last);
    }
    let mark = marks.entry(key).or_insert(fresh);
    if FORGET <= now - mark.last {
        *mark = fresh;
    }
    mark.failures = mark.failures.saturating_add(1);
    mark.last = now;
    let beyond = mark.failures.saturating_sub(rule.free);
    let wait = match beyond.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(1 << doublings.min(20)).min(rule.longest),
    };
    mark.until = now + wait;
    wait
}

/// Keeps a map within its bound: what is over goes, else what ranks least.
fn make_room<K: Eq + Hash + Clone, V, R: Ord>(
    map: &mut HashMap<K, V>,
    rank: impl Fn(&V) -> R,
    over: impl Fn(&V) -> bool,
) {
    if map.len() < REMEMBERED {
        return;
    }
    map.retain(|_, value| !over(value));
    if REMEMBERED <= map.len()
        && let Some(least) = map.iter().min_by_key(|(_, value)| rank(value)).map(|(key, _)| key.clone())
    {
        map.remove(&least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_wait_doubles_after_a_few_and_ends() {
        let (throttle, mut now) = (Throttle::default(), Instant::now());
        for _ in 0..5 {
            assert!(throttle.begin("kim", ip("10.0.0.1"), now).unwrap().held_after.is_none());
        }
        let mut waits = Vec::new();
        for _ in 0..10 {
            let held = throttle.begin("KIM", ip("10.0.0.1"), now).unwrap().held_after.unwrap();
            assert_eq!(throttle.begin("kim", ip("10.0.0.1"), now).unwrap_err(), held);
            waits.push(held.as_secs());
            now += held;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        now += FORGET;
        assert!(throttle.begin("kim", ip("10.0.0.1"), now).unwrap().held_after.is_none());
    }

    #[test]
    fn who_logged_in_from_here_before_is_not_locked_out_by_others() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let home = throttle.begin("kim", ip("10.0.0.9"), now).unwrap();
        throttle.succeeded(home, now);
        for _ in 0..6 {
            throttle.begin("kim", ip("10.0.0.1"), now).unwrap();
        }
        throttle.begin("kim", ip("10.0.0.1"), now).unwrap_err();
        throttle.begin("kim", ip("10.0.0.2"), now).unwrap_err();
        throttle.begin("kim", ip("10.0.0.9"), now).unwrap();
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_and_its_neighbour_does_not() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for number in 0..21 {
            throttle.begin(&format!("user{number}"), ip("2001:db8::1"), now).unwrap();
        }
        assert_eq!(throttle.begin("other", ip("2001:db8::2"), now).unwrap_err(), SECOND);
        throttle.begin("other", ip("2001:db8:0:1::2"), now).unwrap();
    }

    #[test]
    fn a_success_clears_the_account_but_not_the_address() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for number in 0..20 {
            throttle.begin(&format!("user{number}"), ip("10.0.0.1"), now).unwrap();
        }
        let own = throttle.begin("mine", ip("10.0.0.1"), now).unwrap();
        throttle.succeeded(own, now);
        assert!(throttle.begin("mine", ip("10.0.0.1"), now).unwrap().held_after.is_some());
    }

    #[test]
    fn the_maps_stay_bounded_and_keep_the_worst() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..6 {
            throttle.begin("kim", ip("10.0.0.1"), now).unwrap();
        }
        for number in 0..(2 * u32::try_from(REMEMBERED).unwrap()) {
            let address = IpAddr::V4((0x0b00_0000 + number).into());
            throttle.begin(&format!("user{number}"), address, now).unwrap();
        }
        let marks = throttle.lock();
        assert!(marks.accounts.len() <= REMEMBERED && marks.addresses.len() <= REMEMBERED);
        drop(marks);
        throttle.begin("kim", ip("10.0.0.1"), now).unwrap_err();
    }
}
