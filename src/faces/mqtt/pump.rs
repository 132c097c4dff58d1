//! Keeps a session going for ever: polls the client library, and waits before it lets it connect again.

use super::backoff::Backoff;
use super::client::{Ended, EventLoop, Incoming, Polled, Stage};
use super::edge::Wills;
use super::wire::Wire;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What the pump tells the unit.
#[derive(Debug)]
pub(super) enum Happening {
    /// CONNACK came.
    Connected {
        /// Whether the broker kept an older session, with what was in flight in it.
        resumed: bool,
        /// The link's number.
        link: u64,
        /// The number of the will, of an edge node.
        bd_seq: Option<u8>,
    },
    /// A message on one of our subscriptions.
    Message(Incoming),
    /// See [`Polled::Recorded`].
    Recorded(u16),
    /// No session.
    Lost {
        /// Why.
        reason: String,
        /// The broker ended one that was up.
        closed: bool,
    },
}

/// Runs until the client was asked to disconnect and did. Owned by the unit's own future and never polled apart from
/// it, so nothing the library does is cut in the middle.
///
/// `link` rises whenever a session comes or goes, at once: what is handed to the library between the end of a session
/// and the news of it would overtake what the end returned.
pub(super) async fn pump(
    mut events: EventLoop,
    wire: Wire,
    mut wills: Option<&mut Wills>,
    to: mpsc::Sender<Happening>,
    link: Arc<AtomicU64>,
) {
    let mut backoff = Backoff::default();
    let mut since: Option<Instant> = None;
    // A kept session that holds a message beyond all measure would hand it to us at every connect, for ever: then it
    // is given up, by one connect that asks for a clean one.
    let mut discarding = false;
    let mut bd_seq = None;
    loop {
        if let (None, Some(wills)) = (bd_seq, &mut wills) {
            bd_seq = Some(wills.register(&mut events, &wire).await);
        }
        let stage = if since.is_some() { Stage::Connected } else { Stage::Connecting };
        let happening = match events.poll(stage, &wire).await {
            Ok(Polled::Connected { .. }) if discarding => {
                discarding = false;
                events.start_clean(wire.clean_session);
                events.drop_session();
                continue;
            }
            Ok(Polled::Connected { resumed }) => {
                since = Some(Instant::now());
                let link = link.fetch_add(1, Ordering::SeqCst) + 1;
                Happening::Connected { resumed, link, bd_seq }
            }
            Ok(Polled::Message(message)) => Happening::Message(message),
            Ok(Polled::Recorded(id)) => Happening::Recorded(id),
            Ok(Polled::Other) => continue,
            Err(Ended::Disconnected) => return,
            Err(Ended::Lost { sentence, too_large, closed }) => {
                link.fetch_add(1, Ordering::SeqCst);
                bd_seq = None;
                discarding |= !wire.clean_session && too_large;
                events.start_clean(wire.clean_session || discarding);
                let reason = format!("{}: {sentence}{}", wire.broker, wire.doubt());
                let lost = Happening::Lost { reason, closed };
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
