//! One client of the library: hands it messages within bounds and learns what became of each.

use super::MqttError;
use super::client::{Client, EventLoop, NotDone, Outgoing, Purpose, Receipt, SubscribeNotice};
use super::edge::{Edge, Made};
use super::laps::{Laps, Place};
use super::publisher::Outlet;
use super::queue::ledger::{Loss, Slot};
use super::queue::{Message, Queue, Ticket};
use super::unwritten::Unwritten;
use super::wire::{IN_FLIGHT, Notice, Wire};
use crate::config::publication::Qos;
use crate::runtime::status::MqttStatus;
use crate::tag::reading::Stamp;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::task::coop::unconstrained;
use tokio::time::Instant;

/// Messages of QoS 0 handed over and not yet written.
const UNWRITTEN: usize = 512;
/// Birth, answers and farewell have a share of their own of either limit, so that neither a flood of commands holds
/// publications back nor the other way round.
const OWN_SHARE: usize = 16;
/// Publications of QoS 2 on their way at once, and notices: mosquitto closes the connection of a client of MQTT 3.1.1 that
/// has more than 20 open (`max_inflight_messages`), which after a restart of it would go on for ever.
const EXACTLY_ONCE: [usize; 2] = [16, 4];
/// Payload bytes of publications handed over and not settled; one message always goes.
const OPEN_BYTES: usize = 4 * 1024 * 1024;
/// Answers that wait for room. Beyond it the oldest are given up: whoever asks so fast does not read them either.
const URGENT: usize = 256;
/// Of a message that is given up.
const TOO_LARGE: &str = "a message, or its topic, is larger than the broker takes";
/// A filter nobody subscribes to.
const SIGN: &str = "dinrail/are-you-there";
/// Filters of one SUBSCRIBE.
const FILTERS: usize = 100;

/// A client and what it still owes us.
pub(super) struct Session {
    client: Client,
    settling: FuturesUnordered<BoxFuture<'static, Settled>>,
    unwritten: Unwritten<(Share, usize, Delivery)>,
    publications: Open,
    notices: Open,
    laps: Laps,
    /// SUBSCRIBEs that are not answered.
    subscribing: usize,
    urgent: VecDeque<Notice>,
    /// See [`pump`](super::pump::pump).
    pub(super) link: Arc<AtomicU64>,
}

/// Messages handed over and not settled.
#[derive(Default)]
struct Open {
    /// By QoS.
    count: [usize; 3],
    bytes: usize,
}

/// Which share of the room a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    Publication,
    Notice,
}

/// Whose message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Of no publication.
    Notice,
    /// Of a publication; nothing but this session holds it.
    Loose(Slot),
    /// A record of the queue.
    Record(Ticket),
}

impl Delivery {
    fn share(self) -> Share {
        if self == Self::Notice { Share::Notice } else { Share::Publication }
    }
}

/// How one request ended.
pub(super) enum Settled {
    Publish {
        share: Share,
        qos: Qos,
        bytes: usize,
        delivery: Delivery,
        result: Result<(), NotDone>,
        /// Its place among those with a number, and its number where that is known.
        place: Option<Place>,
        number: Option<u16>,
    },
    /// The filters the broker refuses.
    Subscribe(Vec<String>),
    /// Whether the broker answered when it was asked for a sign of life.
    Sign(bool),
}

impl Session {
    pub(super) fn new(wire: &Wire, purpose: Purpose) -> Result<(Self, EventLoop), MqttError> {
        let (client, events) = Client::new(wire, purpose)?;
        let (settling, unwritten) = (FuturesUnordered::new(), Unwritten::default());
        let (publications, notices) = (Open::default(), Open::default());
        let (laps, subscribing, urgent, link) = (Laps::default(), 0, VecDeque::new(), Arc::default());
        Ok((Self { client, settling, unwritten, publications, notices, laps, subscribing, urgent, link }, events))
    }

