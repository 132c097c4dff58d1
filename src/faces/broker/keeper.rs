//! Has retained messages written, beside the broker's work.

use crate::store::{RetainedMessages, StoreError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// Between two writes: topics that change all the time cost the flash one write in so long.
const PAUSE: Duration = Duration::from_secs(5);
/// The same when somebody waits for it: another broker sends no more than some twenty messages that are not acknowledged.
const HASTE: Duration = Duration::from_millis(50);
/// For the last write, of the five seconds a unit has to end.
const LAST: Duration = Duration::from_secs(3);

/// Writes what was noted, one transaction at a time.
pub(super) struct Keeper {
    kept: Option<RetainedMessages>,
    /// At most one.
    writing: JoinSet<Result<(), StoreError>>,
    ended: Instant,
    trouble: Option<String>,
    /// Who wants to know when what was noted before is written.
    asked: mpsc::Receiver<oneshot::Sender<()>>,
    /// Those of the next write, and of the one under way.
    waiting: Vec<oneshot::Sender<()>>,
    covered: Vec<oneshot::Sender<()>>,
}

impl Keeper {
    pub(super) fn new(kept: Option<RetainedMessages>, asked: mpsc::Receiver<oneshot::Sender<()>>) -> Self {
        let (writing, ended) = (JoinSet::new(), Instant::now());
        Self { kept, writing, ended, trouble: None, asked, waiting: Vec::new(), covered: Vec::new() }
    }

    /// Begins to write, if none is under way and the last one is long enough ago.
    pub(super) fn begin(&mut self) {
        if self.writing.is_empty() && PAUSE <= self.ended.elapsed() {
            self.write();
        }
    }

    fn write(&mut self) {
        self.covered.append(&mut self.waiting);
        let synced = !self.covered.is_empty();
        match self.kept.clone() {
            Some(kept) => drop(self.writing.spawn(async move { kept.flush(synced).await })),
            None => self.tell(),
        }
    }

    /// A write under way has ended; never while none is. Cancel-safe: it goes on with the next call.
    pub(super) async fn written(&mut self) {
        loop {
            tokio::select! {
                Some(ended) = self.writing.join_next() => {
                    match ended {
                        Ok(result) => self.end(result),
                        // It was cut off with its runtime, or has panicked: what was noted is written with the next
                        // try or lost.
                        Err(error) => {
                            tracing::error!(%error, "retained messages were not written");
                            self.ended = Instant::now();
                            self.tell();
                        }
                    }
                    return;
                }
                Some(asks) = self.asked.recv() => self.waiting.push(asks),
                () = sleep_until(self.ended + HASTE), if self.writing.is_empty() && !self.waiting.is_empty() => {
                    self.write();
                }
                else => std::future::pending().await,
            }
        }
    }

    fn end(&mut self, result: Result<(), StoreError>) {
        self.ended = Instant::now();
        self.tell();
        let trouble = result.err().map(|error| format!("retained messages cannot be written: {error}"));
        if let Some(sentence) = trouble.as_ref().filter(|_| self.trouble != trouble) {
            tracing::error!("{sentence}; it is tried again");
        }
        self.trouble = trouble;
    }

    /// Also when the disk failed, which is on show: memory has the messages, and a site goes on without a disk.
    fn tell(&mut self) {
        for asks in self.covered.drain(..) {
            // A bridge that has gone meanwhile needs no word.
            asks.send(()).ok();
        }
    }

    /// Why they cannot be written, at the last try.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Writes the rest. Nobody asks any more.
    pub(super) async fn finish(&mut self) {
        let rest = async {
            while !self.writing.is_empty() {
                self.written().await;
            }
            while let Ok(asks) = self.asked.try_recv() {
                self.waiting.push(asks);
            }
            self.covered.append(&mut self.waiting);
            match &self.kept {
                Some(kept) => kept.flush(true).await,
                None => Ok(()),
            }
        };
        let ended = timeout(LAST, rest).await;
        if ended.is_err() {
            tracing::error!("the disk is too slow: the last retained messages are not written");
        }
        if let Ok(result) = ended {
            self.end(result);
        }
    }
}
