//! Which answers of a Modbus/TCP connection are awaited, and which come too late. No socket: the time is passed in.

use super::super::{Answer, Ask, Failure, Reply, Seen, Timing};
use crate::modbus::mbap::{self, Message};
use crate::modbus::rtu::MAX_PDU;
use crate::modbus::shape::ReplyShape;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Transactions remembered after they were given up: more than can be under way (16) several times over.
const KEPT: usize = 128;

/// A request and who waits for its answer.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) ask: Ask,
    shape: ReplyShape,
    reply: oneshot::Sender<Reply>,
    /// Whether this is its second connection.
    pub(super) again: bool,
}

impl Request {
    /// Bytes that are no request are answered at once.
    pub(super) fn new(ask: Ask, reply: oneshot::Sender<Reply>) -> Option<Self> {
        if let Some(shape) = ReplyShape::of(&ask.pdu).filter(|_| ask.pdu.len() <= MAX_PDU) {
            return Some(Self { ask, shape, reply, again: false });
        }
        let (timing, seen, at) = (Timing::default(), Seen::default(), std::time::Instant::now());
        drop(reply.send(Ok(Answer { reply: Err(Failure::NotARequest), timing, seen, at })));
        None
    }

    /// Whether asking twice does no more than asking once.
    pub(super) fn is_read(&self) -> bool {
        (1..=4).contains(&self.shape.function())
    }

    /// Whether somebody still waits for the answer.
    pub(super) fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    /// Tells what became of it.
    pub(super) fn tell(self, reply: Reply) {
        // Whoever asked may have gone.
        drop(self.reply.send(reply));
    }
}

#[derive(Debug)]
struct Waiting {
    transaction: u16,
    request: Request,
    sent: Instant,
    deadline: Instant,
}

/// The requests under way on one connection.
#[derive(Debug, Default)]
pub(super) struct Book {
    waiting: Vec<Waiting>,
    given_up: VecDeque<u16>,
    last: u16,
    pub(super) seen: Seen,
    /// When units that need a pause were last heard, or given up.
    rested: BTreeMap<u8, Instant>,
}

impl Book {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When this request may leave; `None` while another one is under way to a unit that needs a pause between them.
    pub(super) fn clear_at(&self, ask: &Ask, now: Instant) -> Option<Instant> {
        if ask.min_gap == Duration::ZERO {
            return Some(now);
        }
        if self.waiting.iter().any(|waiting| waiting.request.ask.unit == ask.unit) {
            return None;
        }
        Some(self.rested.get(&ask.unit).map_or(now, |last| *last + ask.min_gap))
    }

    /// A request leaves now: its frame.
    pub(super) fn enter(&mut self, request: Request, now: Instant) -> Vec<u8> {
        loop {
            self.last = self.last.wrapping_add(1);
            let taken = |waiting: &Waiting| waiting.transaction == self.last;
            // After 65536 requests the numbers come round; one that may still be answered is not used again.
            if !self.waiting.iter().any(taken) && !self.given_up.contains(&self.last) {
                break;
            }
        }
        let frame = mbap::frame(self.last, request.ask.unit, &request.ask.pdu);
        let deadline = now + request.ask.timeout;
        self.waiting.push(Waiting { transaction: self.last, request, sent: now, deadline });
        frame
    }

    /// A message came: it answers the request with its number, or nothing.
    pub(super) fn take(&mut self, message: Message, now: Instant) {
        let Some(at) = self.waiting.iter().position(|waiting| waiting.transaction == message.transaction) else {
            match self.given_up.iter().position(|transaction| *transaction == message.transaction) {
                Some(late) => {
                    self.given_up.remove(late);
                    self.seen.late += 1;
                }
                None => self.seen.foreign += 1,
            }
            return;
        };
        let waiting = self.waiting.swap_remove(at);
        let Request { ask, shape, .. } = &waiting.request;
        // The number says that it is meant as our answer; it is still believed only if it can be.
        let reply = if message.unit == ask.unit && shape.accepts(&message.pdu) {
            Ok(message.pdu)
        } else {
            self.seen.foreign += 1;
            Err(Failure::Unfit)
        };
        self.finish(waiting, reply, now);
    }

    /// Gives up what has waited long enough; how many.
    pub(super) fn expire(&mut self, now: Instant) -> u32 {
        let mut count = 0;
        while let Some(at) = self.waiting.iter().position(|waiting| waiting.deadline <= now) {
            let waiting = self.waiting.swap_remove(at);
            if self.given_up.len() == KEPT {
                self.given_up.pop_front();
            }
            self.given_up.push_back(waiting.transaction);
            self.finish(waiting, Err(Failure::NoAnswer), now);
            count += 1;
        }
        count
    }