    /// The library has a link.
    pub(super) fn begin(&mut self) {
        self.laps.begin();
    }

    /// Messages whose end is not known yet.
    pub(super) fn in_flight(&self) -> u64 {
        let open = self.publications.count.iter().chain(&self.notices.count).sum::<usize>();
        u64::try_from(open).unwrap_or(u64::MAX)
    }

    /// Whether anything is on its way or waits for it.
    pub(super) fn is_busy(&self) -> bool {
        0 < self.in_flight() || !self.urgent.is_empty()
    }

    /// The next request that ended; never when none is open. Cancel-safe.
    pub(super) async fn settled(&mut self) -> Settled {
        // Each end takes one of the 128 steps that the runtime grants a task before it puts it behind all others, mostly on
        // another thread: a few hundred that end at once would do that several times over. Their number is bounded.
        let settled = unconstrained(poll_fn(|cx| self.poll_settled(cx))).await;
        self.close(&settled);
        settled
    }

    /// Another one that ended already.
    pub(super) fn try_settled(&mut self) -> Option<Settled> {
        let settled = unconstrained(poll_fn(|cx| self.poll_settled(cx))).now_or_never()?;
        self.close(&settled);
        Some(settled)
    }

    fn poll_settled(&mut self, cx: &mut Context<'_>) -> Poll<Settled> {
        if let Poll::Ready(Some(((share, bytes, delivery), result))) = self.unwritten.poll_next(cx) {
            let (qos, place, number) = (Qos::AtMostOnce, None, None);
            return Poll::Ready(Settled::Publish { share, qos, bytes, delivery, result, place, number });
        }
        match self.settling.poll_next_unpin(cx) {
            Poll::Ready(Some(settled)) => Poll::Ready(settled),
            _ => Poll::Pending,
        }
    }

    fn close(&mut self, settled: &Settled) {
        match settled {
            Settled::Publish { share, qos, bytes, place, number, .. } => {
                let open = self.open(*share);
                open.count[class(*qos)] -= 1;
                open.bytes -= bytes;
                if let Some(place) = place {
                    self.laps.end(*place, *number);
                }
            }
            Settled::Subscribe(_) => {
                self.subscribing -= 1;
                self.laps.end_other();
            }
            Settled::Sign(_) => self.laps.end_other(),
        }
    }

    fn open(&mut self, share: Share) -> &mut Open {
        match share {
            Share::Publication => &mut self.publications,
            Share::Notice => &mut self.notices,
        }
    }

    /// Whether the link still is the one with this number.
    pub(super) fn is_on(&self, link: u64) -> bool {
        self.link.load(Ordering::SeqCst) == link
    }

    /// Whether another message of a publication can be handed over.
    pub(super) fn has_room(&self, qos: Qos) -> bool {
        self.room(Share::Publication, qos)
    }

    /// Whether another message that is none of a publication can be handed over.
    pub(super) fn has_room_beside(&self, qos: Qos) -> bool {
        self.room(Share::Notice, qos)
    }

    fn room(&self, share: Share, qos: Qos) -> bool {
        let limit = if qos == Qos::AtMostOnce { UNWRITTEN } else { usize::from(IN_FLIGHT) };
        let (open, most, exactly) = match share {
            Share::Notice => (&self.notices, OWN_SHARE, EXACTLY_ONCE[1]),
            Share::Publication => (&self.publications, limit - OWN_SHARE, EXACTLY_ONCE[0]),
        };
        let like = if qos == Qos::AtMostOnce { open.count[0] } else { open.count[1] + open.count[2] };
        let in_lap = || {
            let open = self.publications.count[2] + self.notices.count[2];
            open == 0 || self.laps.fits(self.client.highest_number())
        };
        let fits = like < most && (qos != Qos::ExactlyOnce || (open.count[2] < exactly && in_lap()));
        fits && (share == Share::Notice || open.bytes < OPEN_BYTES)
    }

