//! Holds back who guesses passwords: by account and by address, from the first day (IEC 62443-4-2 CR 1.11).
//!
//! Every attempt counts as failed until it succeeds, so that a hundred at once are no way around. Nobody is locked out for
//! good: the wait doubles up to a bound, and an address from which the account logged in before is not held back by what
//! others do. That way in is narrow and hidden: it has few attempts of its own, and one that fails is to be answered like
//! one that was held back, or the answers would tell which names are accounts.

use super::network::Network;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Accounts, and as many addresses, remembered at once; beyond it the least suspicious is forgotten.
const REMEMBERED: usize = 4096;
/// After so long without an attempt all is forgotten.
const FORGET: Duration = Duration::from_secs(3600);
/// So long after its last login an address is still one the account is known at.
const KNOWN: Duration = Duration::from_secs(24 * 3600);
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
pub struct Throttle {
    marks: Mutex<Marks>,
}

#[derive(Debug, Default)]
struct Marks {
    accounts: HashMap<String, Mark>,
    addresses: HashMap<Network, Mark>,
    /// Where accounts logged in from before.
    known: HashMap<(String, Network), Known>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    failures: u32,
    last: Instant,
    until: Instant,
    /// Where all these failures came from; none when they came from several.
    only_from: Option<Network>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    login: Instant,
    /// Attempts made from there while others were held back.
    mark: Mark,
}

/// An attempt that may be made; it has failed unless [`Throttle::succeeded`] is told.
#[derive(Debug, Clone)]
pub struct Attempt {
    account: String,
    network: Network,
    /// The wait it brings if it fails, the longer of account's and address's.
    pub held_after: Option<Duration>,
    /// Others have to wait so long: if it fails, answer as if it had not been made.
    pub veiled: Option<Duration>,
}

impl Throttle {
    /// Takes an attempt on, or tells how long to wait.
    pub fn begin(&self, account: &str, address: IpAddr, now: Instant) -> Result<Attempt, Duration> {
        // Names longer than any account has are one: nobody needs a map of them.
        let account: String = account.chars().take(64).flat_map(char::to_lowercase).collect();
        let network = Network::from(address);
        let mut marks = self.lock();
        let wait = |mark: Option<&Mark>| mark.map_or(Duration::ZERO, |mark| mark.until.saturating_duration_since(now));
        let held = wait(marks.accounts.get(&account)).max(wait(marks.addresses.get(&network)));
        if Duration::ZERO < held {
            let known = marks.known.get_mut(&(account.clone(), network));
            let known = known.filter(|known| now - known.login < KNOWN && known.mark.until <= now).ok_or(held)?;
            known.mark.fail(network, &ACCOUNT, now);
            return Ok(Attempt { account, network, held_after: None, veiled: Some(held) });
        }
        let of_account = fail(&mut marks.accounts, account.clone(), network, &ACCOUNT, now);
        // What hammers at one account alone is held back by that account: a device with an old password must not close
        // the door for everyone behind the same router.
        let spread = marks.accounts.get(&account).is_none_or(|mark| mark.failures <= ACCOUNT.free);
        let of_address =
            if spread { fail(&mut marks.addresses, network, network, &ADDRESS, now) } else { Duration::ZERO };
        let held = of_account.max(of_address);
        Ok(Attempt { account, network, held_after: (Duration::ZERO < held).then_some(held), veiled: None })
    }

    /// The attempt was good: the address is given it back, and the account begins anew unless others tried it as well.
    pub fn succeeded(&self, attempt: Attempt, now: Instant) {
        let mut marks = self.lock();
        let Attempt { account, network, veiled, .. } = attempt;
        if veiled.is_none() {
            if let Some(mark) = marks.accounts.get_mut(&account) {
                mark.take_back(now);
                // Somebody who logs in all the time must not clear the way for whoever guesses elsewhere.
                if mark.only_from == Some(network) {
                    marks.accounts.remove(&account);
                }
            }
            if let Some(mark) = marks.addresses.get_mut(&network) {
                mark.take_back(now);
            }
        }
        make_room(&mut marks.known, |known| known.login, |known| KNOWN <= now - known.login);
        marks.known.insert((account, network), Known { login: now, mark: Mark::fresh(now) });
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        // Plain counters: a panic cannot leave them half written.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mark {
    fn fresh(now: Instant) -> Self {
        Self { failures: 0, last: now, until: now, only_from: None }
    }

    /// Counts one failure and returns the wait it brings.
    fn fail(&mut self, network: Network, rule: &Rule, now: Instant) -> Duration {
        if FORGET <= now - self.last {
            *self = Self::fresh(now);
        }
        self.only_from = (self.failures == 0 || self.only_from == Some(network)).then_some(network);
        self.failures = self.failures.saturating_add(1);
        self.last = now;
        let beyond = self.failures.saturating_sub(rule.free);
        let wait = match beyond.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => Duration::from_secs(1 << doublings.min(20)).min(rule.longest),
        };
        self.until = now + wait;
        wait
    }

