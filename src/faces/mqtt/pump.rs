//! Keeps a session going for ever: polls the client library, and waits before it lets it connect again.

use super::backoff::Backoff;
use super::reason::{Stage, sentence};
use super::wire::Wire;
use rumqttc::{ConnectionError, Event, EventLoop, Packet, Publish};
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
    loop {
        let happening = match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                since = Some(Instant::now());
                Happening::Connected
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => Happening::Message(publish),
            Ok(_) => continue,
            Err(ConnectionError::RequestsDone | ConnectionError::DisconnectTimeout) => return,
            Err(error) => {
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
