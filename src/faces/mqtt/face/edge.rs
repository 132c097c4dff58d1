//! The connection as an edge node: births before data, and what hosts say.

use super::Face;
use crate::config::publication::Qos;
use crate::faces::mqtt::books::Books;
use crate::faces::mqtt::client::{Incoming, Outgoing};
use crate::faces::mqtt::command::{Order, Refusal};
use crate::faces::mqtt::edge::{Asked, Edge, Made, Mark};
use crate::faces::mqtt::queue::{Handed, Queue};
use crate::faces::mqtt::session::{Delivery, Session};
use crate::platform::clock;
use crate::runtime::commands::Asker;
use crate::runtime::unit::{Health, UnitContext};
use crate::tag::reading::Stamp;
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;

/// Sparkplug 3.0, 4.3: everything but the death goes out with QoS 0, and nothing is retained.
fn message(topic: String, payload: Bytes, expires: bool) -> Outgoing {
    Outgoing { topic, payload, qos: Qos::AtMostOnce, retain: false, correlation: None, expires, carried: None }
}

fn mark(queue: &Queue) -> Mark {
    Mark { next: queue.next_id(), oldest: queue.oldest_waiting() }
}

impl Face {
    /// Is the edge node of the settings from now on; one of the same name stays as it is.
    pub(super) fn take_edge(&mut self) {
        match (&mut self.edge, &self.config.connection.sparkplug) {
            (Some(edge), Some(now)) if edge.is(now) => edge.allow(now),
            (edge, now) => {
                *edge = now.clone().map(Edge::new);
                self.show_devices();
            }
        }
    }

    /// Tags or publications are others.
    pub(super) fn show_devices(&mut self) {
        if let Some(edge) = &mut self.edge {
            let publications = &self.config.connection.publications;
            edge.configure(publications, &self.config.appliance, &self.image.defs(), &self.image);
        }
    }

    /// Shows whether the primary host is waited for; true when it left, and the session is to end.
    pub(in crate::faces::mqtt) fn follow_host(&mut self, ctx: &UnitContext) -> bool {
        let awaited = self.edge.as_ref().is_some_and(|edge| edge.waits_for().is_some());
        if std::mem::replace(&mut self.host_awaited, awaited) && !awaited && self.is_connected() {
            self.set_health(ctx);
        }
        self.host_gone
    }

    /// The session ended because the primary host left; another one begins after the pause.
    pub(in crate::faces::mqtt) fn host_left(&self, pause: Duration, ctx: &UnitContext) {
        let broker = &self.config.connection.broker;
        let why = format!("{broker}: the primary host left; connecting again in {:.1} s", pause.as_secs_f64());
        tracing::info!(connection = %self.name(), "{why}");
        ctx.set_health(Health::Degraded(why));
    }

    /// Says that the edge node ends, before its session does.
    pub(in crate::faces::mqtt) fn die(&mut self, session: &mut Session) {
        if let Some((topic, payload)) = self.edge.as_ref().and_then(Edge::farewell) {
            let death = Outgoing { qos: Qos::AtLeastOnce, ..message(topic, payload, false) };
            session.publish(death, Delivery::Notice, &mut self.books.report.status);
        }
    }

    /// Sends the births and deaths that are due, then what waits, as far as there is room.
    pub(super) fn send_data(&mut self, session: &mut Session, now: Instant) {
        loop {
            let (told, all) = self.tell_births(session, now);
            // Data waits for the last birth, however many there are.
            let sent = all && self.tell_data(session);
            // A record may have asked for the birth of its device, and the last one allow for its death.
            if !(told || sent) || !self.edge.as_ref().is_some_and(Edge::is_restless) {
                return;
            }
        }
    }

    /// Whether one was told, and whether all are.
    fn tell_births(&mut self, session: &mut Session, now: Instant) -> (bool, bool) {
        let Self { edge: Some(edge), books: Books { queue, report, .. }, image, .. } = self else {
            return (false, true);
        };
        let mut told = false;
        while session.has_room_beside(Qos::AtMostOnce) {
            let Some(saying) = edge.next(image, mark(queue), clock::now()) else { return (told, true) };
            let birth = message(saying.topic, saying.payload, false);
            if !session.publish(birth, Delivery::Notice, &mut report.status) {
                break;
            }
            edge.said(saying.step, mark(queue), now);
            told = true;
        }
        (told, !edge.is_restless())
    }

    /// True when there was something.
    fn tell_data(&mut self, session: &mut Session) -> bool {
        let Self { edge: Some(edge), books: Books { queue, report, .. }, .. } = self else { return false };
        let mut told = false;
        while edge.speaks() && session.has_room(Qos::AtMostOnce) {
            let sent = queue.send_next(|record, ticket, _| {
                match edge.make(Some(record.id), &record.topic, &record.payload, clock::now()) {
                    Made::Data { topic, payload } => {
                        let data = message(topic, payload, true);
                        if !session.publish(data, Delivery::Record(ticket), &mut report.status) {
                            return Handed::NotNow;
                        }
                        edge.sent();
                        Handed::Taken
                    }
                    Made::NotYet => Handed::NotNow,
                    Made::Told => Handed::Told,
                    Made::Void(why) => Handed::Void(why),
                }
            });
            if !sent {
                break;
            }
            told = true;
        }
        told
    }

    /// A message of a host.
    pub(super) fn host_said(
        &mut self,
        topic: &str,
        message: &Incoming,
        now: Instant,
        stamp: Stamp,
        session: &mut Session,
    ) {
        let Some(edge) = &mut self.edge else { return };
        if let Some(gone) = edge.hears_host(topic, &message.payload) {
            self.host_gone |= gone;
            self.books.report.status.received += 1;
            return;
        }
        if message.retain {
            tracing::info!(topic, "a retained command is ignored");
            return;
        }
        let Some(asked) = edge.hears_command(topic, &message.payload, now) else { return };
        self.books.report.status.received += 1;
        for Asked { subject, write } in asked {
            let asker = Asker { source: self.name(), actor: topic.to_owned(), unix_ms: stamp.unix_ms };
            match write {
                Ok((tag, attribute, value)) => self.carry_out(Order::unanswered(tag, attribute, value), asker, session),
                Err(why) => {
                    let subject = subject.unwrap_or_else(|| topic.chars().take(200).collect());
                    self.refuse(Refusal { subject, why, answer: None }, asker, session);
                }
            }
        }
    }
}
