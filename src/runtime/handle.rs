//! The one way to ask a task for something and wait for its answer.

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

/// Why a task gave no answer: `Busy` may be asked again, `Stopped` not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The inbox is full.
    #[error("the task is busy")]
    Busy,
    /// The task is gone.
    #[error("the task has stopped")]
    Stopped,
}

/// The sending side of a task's bounded inbox.
#[derive(Debug)]
pub struct Handle<M>(mpsc::Sender<M>);

impl<M> Clone for Handle<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> Handle<M> {
    /// A handle and the inbox it fills, at most `depth` messages deep.
    #[must_use]
    pub fn channel(depth: usize) -> (Self, mpsc::Receiver<M>) {
        let (tx, rx) = mpsc::channel(depth);
        (Self(tx), rx)
    }

    /// Sends one request and waits for its reply.
    ///
    /// # Errors
    ///
    /// `Busy` when the inbox is full, `Stopped` when the task is gone.
    pub async fn call<R>(&self, request: impl FnOnce(oneshot::Sender<R>) -> M) -> Result<R, CallError> {
        let (reply, answer) = oneshot::channel();
        self.tell(request(reply))?;
        answer.await.map_err(|_| CallError::Stopped)
    }

    /// Sends a message that has no answer.
    pub fn tell(&self, message: M) -> Result<(), CallError> {
        self.0.try_send(message).map_err(|err| match err {
            TrySendError::Full(_) => CallError::Busy,
            TrySendError::Closed(_) => CallError::Stopped,
        })
    }
}
