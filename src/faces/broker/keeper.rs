//! Has retained messages written, beside the broker's work.

use crate::store::{RetainedMessages, StoreError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// Between two writes: topics that change all the time cost the flash one write in so long.
const PAUSE: Duration = Duration::from_secs(5);
/// For the last write, of the five seconds a unit has to end.
const LAST: Duration = Duration::from_secs(3);

/// Writes what was noted, one transaction at a time.
pub(super) struct Keeper {
    kept: Option<RetainedMessages>,
    /// At most one.
    writing: JoinSet<Result<(), StoreError>>,
    ended: Instant,
    trouble: Option<String>,
}

impl Keeper {
    pub(super) fn new(kept: Option<RetainedMessages>) -> Self {
        Self { kept, writing: JoinSet::new(), ended: Instant::now(), trouble: None }
    }

    /// Begins to write, if none is under way and the last one is long enough ago.
    pub(super) fn begin(&mut self) {
        if let (Some(kept), true) = (&self.kept, self.writing.is_empty() && PAUSE <= self.ended.elapsed()) {
            let kept = kept.clone();
            self.writing.spawn(async move { kept.flush().await });
        }
    }

    /// The write under way has ended; never while none is. Cancel-safe: it goes on with the next call.
    pub(super) async fn written(&mut self) {
        let Some(ended) = self.writing.join_next().await else { return std::future::pending().await };
        match ended {
            Ok(result) => self.end(result),
            // It was cut off with its runtime, or has panicked: what was noted is written with the next try or lost.
            Err(error) => tracing::error!(%error, "retained messages were not written"),
        }
    }

    fn end(&mut self, result: Result<(), StoreError>) {
        self.ended = Instant::now();
        let trouble = result.err().map(|error| format!("retained messages cannot be written: {error}"));
        if let Some(sentence) = trouble.as_ref().filter(|_| self.trouble != trouble) {
            tracing::error!("{sentence}; it is tried again");
        }
        self.trouble = trouble;
    }

    /// Why they cannot be written, at the last try.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Writes the rest.
    pub(super) async fn finish(&mut self) {
        let rest = async {
            if !self.writing.is_empty() {
                self.written().await;
            }
            match &self.kept {
                Some(kept) => kept.flush().await,
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
