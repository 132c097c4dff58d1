//! Tells the event log and the program's log who was refused at a door: the first time at once, then at most once a minute
//! for each address, with how often it was meanwhile.

use crate::config::access::Service;
use crate::net::door::{Access, RefusedPeer};
use crate::platform::clock;
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::unit::{Health, UnitContext};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks at what was refused.
const PACE: Duration = Duration::from_secs(1);
/// Between two events of one address at one door.
const AGAIN: Duration = Duration::from_secs(60);
/// Events of one look: a scan from many addresses must not push everything else out of the log.
const AT_ONCE: usize = 10;

/// The unit that watches the doors.
#[derive(Debug)]
pub struct AccessWatch {
    access: Access,
    events: Events,
    told: HashMap<(Service, IpAddr), Told>,
}

/// What was told of an address last.
#[derive(Debug, Clone, Copy)]
struct Told {
    times: u64,
    requests: u64,
    at: Instant,
}

impl AccessWatch {
    /// Watches these doors.
    pub fn new(access: Access, events: Events) -> Self {
        Self { access, events, told: HashMap::new() }
    }

    /// Runs until asked to stop.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), Infallible> {
        ctx.set_health(Health::Up);
        let mut refusals = self.access.follow_refusals();
        loop {
            refusals.borrow_and_update();
            let waiting = self.look(Instant::now());
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => return Ok(()),
                () = sleep(PACE) => (),
            }
            if waiting {
                continue;
            }
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => return Ok(()),
                // Cancel-safe: the watch keeps the newest count.
                changed = refusals.changed() => if changed.is_err() {
                    return Ok(());
                },
            }
        }
    }

    /// Tells what is new; answers whether something is left for later.
    fn look(&mut self, now: Instant) -> bool {
        let (mut room, mut waiting) = (AT_ONCE, false);
        let mut told = HashMap::new();
        for door in self.access.doors() {
            for one in door.refused() {
                let key = (door.service(), one.address);
                // Forgotten meanwhile, and refused again.
                let before =
                    self.told.get(&key).filter(|told| told.times <= one.times && told.requests <= one.requests);
                let is_news = before.is_none_or(|told| (told.times, told.requests) != (one.times, one.requests));
                let due = before.is_none_or(|told| AGAIN <= now.duration_since(told.at));
                if is_news && due && 0 < room {
                    room -= 1;
                    self.tell(door.service(), &one, before.copied());
                    told.insert(key, Told { times: one.times, requests: one.requests, at: now });
                } else {
                    waiting |= is_news;
                    told.extend(before.map(|before| (key, *before)));
                }
            }
        }
        self.told = told;
        waiting
    }

    fn tell(&self, service: Service, one: &RefusedPeer, before: Option<Told>) {
        let (times, requests) = before.map_or((0, 0), |before| (before.times, before.requests));
        let name = match service {
            Service::Web => "browser and REST server",
            Service::Modbus => "Modbus/TCP server",
            Service::Snmp => "SNMP agent",
            Service::Broker => "embedded broker",
        };
        if times < one.times {
            let more = one.times - times;
            let detail = format!("{name}: refused {more} times, as its list does not name this address");
            self.event(one, detail);
        }
        if requests < one.requests {
            let more = one.requests - requests;
            let detail = format!("{name}: refused {more} requests that its list does not permit this address");
            self.event(one, detail);
        }
    }

    fn event(&self, one: &RefusedPeer, detail: String) {
        let address = one.address.to_string();
        tracing::warn!(%address, "{detail}");
        self.events.tell(Event {
            unix_ms: clock::unix_ms(),
            source: "access".to_owned(),
            category: Category::Access,
            subject: address.clone(),
            actor: address,
            result: Outcome::Refused,
            detail,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::access::AccessList;
    use std::sync::Arc;

    fn told(events: &Events) -> Vec<(String, String)> {
        let each = |(_, event): (u64, Arc<Event>)| (event.subject.clone(), event.detail.clone());
        events.since(0).into_iter().map(each).collect()
    }

    #[test]
    fn the_first_refusal_is_told_at_once_and_the_next_within_a_minute_together() {
        let (access, (events, _log)) = (Access::default(), Events::channel());
        let door = access.door(Service::Modbus);
        door.set(&AccessList::only([]));
        let mut watch = AccessWatch::new(access.clone(), events.clone());
        let begin = Instant::now();
        let peer = "10.0.3.7".parse().unwrap();
        assert!(!watch.look(begin));
        door.admits(peer);
        assert!(!watch.look(begin));
        let first = "Modbus/TCP server: refused 1 times, as its list does not name this address".to_owned();
        assert_eq!(told(&events), [("10.0.3.7".to_owned(), first)]);
        for _ in 0..14 {
            door.admits(peer);
        }
        door.refuse_request(peer);
        assert!(watch.look(begin + AGAIN / 2), "there is more to tell, later");
        assert_eq!(told(&events).len(), 1);
        assert!(!watch.look(begin + AGAIN));
        let details: Vec<String> = told(&events).into_iter().skip(1).map(|(_, detail)| detail).collect();
        assert_eq!(
            details,
            [
                "Modbus/TCP server: refused 14 times, as its list does not name this address",
                "Modbus/TCP server: refused 1 requests that its list does not permit this address",
            ]
        );
    }

    #[test]
    fn a_scan_from_everywhere_is_told_bit_by_bit() {
        let (access, (events, _log)) = (Access::default(), Events::channel());
        let door = access.door(Service::Snmp);
        door.set(&AccessList::only([]));
        for last in 0..=255 {
            door.admits(std::net::Ipv4Addr::new(10, 0, 0, last).into());
        }
        let mut watch = AccessWatch::new(access.clone(), events.clone());
        let now = Instant::now();
        assert!(watch.look(now));
        assert_eq!(told(&events).len(), AT_ONCE);
        assert!(watch.look(now));
        assert_eq!(told(&events).len(), 2 * AT_ONCE);
        door.forget();
        assert!(!watch.look(now));
        door.admits("10.0.0.1".parse().unwrap());
        assert!(!watch.look(now), "forgotten, it is news again");
        assert_eq!(told(&events).len(), 2 * AT_ONCE + 1);
    }
}
