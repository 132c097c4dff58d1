//! Requests of others that come in by the gateway: whose turn it is, and how they are sent.

use super::flight::{self, Talk};
use super::work::Work;
use crate::config::port::Timeout;
use crate::runtime::lines::{Guest, GuestError};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Requests that may wait: as gateways have it (32 per master).
const MOST: usize = 32;

/// How long a device of nobody may take to begin its answer, where nothing is set: what masters use unless told.
const STRANGER_WAIT: Duration = Duration::from_secs(1);

/// Requests by asker; askers take turns, those with priority before the others.
#[derive(Debug, Default)]
pub(super) struct Guests {
    urgent: VecDeque<Waiting>,
    others: VecDeque<Waiting>,
    waiting: usize,
    /// The line owes its own reads a turn.
    owing: bool,
}

type Waiting = (Arc<str>, VecDeque<Guest>);

impl Guests {
    /// One more; refused at once when too many wait. One who floods the line keeps no room from others: where all places
    /// are taken, the newest of whoever has most gives way, if that is more than the new one's asker has.
    pub(super) fn push(&mut self, guest: Guest) {
        if MOST <= self.waiting && !self.make_room(&guest) {
            refuse(guest, GuestError::Busy);
            return;
        }
        self.waiting += 1;
        let queue = if guest.priority { &mut self.urgent } else { &mut self.others };
        match queue.iter_mut().find(|(asker, _)| *asker == guest.asker) {
            Some((_, own)) => own.push_back(guest),
            None => queue.push_back((Arc::clone(&guest.asker), VecDeque::from([guest]))),
        }
    }

    fn make_room(&mut self, new: &Guest) -> bool {
        let own = |queue: &VecDeque<Waiting>| {
            queue.iter().find(|(asker, _)| *asker == new.asker).map_or(0, |(_, own)| own.len())
        };
        let own = own(&self.urgent) + own(&self.others);
        // Who has priority gives way to nobody without.
        let urgent = self.urgent.iter_mut().filter(|_| new.priority);
        let crowd = self.others.iter_mut().chain(urgent).max_by_key(|(_, queue)| queue.len());
        let Some((_, queue)) = crowd.filter(|(_, queue)| own + 1 < queue.len()) else { return false };
        let Some(newest) = queue.pop_back() else { return false };
        refuse(newest, GuestError::Busy);
        self.waiting -= 1;
        true
    }

    /// The next, if they have a turn: while reads of the line's own are due, they alternate.
    pub(super) fn next(&mut self, read_is_due: bool) -> Option<Guest> {
        if read_is_due && self.owing {
            return None;
        }
        let queue = if self.urgent.is_empty() { &mut self.others } else { &mut self.urgent };
        let (asker, mut own) = queue.pop_front()?;
        let guest = own.pop_front();
        if !own.is_empty() {
            queue.push_back((asker, own));
        }
        self.waiting -= usize::from(guest.is_some());
        self.owing = true;
        guest
    }

    /// A read of the line's own had its turn.
    pub(super) fn read_done(&mut self) {
        self.owing = false;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Nothing of it can be done.
    pub(super) fn refuse_all(&mut self) {
        self.waiting = 0;
        for guest in self.urgent.drain(..).chain(self.others.drain(..)).flat_map(|(_, queue)| queue) {
            refuse(guest, GuestError::Closed);
        }
    }
}

/// Tells the asker, who may have given up; nothing is lost then.
pub(super) fn refuse(guest: Guest, why: GuestError) {
    drop(guest.reply.send(Err(why)));
}

impl Work {
    /// Takes a request of others in.
    pub(super) fn welcome(&mut self, guest: Guest) {
        if self.line.is_some() {
            self.guests.push(guest);
        } else {
            refuse(guest, GuestError::Closed);
        }
    }