    /// When the next one has waited long enough.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.iter().map(|waiting| waiting.deadline).min()
    }

    /// The connection is lost: what was under way comes back, oldest first, and nothing can come late any more.
    pub(super) fn take_back(&mut self) -> Vec<Request> {
        self.given_up.clear();
        self.waiting.sort_by_key(|waiting| waiting.sent);
        self.waiting.drain(..).map(|waiting| waiting.request).collect()
    }

    fn finish(&mut self, waiting: Waiting, reply: Result<Vec<u8>, Failure>, now: Instant) {
        let Waiting { request, sent, .. } = waiting;
        if request.ask.min_gap != Duration::ZERO {
            self.rested.insert(request.ask.unit, now);
        }
        let timing = Timing { device: now.saturating_duration_since(sent), ..Timing::default() };
        let seen = std::mem::take(&mut self.seen);
        request.tell(Ok(Answer { reply, timing, seen, at: now.into_std() }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PDU: [u8; 5] = [3, 0, 0, 0, 1];
    const WAIT: Duration = Duration::from_millis(100);

    fn enter(book: &mut Book, unit: u8, now: Instant) -> (u16, oneshot::Receiver<Reply>) {
        let (reply, answer) = oneshot::channel();
        let ask = Ask { unit, pdu: PDU.to_vec(), timeout: WAIT, min_gap: Duration::ZERO };
        let frame = book.enter(Request::new(ask, reply).unwrap(), now);
        (u16::from_be_bytes([frame[0], frame[1]]), answer)
    }

    fn message(transaction: u16, unit: u8, pdu: &[u8]) -> Message {
        Message { transaction, unit, pdu: pdu.to_vec() }
    }

    #[track_caller]
    fn answer(from: &mut oneshot::Receiver<Reply>) -> (Result<Vec<u8>, Failure>, Seen) {
        let answer = from.try_recv().unwrap().unwrap();
        (answer.reply, answer.seen)
    }

    #[test]
    fn answers_go_to_the_request_with_their_number_whatever_their_order() {
        let (mut book, now) = (Book::default(), Instant::now());
        let (first, mut one) = enter(&mut book, 1, now);
        let (second, mut two) = enter(&mut book, 1, now);
        book.take(message(second, 1, &[3, 2, 0, 2]), now);
        book.take(message(first, 1, &[3, 2, 0, 1]), now);
        assert_eq!(answer(&mut one), (Ok(vec![3, 2, 0, 1]), Seen::default()));
        assert_eq!(answer(&mut two), (Ok(vec![3, 2, 0, 2]), Seen::default()));
        assert!(book.is_empty());
    }

    #[test]
    fn what_was_given_up_comes_late_and_what_was_never_asked_is_foreign() {
        let (mut book, now) = (Book::default(), Instant::now());
        let (first, mut one) = enter(&mut book, 1, now);
        assert_eq!(book.deadline(), Some(now + WAIT));
        assert_eq!((book.expire(now), book.expire(now + WAIT)), (0, 1));
        assert_eq!(answer(&mut one).0, Err(Failure::NoAnswer));
        let (second, mut two) = enter(&mut book, 1, now);
        book.take(message(first, 1, &[3, 2, 0, 1]), now);
        book.take(message(first, 1, &[3, 2, 0, 1]), now);
        book.take(message(second, 1, &[3, 2, 0, 2]), now);
        assert_eq!(answer(&mut two), (Ok(vec![3, 2, 0, 2]), Seen { late: 1, foreign: 1, ..Seen::default() }));
    }

    #[test]
    fn an_answer_with_the_right_number_must_fit_all_the_same() {
        for (unit, pdu) in [(2, &[3, 2, 0, 1][..]), (1, &[3, 4, 0, 1, 0, 2]), (1, &[4, 2, 0, 1]), (1, &[3, 2, 0])] {
            let (mut book, now) = (Book::default(), Instant::now());
            let (first, mut one) = enter(&mut book, 1, now);
            book.take(message(first, unit, pdu), now);
            assert_eq!(answer(&mut one), (Err(Failure::Unfit), Seen { foreign: 1, ..Seen::default() }));
        }
    }

    #[test]
    fn numbers_that_may_still_be_answered_are_not_used_again() {
        let (mut book, now) = (Book::default(), Instant::now());
        let (first, _one) = enter(&mut book, 1, now);
        book.expire(now + WAIT);
        book.last = first.wrapping_sub(1);
        assert_eq!(enter(&mut book, 1, now).0, first + 1);
        for _ in 0..2 * KEPT {
            let _ = enter(&mut book, 1, now);
            book.expire(now + WAIT);
        }
        assert_eq!(book.given_up.len(), KEPT);
    }

    #[test]
    fn a_unit_that_needs_a_pause_gets_it() {
        let (mut book, now) = (Book::default(), Instant::now());
        let gap = Duration::from_millis(40);
        let ask = Ask { unit: 7, pdu: PDU.to_vec(), timeout: WAIT, min_gap: gap };
        assert_eq!(book.clear_at(&ask, now), Some(now));
        let (reply, _answer) = oneshot::channel();
        book.enter(Request::new(ask.clone(), reply).unwrap(), now);
        assert_eq!(book.clear_at(&ask, now), None);
        assert_eq!(book.clear_at(&Ask { unit: 8, ..ask.clone() }, now), Some(now));
        book.expire(now + WAIT);
        assert_eq!(book.clear_at(&ask, now + WAIT), Some(now + WAIT + gap));
    }
}