    /// Sends what is not a publication, before all publications.
    pub(super) fn say(&mut self, notice: Notice, status: &mut MqttStatus) {
        if URGENT <= self.urgent.len() && self.urgent.pop_front().is_some() {
            status.failed += 1;
            status.last_error = Some("more answers were asked for than the broker takes".to_owned());
        }
        self.urgent.push_back(notice);
        self.say_waiting(status);
    }

    /// Whether the broker has all our filters, so that an answer to what is asked now is heard: the library may send a
    /// message before a SUBSCRIBE that it was given first.
    pub(super) fn hears(&self) -> bool {
        self.subscribing == 0
    }

    /// Whether what is said now goes out at once, or is the only thing that waits.
    pub(super) fn listens(&self) -> bool {
        self.urgent.is_empty()
    }

    /// Sends answers that waited, as far as there is room.
    pub(super) fn say_waiting(&mut self, status: &mut MqttStatus) {
        while let Some(notice) = self.urgent.pop_front() {
            if !self.room(Share::Notice, notice.qos) {
                self.urgent.push_front(notice);
                return;
            }
            let Notice { topic, payload, qos, retain, correlation } = notice;
            let payload = payload.into();
            let message = Outgoing { topic, payload, qos, retain, correlation, expires: false, carried: None };
            self.publish(message, Delivery::Notice, status);
        }
    }

    /// Hands one message over; false when the library does not take it.
    pub(super) fn publish(&mut self, message: Outgoing, delivery: Delivery, status: &mut MqttStatus) -> bool {
        let beside = message.carried.as_ref().map_or(0, |carried| carried.bytes());
        let (bytes, qos, share) = (message.payload.len() + beside, message.qos, delivery.share());
        if !self.client.takes(&message) {
            // Sent all the same it would end the session, and the next one: it is as if the broker had refused it.
            let open = self.open(share);
            open.count[class(qos)] += 1;
            open.bytes += bytes;
            let (result, place, number) = (Err(NotDone::Refused(TOO_LARGE)), None, None);
            let settled = Settled::Publish { share, qos, bytes, delivery, result, place, number };
            self.settling.push(std::future::ready(settled).boxed());
            return true;
        }
        match self.client.publish(message) {
            Ok(notice) => {
                status.published += 1;
                let open = self.open(share);
                open.count[class(qos)] += 1;
                open.bytes += bytes;
                if qos == Qos::AtMostOnce {
                    self.unwritten.push(notice, (share, bytes, delivery));
                    return true;
                }
                let place = Some(self.laps.hand_over(qos == Qos::ExactlyOnce));
                let settled = async move {
                    let done = notice.done().await;
                    let number = done.as_ref().ok().copied().flatten();
                    Settled::Publish { share, qos, bytes, delivery, result: done.map(drop), place, number }
                };
                self.settling.push(settled.boxed());
                true
            }
            Err(why) => {
                status.failed += 1;
                status.last_error = Some(why.to_owned());
                false
            }
        }
    }

    /// Asks the broker for these filters.
    pub(super) fn subscribe(&mut self, filters: &[(String, Qos)]) {
        for filters in filters.chunks(FILTERS) {
            let names: Vec<String> = filters.iter().map(|(filter, _)| filter.clone()).collect();
            self.subscribing += 1;
            self.laps.begin_other();
            match self.client.subscribe(filters) {
                Ok(notice) => self.settling.push(subscribed(notice, names).boxed()),
                Err(_) => self.settling.push(std::future::ready(Settled::Subscribe(names)).boxed()),
            }
        }
    }

    /// Tells the broker that these filters are not wanted any more. Should it be lost, messages for them are ignored.
    pub(super) fn unsubscribe(&mut self, filters: &[String]) {
        for filters in filters.chunks(FILTERS) {
            self.laps.doubt();
            if let Err(reason) = self.client.unsubscribe(filters) {
                tracing::debug!(reason, "unsubscribing");
            }
        }
    }

