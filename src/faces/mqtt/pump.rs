//! Keeps a session going for ever: polls the client library, and waits before it lets it connect again.

use super::backoff::Backoff;
use super::reason::{Stage, sentence};
use super::wire::Wire;
use rumqttc::{ConnectionError, Event, EventLoop, Packet, Publish, StateError};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What the pump tells the unit.
#[derive(Debug)]
pub(super) enum Happening {
    /// CONNACK came.
    Connected,
    /// A message on one of our subscriptions.
    Message(Publish),
    /// No session, and why.
    Lost(String),
}

/// Runs until the client was asked to disconnect and did. Owned by the unit's own future and never polled apart from
/// it, so nothing the library does is cut in the middle.
pub(super) async fn pump(mut events: EventLoop, wire: Wire, to: mpsc::Sender<Happening>) {
    let mut backoff = Backoff::default();
    let mut since: Option<Instant> = None;
    // A kept session that holds a message beyond all measure would hand it to us at every connect, for ever: then it
    // is given up, by one connect that asks for a clean one.
    let mut discarding = false;
    loop {
        let happening = match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) if discarding => {
                discarding = false;
                events.mqtt_options.set_clean_session(wire.clean_session);
                events.clean();
                continue;
            }
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                since = Some(Instant::now());
                Happening::Connected
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => Happening::Message(publish),
            Ok(_) => continue,
            Err(ConnectionError::RequestsDone | ConnectionError::DisconnectTimeout) => return,
            Err(error) => {
                discarding |= !wire.clean_session && is_too_large(&error);
                events.mqtt_options.set_clean_session(wire.clean_session || discarding);
                let stage = if since.is_some() { Stage::Connected } else { Stage::Connecting };
                let lost = Happening::Lost(sentence(&error, stage, &wire));
                let pause = backoff.pause(since.take().map(|since| since.elapsed()));
                if to.send(lost).await.is_err() {
                    return;
                }
                tokio::time::sleep(pause).await;
                continue;
            }
        };
        if to.send(happening).await.is_err() {
            return;
        }
    }
}

fn is_too_large(error: &ConnectionError) -> bool {
    matches!(
        error,
        ConnectionError::MqttState(StateError::Deserialization(rumqttc::Error::PayloadSizeLimitExceeded(_)))
    )
}