    /// The last failure was none.
    fn take_back(&mut self, now: Instant) {
        self.failures = self.failures.saturating_sub(1);
        self.until = now;
    }
}

fn fail<K: Eq + Hash + Clone>(
    marks: &mut HashMap<K, Mark>,
    key: K,
    network: Network,
    rule: &Rule,
    now: Instant,
) -> Duration {
    if !marks.contains_key(&key) {
        make_room(marks, |mark| (mark.failures, mark.last), |mark| FORGET <= now - mark.last);
    }
    marks.entry(key).or_insert(Mark::fresh(now)).fail(network, rule, now)
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
            assert_eq!(throttle.begin("kim", ip("10.0.0.1"), now).unwrap().veiled, None);
        }
        assert_eq!(throttle.begin("kim", ip("10.0.0.1"), now).unwrap_err(), SECOND);
        assert_eq!(throttle.begin("kim", ip("10.0.0.2"), now).unwrap_err(), SECOND);
        let home = throttle.begin("kim", ip("10.0.0.9"), now).unwrap();
        assert_eq!((home.veiled, home.held_after), (Some(SECOND), None));
        throttle.succeeded(home, now);
        assert_eq!(throttle.begin("kim", ip("10.0.0.1"), now).unwrap_err(), SECOND, "the others still wait");

        // The same when the address is held back for what others there do.
        for number in 0..21 {
            throttle.begin(&format!("user{number}"), ip("10.0.0.9"), now).unwrap();
        }
        throttle.begin("lee", ip("10.0.0.9"), now).unwrap_err();
        assert!(throttle.begin("kim", ip("10.0.0.9"), now).unwrap().veiled.is_some());
    }

    #[test]
    fn at_a_known_address_the_answers_are_those_of_an_unknown_name() {
        let (throttle, begin) = (Throttle::default(), Instant::now());
        let home = throttle.begin("kim", ip("10.0.0.9"), begin).unwrap();
        throttle.succeeded(home, begin);
        let mut hidden = 0;
        // What an answer can show: the wait of one that is held back or has to look so.
        let mut shown = |account: &str, now| match throttle.begin(account, ip("10.0.0.9"), now) {
            Ok(attempt) => {
                hidden += u32::from(attempt.veiled.is_some());
                attempt.veiled
            }
            Err(wait) => Some(wait),
        };
        for tenth in 0..2_000 {
            let now = begin + SECOND * tenth / 10;
            assert_eq!(shown("kim", now), shown("nobody", now), "after {tenth} tenths of a second");
        }
        assert!((5..15).contains(&hidden), "{hidden} attempts in 200 s went through behind the veil");
    }

    #[test]
    fn a_login_elsewhere_does_not_clear_the_way_for_whoever_guesses() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..5 {
            throttle.begin("kim", ip("10.0.0.1"), now).unwrap();
            let home = throttle.begin("kim", ip("10.0.0.9"), now).unwrap();
            throttle.succeeded(home, now);
        }
        assert_eq!(throttle.begin("kim", ip("10.0.0.1"), now).unwrap().held_after, Some(SECOND));
    }

    #[test]
    fn a_device_with_an_old_password_does_not_hold_back_its_neighbours() {
        let (throttle, mut now) = (Throttle::default(), Instant::now());
        let end = now + 24 * FORGET;
        while now < end {
            now += throttle.begin("press", ip("10.0.0.1"), now).err().unwrap_or(SECOND);
        }
        assert_eq!(throttle.begin("oven", ip("10.0.0.1"), now).unwrap().veiled, None);
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
