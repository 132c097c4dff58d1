//! What became of messages, and how a connection stands: alike for publications and for bridges.

use super::client::NotDone;
use super::pulse::Pulse;
use super::queue::Queue;
use super::queue::ledger::Loss;
use super::session::{Delivery, Settled};
use crate::config::mqtt::ConnectionConfig;
use crate::config::mqtt_tls::TlsConfig;
use crate::config::publication::Qos;
use crate::runtime::status::MqttStatus;
use crate::runtime::unit::Health;
use tokio::time::Instant;

/// Counts how a request ended; `pulse` is that of a session that is up.
pub(super) fn count(settled: &Settled, status: &mut MqttStatus, queue: &mut Queue, pulse: &mut Option<Pulse>) {
    let mut heard = true;
    match settled {
        Settled::Publish { result: Err(NotDone::Refused(why)), delivery, .. } => {
            status.failed += 1;
            status.last_error = Some((*why).to_owned());
            match delivery {
                Delivery::Record(ticket) => queue.give_up(*ticket, Loss::Refused),
                Delivery::Loose(slot) => queue.ledger.refuse_loose(*slot),
                Delivery::Notice => (),
            }
        }
        Settled::Publish { result, qos, delivery: Delivery::Record(ticket), .. } => {
            status.acknowledged += u64::from(result.is_ok());
            queue.settled(*ticket, result.is_ok());
            heard = result.is_ok();
            if let (Some(pulse), Qos::AtMostOnce) = (pulse.as_mut(), qos) {
                pulse.wrote();
                heard = false;
            }
        }
        Settled::Publish { result: Ok(()), qos, delivery, .. } => {
            status.acknowledged += 1;
            if let Delivery::Loose(slot) = delivery {
                queue.ledger.settle_loose(*slot, true);
            }
            if let (Some(pulse), Qos::AtMostOnce) = (pulse.as_mut(), qos) {
                pulse.wrote();
                heard = false;
            }
        }
        Settled::Publish { result: Err(NotDone::Lost(error)), delivery, .. } => {
            status.failed += 1;
            if let Delivery::Loose(slot) = delivery {
                queue.ledger.settle_loose(*slot, false);
            }
            status.last_error = Some(format!("a message was lost with its session: {error}"));
            heard = false;
        }
        Settled::Subscribe(_) | Settled::Sign(true) => (),
        Settled::Sign(false) => heard = false,
    }
    if let Some(pulse) = pulse.as_mut().filter(|_| heard) {
        pulse.heard(Instant::now());
    }
}

/// How a connection is that has a session.
pub(super) fn standing(connection: &ConnectionConfig, refused: &[String], trouble: Option<&str>) -> Health {
    let broker = &connection.broker;
    match (refused.first(), trouble) {
        (Some(filter), _) => Health::Degraded(format!("{broker}: the broker refuses the subscription to `{filter}`")),
        (None, Some(trouble)) => Health::Degraded(trouble.to_owned()),
        (None, None) if connection.tls.as_ref().is_some_and(TlsConfig::trusts_anybody) => Health::Degraded(format!(
            "{broker}: connected, but the broker's certificate is not checked (`insecure`): anybody on the way can \
             read and change what is sent"
        )),
        (None, None) => Health::Up,
    }
}