    /// Sends the next request of others, if they have a turn; false when nothing was sent.
    pub(super) fn launch_guest(&mut self, now: Instant) -> bool {
        if self.guests.is_empty() {
            return false;
        }
        let read_is_due = self.schedule.has_work(now);
        let Some(guest) = self.guests.next(read_is_due) else { return false };
        let Some(line) = &self.line else {
            refuse(guest, GuestError::Closed);
            return true;
        };
        let known = self.devices.values().find(|device| device.config.unit_id == guest.unit);
        let port = self.config.port.timeout;
        let usual = || match (known, port) {
            (Some(device), port) => device.timeout(port),
            (None, Timeout::Fixed(fixed)) => fixed,
            (None, Timeout::Auto) => STRANGER_WAIT,
        };
        let talk = Talk {
            device: known.map(|device| device.key),
            opened: self.opened,
            due: self.idle_until.take().map(|until| until.min(now)),
            line: line.handle(),
            unit: guest.unit,
            broadcast: self.config.port.link.is_broadcast(guest.unit),
            timeout: guest.timeout.unwrap_or_else(usual),
            min_gap: known.map_or(Duration::ZERO, |device| device.config.min_gap),
            attempts: 1,
        };
        self.flights.push(Box::pin(flight::guest(talk, guest)));
        self.writes.read_done();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    type Reply = oneshot::Receiver<Result<Vec<u8>, GuestError>>;

    fn guest(asker: &str, priority: bool, unit: u8) -> (Guest, Reply) {
        let (reply, answer) = oneshot::channel();
        (Guest { asker: asker.into(), priority, unit, pdu: vec![3], timeout: None, reply }, answer)
    }

    fn push(guests: &mut Guests, asker: &str, priority: bool, unit: u8) -> Reply {
        let (guest, reply) = guest(asker, priority, unit);
        guests.push(guest);
        reply
    }

    fn order(guests: &mut Guests) -> Vec<String> {
        std::iter::from_fn(|| guests.next(false)).map(|guest| format!("{}{}", guest.asker, guest.unit)).collect()
    }

    #[test]
    fn clients_take_turns_and_those_with_priority_go_first() {
        let mut guests = Guests::default();
        let queued =
            [("a", false, 1), ("a", false, 2), ("b", false, 1), ("c", true, 1), ("c", true, 2), ("a", false, 3)];
        let _replies: Vec<Reply> =
            queued.into_iter().map(|(asker, urgent, unit)| push(&mut guests, asker, urgent, unit)).collect();
        assert_eq!(order(&mut guests), ["c1", "c2", "a1", "b1", "a2", "a3"]);
        assert!(guests.is_empty());
    }

    #[test]
    fn the_thirty_third_is_refused_and_who_floods_keeps_no_room_from_others() {
        let mut guests = Guests::default();
        let mut flood: Vec<Reply> = (0..33).map(|unit| push(&mut guests, "a", false, unit)).collect();
        let is_busy = |reply: &mut Reply| reply.try_recv() == Ok(Err(GuestError::Busy));
        assert!(is_busy(&mut flood[32]) && flood[..32].iter_mut().all(|reply| !is_busy(reply)));
        let mut other = push(&mut guests, "b", false, 1);
        assert!(!is_busy(&mut other));
        assert!(is_busy(&mut flood[31]), "the newest of the flood gave way");
        assert_eq!(order(&mut guests)[..3], ["a0", "b1", "a1"]);
    }

    #[test]
    fn who_has_priority_gives_way_to_nobody_without() {
        let mut guests = Guests::default();
        let _urgent: Vec<Reply> = (0..32).map(|unit| push(&mut guests, "a", true, unit)).collect();
        let is_busy = |mut reply: Reply| reply.try_recv() == Ok(Err(GuestError::Busy));
        assert!(is_busy(push(&mut guests, "b", false, 1)));
        assert!(!is_busy(push(&mut guests, "b", true, 1)));
    }

    #[test]
    fn the_lines_own_reads_have_every_other_turn_when_they_are_due() {
        let mut guests = Guests::default();
        let _replies: Vec<Reply> = (0..4).map(|unit| push(&mut guests, "a", false, unit)).collect();
        let mut text = String::new();
        for _ in 0..6 {
            if guests.next(true).is_some() {
                text.push('g');
            } else {
                guests.read_done();
                text.push('r');
            }
        }
        assert_eq!(text, "grgrgr");
        assert!(guests.next(false).is_some(), "nobody else wants the line");
    }

    #[test]
    fn a_line_that_is_gone_refuses_those_who_wait() {
        let mut guests = Guests::default();
        let mut reply = push(&mut guests, "a", false, 1);
        guests.refuse_all();
        assert_eq!(reply.try_recv(), Ok(Err(GuestError::Closed)));
        assert!(guests.is_empty() && guests.next(false).is_none());
    }
}
