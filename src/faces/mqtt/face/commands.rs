//! What comes in on a connection: requests and commands, and what is answered to them.

use super::{Answered, Face};
use crate::faces::mqtt::client::Incoming;
use crate::faces::mqtt::command::{Order, Refusal, Verdict};
use crate::faces::mqtt::session::Session;
use crate::platform::clock;
use crate::runtime::commands::{Asker, WriteError};
use crate::runtime::events::{Category, Event, Outcome};
use crate::views::commands::complaint;
use futures::FutureExt as _;
use futures::stream::StreamExt as _;
use tokio::time::Instant;

/// Commands that wait for the field at once; more are refused, as a driver's full inbox would.
const RUNNING: usize = 128;

impl Face {
    /// The next command that was carried out; never while none is. Cancel-safe.
    pub(in crate::faces::mqtt) async fn next_answer(&mut self) -> Answered {
        match self.running.next().await {
            Some(answered) => answered,
            None => std::future::pending().await,
        }
    }

    pub(in crate::faces::mqtt) fn is_writing(&self) -> bool {
        !self.running.is_empty()
    }

    pub(in crate::faces::mqtt) fn answered(&mut self, (order, result): Answered, session: &mut Session) {
        self.books.report.status.refused += u64::from(result.is_err());
        if let Some(answer) = self.orders.answer(order, &result, Instant::now()) {
            session.say(answer, &mut self.books.report.status);
        }
    }

    /// A message on one of our subscriptions.
    pub(in crate::faces::mqtt) fn message(&mut self, message: &Incoming, session: &mut Session) {
        self.books.heard();
        let Ok(topic) = std::str::from_utf8(&message.topic) else { return };
        if self.discovery.heard(topic, message.retain, message.payload.is_empty()) {
            return;
        }
        if let Some(cloud) = &self.config.connection.cloud
            && let Some(complaint) = complaint(cloud, topic, &message.payload)
        {
            tracing::warn!(connection = %self.name(), "{complaint}");
            self.books.report.status.last_error = Some(complaint);
            return;
        }
        // A request that was meant for whoever listened then is none now.
        if !message.retain && self.publisher.ask(topic, &self.config.appliance) {
            self.books.report.status.received += 1;
            return;
        }
        let (now, stamp) = (Instant::now(), clock::now());
        if self.edge.is_some() {
            return self.host_said(topic, message, now, stamp, session);
        }
        let verdict = self.orders.judge(topic, message, now, stamp);
        let asker = Asker { source: self.name(), actor: topic.to_owned(), unix_ms: stamp.unix_ms };
        self.books.report.status.received += u64::from(!matches!(verdict, Verdict::Ignore));
        match verdict {
            Verdict::Ignore | Verdict::Repeat(None) => (),
            Verdict::Repeat(Some(answer)) => session.say(answer, &mut self.books.report.status),
            Verdict::Refuse(refusal) => self.refuse(refusal, asker, session),
            Verdict::Write(order) => self.carry_out(order, asker, session),
            Verdict::Several { orders, refusals, answer } => {
                for refusal in refusals {
                    self.refuse(refusal, asker.clone(), session);
                }
                for order in orders {
                    self.carry_out(order, asker.clone(), session);
                }
                if let Some(answer) = answer {
                    session.say(answer, &mut self.books.report.status);
                }
            }
        }
    }

    pub(super) fn carry_out(&mut self, order: Order, asker: Asker, session: &mut Session) {
        if RUNNING <= self.running.len() {
            // As if the driver had said it: the id may try again.
            return self.answered((order, Err(WriteError::Busy)), session);
        }
        let commands = self.commands.clone();
        let write = async move {
            let result = commands.write(&order.tag, order.attribute, order.value.clone(), asker).await;
            (order, result)
        };
        self.running.push(write.boxed());
    }

    pub(super) fn refuse(&mut self, refusal: Refusal, asker: Asker, session: &mut Session) {
        self.books.report.status.refused += 1;
        self.events.tell(Event {
            unix_ms: asker.unix_ms,
            source: asker.source,
            category: Category::Command,
            subject: refusal.subject,
            actor: asker.actor,
            result: Outcome::Refused,
            detail: refusal.why,
        });
        if let Some(answer) = refusal.answer {
            session.say(answer, &mut self.books.report.status);
        }
    }
}
