//! How long to wait before the next try.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Short, for the broker beside us that is still starting.
const FIRST: Duration = Duration::from_millis(125);
const LAST: Duration = Duration::from_secs(30);
/// A session that held this long was a good one; shorter ones are a broker that lets us in and throws us out.
const SETTLED: Duration = Duration::from_secs(30);

/// Doubles from an eighth of a second to 30 s. For brokers that are away or throw us out, and for edge nodes whose primary
/// host comes and goes.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The pause after a try that failed, or after a session that lasted `held`. Up to a quarter is taken off at
    /// random, so that a hundred gateways do not come back in one moment.
    pub(super) fn pause(&mut self, held: Option<Duration>) -> Duration {
        if held.is_some_and(|held| SETTLED <= held) {
            self.failures = 0;
        }
        let whole = FIRST.saturating_mul(2u32.saturating_pow(self.failures)).min(LAST);
        self.failures = self.failures.saturating_add(1);
        // The keys of a hash map are the random numbers the standard library has.
        let random = RandomState::new().build_hasher().finish() % 256;
        whole * (1024 - u32::try_from(random).unwrap_or_default()) / 1024
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_the_last_and_begin_anew_after_a_good_session() {
        let mut backoff = Backoff::default();
        for whole in [125, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let (pause, whole) = (backoff.pause(Some(Duration::from_secs(2))), Duration::from_millis(whole));
            assert!(whole * 3 / 4 <= pause && pause <= whole, "{pause:?} of {whole:?}");
        }
        assert!(backoff.pause(Some(Duration::from_secs(31))) <= FIRST);
        for _ in 0..100 {
            assert!(backoff.pause(None) <= LAST);
        }
    }
}
