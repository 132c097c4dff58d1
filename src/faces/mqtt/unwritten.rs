//! Messages of QoS 0 that were handed over and are not written yet.
//!
//! They are written in the order they were handed over in, so only the end of the first is awaited. Hundreds may be on
//! their way: a future and a waker for each would cost more than making them. Where the library once writes one before an
//! earlier one (what waited over a broken connection behind one of QoS 1), its end is counted with that one's.

use super::client::{NotDone, PublishNotice};
use std::collections::VecDeque;
use std::task::{Context, Poll, ready};
use tokio_util::sync::ReusableBoxFuture;

type End = Result<Option<u16>, NotDone>;

/// Messages in order, each with what its owner knows it by.
pub(super) struct Unwritten<T> {
    waiting: VecDeque<(PublishNotice, T)>,
    /// The first, taken out of `waiting`.
    first: Option<T>,
    /// Its end; of an earlier one that has ended while there is no first.
    end: Option<ReusableBoxFuture<'static, End>>,
}

impl<T> Default for Unwritten<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), first: None, end: None }
    }
}

impl<T> Unwritten<T> {
    pub(super) fn push(&mut self, notice: PublishNotice, message: T) {
        self.waiting.push_back((notice, message));
    }

    /// The next that was written or lost; none while nothing is on its way.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(T, Result<(), NotDone>)>> {
        if self.first.is_none() {
            let Some((notice, message)) = self.waiting.pop_front() else { return Poll::Ready(None) };
            self.first = Some(message);
            match &mut self.end {
                Some(end) => end.set(notice.done()),
                None => self.end = Some(ReusableBoxFuture::new(notice.done())),
            }
        }
        let Some(end) = &mut self.end else { return Poll::Ready(None) };
        let result = ready!(end.poll(cx));
        Poll::Ready(self.first.take().map(|message| (message, result.map(drop))))
    }
}
