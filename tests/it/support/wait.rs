//! Waiting for states instead of sleeping.

use std::time::{Duration, Instant};

/// How long a test waits for a state; generous, because the machine may be busy with other builds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until the answer is there; fails with what was waited for.
#[track_caller]
pub(crate) fn eventually<T, F>(mut ask: F, what: &str) -> impl Future<Output = T>
where
    F: AsyncFnMut() -> Option<T>,
{
    let place = std::panic::Location::caller();
    let what = what.to_owned();
    async move {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            assert!(Instant::now() < end, "{place}: waited {} s for: {what}", PATIENCE.as_secs());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
