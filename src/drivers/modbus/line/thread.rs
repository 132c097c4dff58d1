//! The thread of one line: takes requests in turn until the line is closed or its device is gone.

use super::manner::Manner;
use super::medium::Medium;
use super::talk::{End, Talk};
use super::{Message, OpenError, Opened};
use rustix::fd::OwnedFd;
use std::num::NonZeroU64;
use tokio::sync::{mpsc, oneshot};

/// Opens the medium and serves it.
pub(super) fn run(
    manner: &Manner,
    open: impl FnOnce() -> Result<(Medium, Opened), OpenError>,
    mut inbox: mpsc::Receiver<Message>,
    stop: &OwnedFd,
    opened: oneshot::Sender<Result<Opened, OpenError>>,
) {
    // The default slack of 50 us would be added to every silence. A kernel that refuses costs only that.
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1)).ok();
    let (medium, found) = match open() {
        Ok(open) => open,
        Err(err) => {
            // The opener may have given up meanwhile.
            drop(opened.send(Err(err)));
            return;
        }
    };
    if opened.send(Ok(found)).is_err() {
        return;
    }
    let mut talk = Talk::new(manner, medium, stop);
    let mut end = talk.settle();
    while end.is_ok() {
        let Some(Message::Ask { ask, claim, reply }) = inbox.blocking_recv() else { break };
        // Whoever asked may have gone: a request nobody waits for is not sent.
        if reply.is_closed() {
            continue;
        }
        end = match talk.exchange(&ask, claim) {
            Ok(answer) => {
                drop(reply.send(Ok(answer)));
                Ok(())
            }
            Err(end) => {
                drop(reply.send(Err(talk.told(&end))));
                if end == End::Withdrawn { Ok(()) } else { Err(end) }
            }
        };
    }
    inbox.close();
    let end = talk.told(&end.err().unwrap_or(End::Stopped));
    while let Ok(message) = inbox.try_recv() {
        if let Message::Ask { reply, .. } = message {
            drop(reply.send(Err(end.clone())));
        }
    }
}