    /// Acknowledges a message that came by the present link; false when that must be tried again.
    pub(super) fn acknowledge(&self, receipt: Receipt) -> bool {
        self.client.acknowledge(receipt).is_ok()
    }

    /// Asks the broker for a sign of life: it answers an UNSUBSCRIBE from a filter it does not know like any other
    /// (MQTT 3.1.1, 3.10.4).
    pub(super) fn ask_for_a_sign(&mut self) {
        match self.client.ask_for_a_sign(SIGN) {
            Ok(notice) => {
                self.laps.begin_other();
                self.settling.push(notice.came().map(Settled::Sign).boxed());
            }
            Err(reason) => tracing::debug!(reason, "asking for a sign of life"),
        }
    }

    /// Says good-bye, so that the broker forgets the will.
    pub(super) fn disconnect(&self) {
        if let Err(reason) = self.client.disconnect() {
            tracing::debug!(reason, "disconnecting");
        }
    }
}

async fn subscribed(notice: SubscribeNotice, names: Vec<String>) -> Settled {
    // The session ended first; the next one asks again.
    let Some(refused) = notice.refused().await else { return Settled::Subscribe(Vec::new()) };
    Settled::Subscribe(names.into_iter().zip(refused).filter(|(_, refused)| *refused).map(|(name, _)| name).collect())
}

fn class(qos: Qos) -> usize {
    match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
        Qos::ExactlyOnce => 2,
    }
}

/// The publications' way into the queue, or past it into a session; counts as it goes.
pub(super) struct Out<'a> {
    pub(super) session: &'a mut Session,
    /// Whether the session is up.
    pub(super) up: bool,
    pub(super) queue: &'a mut Queue,
    /// The edge node that the connection is.
    pub(super) edge: Option<&'a mut Edge>,
    pub(super) status: &'a mut MqttStatus,
    pub(super) now: Instant,
    pub(super) stamp: Stamp,
}

impl Out<'_> {
    /// A message that nothing but the session holds.
    fn send_loose(&mut self, slot: Slot, message: Message<'_>) {
        let Message { topic, payload, qos, retain, .. } = message;
        let payload = Bytes::copy_from_slice(payload);
        let topic = topic.as_ref().to_owned();
        let mut outgoing = Outgoing { topic, payload, qos, retain, correlation: None, expires: true, carried: None };
        if let Some(edge) = &mut self.edge {
            // What cannot be told now the birth that is due tells.
            let Made::Data { topic, payload } = edge.make(None, &outgoing.topic, &outgoing.payload, self.stamp) else {
                return;
            };
            outgoing = Outgoing { topic, payload, qos: Qos::AtMostOnce, ..outgoing };
        }
        if self.session.publish(outgoing, Delivery::Loose(slot), self.status) {
            self.queue.ledger.produce_loose(slot);
            if let Some(edge) = &mut self.edge {
                edge.sent();
            }
        }
    }
}

impl Outlet for Out<'_> {
    fn room(&self, qos: Qos) -> bool {
        if self.queue.keeps(qos) {
            return self.queue.room();
        }
        match &self.edge {
            None => self.up && self.session.has_room(qos),
            Some(edge) => self.up && edge.speaks() && self.session.has_room(Qos::AtMostOnce),
        }
    }

    fn send(&mut self, slot: Slot, message: Message<'_>) -> Option<u64> {
        if self.edge.as_ref().is_some_and(|edge| edge.is_dead(message.topic)) {
            return None;
        }
        if self.queue.keeps(message.qos) {
            return self.queue.push(slot, message, self.now);
        }
        self.send_loose(slot, message);
        None
    }

    fn lose(&mut self, slot: Slot, why: Loss, count: u64) {
        self.queue.ledger.produce(slot, count);
        self.queue.ledger.give_up(slot, why, count);
    }

    fn fail(&mut self, slot: Slot, why: String) {
        self.lose(slot, Loss::NotMade, 1);
        self.status.failed += 1;
        self.status.last_error = Some(why);
    }
}
