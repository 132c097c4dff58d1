//! The mean of the last samples.

use std::collections::VecDeque;

/// A sliding mean; of fewer samples until there are enough.
#[derive(Debug, Clone)]
pub(super) struct Mean {
    of: usize,
    samples: VecDeque<f64>,
}

impl Mean {
    /// Of this many samples, at least 1.
    pub(super) fn new(of: u8) -> Self {
        let of = usize::from(of.max(1));
        Self { of, samples: VecDeque::with_capacity(of) }
    }

    /// Takes a sample in and gives the mean.
    pub(super) fn take(&mut self, sample: f64) -> f64 {
        if self.samples.len() == self.of {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        // Summed anew each time: a running sum would keep the rounding errors of every sample that ever passed.
        let count = u8::try_from(self.samples.len()).unwrap_or(u8::MAX);
        self.samples.iter().sum::<f64>() / f64::from(count)
    }

    /// Begins anew.
    pub(super) fn forget(&mut self) {
        self.samples.clear();
    }

    /// Of another number of samples; the newest stay.
    pub(super) fn resize(&mut self, of: u8) {
        self.of = usize::from(of.max(1));
        while self.of < self.samples.len() {
            self.samples.pop_front();
        }
    }
}
