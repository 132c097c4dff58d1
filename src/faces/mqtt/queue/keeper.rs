//! Works on the queue's file, one job at a time. The file has a thread of its own below; here it is only waited for.

use crate::store::queue::{Commit, Flush, Kept, KeptPage, QueueError, QueueFile, QueuedRecord};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::path::PathBuf;

/// What the queue wants of its file.
#[derive(Debug)]
pub(in crate::faces::mqtt) enum Job {
    Commit(Commit, Flush),
    Read(Vec<u64>),
    Sync,
}

/// How it went.
#[derive(Debug)]
pub(in crate::faces::mqtt) enum Done {
    Committed(Vec<KeptPage>),
    Read(Vec<QueuedRecord>),
    Synced,
    /// The file was damaged and is put aside under this name.
    Aside(PathBuf),
    /// Nothing was changed; the sentence says why.
    Failed(String),
}

/// The file, or the job that has it.
pub(in crate::faces::mqtt) struct Keeper {
    file: Option<QueueFile>,
    running: Option<BoxFuture<'static, (QueueFile, Done)>>,
}

impl Keeper {
    /// Looks at what an earlier run left; a damaged file is put aside.
    pub(in crate::faces::mqtt) async fn open(mut file: QueueFile) -> (Self, Kept, Option<Done>) {
        let (kept, trouble) = match file.kept().await {
            Ok(kept) => (kept, None),
            Err(error) => (Kept::default(), Some(trouble(&mut file, error).await)),
        };
        (Self { file: Some(file), running: None }, kept, trouble)
    }

    /// Whether another job can begin.
    pub(in crate::faces::mqtt) fn is_idle(&self) -> bool {
        self.running.is_none()
    }

    /// Begins a job; only when idle.
    pub(in crate::faces::mqtt) fn begin(&mut self, job: Job) {
        if let Some(file) = self.file.take() {
            self.running = Some(work(file, job).boxed());
        }
    }

    /// The end of the present job; never while there is none. Cancel-safe: the job stays here.
    pub(in crate::faces::mqtt) async fn done(&mut self) -> Done {
        match &mut self.running {
            Some(running) => {
                let (file, done) = running.await;
                self.file = Some(file);
                self.running = None;
                done
            }
            None => std::future::pending().await,
        }
    }

    /// Ends the use of the file; the present job must have ended.
    pub(in crate::faces::mqtt) async fn close(self) {
        if let Some(file) = self.file {
            file.close().await;
        }
    }
}

async fn work(mut file: QueueFile, job: Job) -> (QueueFile, Done) {
    let done = match job {
        Job::Commit(commit, flush) => file.commit(commit, flush).await.map(Done::Committed),
        Job::Read(pages) => file.read(&pages).await.map(Done::Read),
        Job::Sync => file.sync().await.map(|()| Done::Synced),
    };
    let done = match done {
        Ok(done) => done,
        Err(error) => trouble(&mut file, error).await,
    };
    (file, done)
}

async fn trouble(file: &mut QueueFile, error: QueueError) -> Done {
    match error {
        QueueError::Damaged { .. } => match file.put_aside().await {
            Ok(path) => Done::Aside(path),
            Err(error) => Done::Failed(error.to_string()),
        },
        other => Done::Failed(other.to_string()),
    }
}
