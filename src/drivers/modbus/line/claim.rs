//! A request that may still be taken back: until its first byte leaves, what is more urgent goes before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const SENT: u8 = 1;
const WITHDRAWN: u8 = 2;

/// Whether one request has left, decided once between whoever asked and the line.
#[derive(Debug, Clone, Default)]
pub struct Claim(Arc<AtomicU8>);

impl Claim {
    /// Takes the request back; false when it has left already, or was taken back before.
    pub fn withdraw(&self) -> bool {
        self.0.compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Whether it was taken back.
    pub fn is_withdrawn(&self) -> bool {
        self.0.load(Ordering::Acquire) == WITHDRAWN
    }

    /// The line sends it now; false when it was taken back.
    pub(super) fn send(&self) -> bool {
        self.0.compare_exchange(WAITING, SENT, Ordering::AcqRel, Ordering::Acquire) != Err(WITHDRAWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_it_leaves_or_it_is_taken_back() {
        let sent = Claim::default();
        assert!(sent.send() && sent.send(), "its retries leave too");
        assert!(!sent.withdraw() && !sent.is_withdrawn());
        let back = Claim::default();
        assert!(back.withdraw() && !back.withdraw());
        assert!(back.is_withdrawn() && !back.send());
    }
}
