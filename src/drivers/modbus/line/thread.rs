//! The thread of one line: takes requests in turn until the line is closed or its device is gone.

use super::talk::{End, Talk};
use super::tty::Tty;
use super::{LineError, Message, OpenError};
use crate::config::link::SerialConfig;
use rustix::fd::OwnedFd;
use std::num::NonZeroU64;
use tokio::sync::{mpsc, oneshot};

pub(super) fn run(
    config: &SerialConfig,
    mut inbox: mpsc::Receiver<Message>,
    stop: &OwnedFd,
    opened: oneshot::Sender<Result<Option<String>, OpenError>>,
) {
    // The default slack of 50 us would be added to every silence. A kernel that refuses costs only that.
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1)).ok();
    let (tty, note) = match Tty::open(config) {
        Ok(open) => open,
        Err(err) => {
            // The opener may have given up meanwhile.
            drop(opened.send(Err(err)));
            return;
        }
    };
    if opened.send(Ok(note)).is_err() {
        return;
    }
    let mut talk = Talk::new(config, tty, stop);
    let mut end = talk.settle();
    while end.is_ok() {
        let Some(Message::Ask { ask, reply }) = inbox.blocking_recv() else { break };
        // Whoever asked may have gone: a request nobody waits for is not sent.
        if reply.is_closed() {
            continue;
        }
        end = match talk.exchange(&ask) {
            Ok(answer) => {
                drop(reply.send(Ok(answer)));
                Ok(())
            }
            Err(end) => {
                drop(reply.send(Err(end.told(&config.path))));
                Err(end)
            }
        };
    }
    inbox.close();
    let end = end.err().unwrap_or(End::Stopped);
    while let Ok(message) = inbox.try_recv() {
        if let Message::Ask { reply, .. } = message {
            drop(reply.send(Err(end.told(&config.path))));
        }
    }
}

impl End {
    /// For whoever asked.
    fn told(self, path: &str) -> LineError {
        match self {
            Self::Stopped => LineError::Closed,
            Self::Gone(err) => LineError::Gone(format!("{path} is gone: {err}")),
        }
    }
}
