//! What the engine has done, in numbers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Buckets of a [`Spread`]: each half as long again as the one before, from one microsecond.
const BUCKETS: usize = 40;

/// How long something took, over many times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    count: u64,
    total: Duration,
    buckets: [u32; BUCKETS],
}

impl Default for Spread {
    fn default() -> Self {
        Self { count: 0, total: Duration::ZERO, buckets: [0; BUCKETS] }
    }
}

impl Spread {
    /// One more time.
    pub(crate) fn add(&mut self, time: Duration) {
        self.count += 1;
        self.total += time;
        let at = (0..BUCKETS - 1).find(|&at| time <= bound(at)).unwrap_or(BUCKETS - 1);
        self.buckets[at] = self.buckets[at].saturating_add(1);
    }

    /// How many times.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.total
    }

    /// The mean; zero when there was none.
    #[must_use]
    pub fn mean(&self) -> Duration {
        self.total / u32::try_from(self.count.max(1)).unwrap_or(u32::MAX)
    }

    /// A time that this share (from 0 to 1) did not exceed: the upper end of its bucket, which is at most
    /// half as long again as the time itself.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count"
        )]
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        if wanted == 0 {
            return Duration::ZERO;
        }
        let reached = self.buckets.iter().position(|&count| {
            seen += u64::from(count);
            seen >= wanted
        });
        reached.map_or(Duration::ZERO, bound)
    }
}

/// The upper end of a bucket.
fn bound(at: usize) -> Duration {
    Duration::from_secs_f64(1e-6 * 1.5_f64.powi(i32::try_from(at).unwrap_or(0)))
}

/// What an engine has done since the model was loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EngineFigures {
    /// Batches computed.
    pub passes: u64,
    /// Tokens in them.
    pub tokens: u64,
    /// The most replies that were written in one batch.
    pub together_max: usize,
    /// Tokens proposed from the window.
    pub proposed: u64,
    /// Of those, tokens that the model confirmed.
    pub confirmed: u64,
    /// Time of each batch.
    pub computing: Spread,
    /// Time of the grammar for each token that was chosen: checking, masking, forcing and going on.
    pub constraint: Spread,
    /// Sequences forgotten for want of room.
    pub evicted: u64,
    /// Bytes of idle sequences in the host's memory.
    pub parked_bytes: usize,
    /// Requests that wait for their turn.
    pub waiting: usize,
    /// Requests that are being computed.
    pub active: usize,
}

/// Figures that the engine's thread writes and others read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<EngineFigures>>);

impl Shared {
    /// Changes the figures.
    pub(crate) fn update(&self, change: impl FnOnce(&mut EngineFigures)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The figures as they are.
    pub(crate) fn read(&self) -> EngineFigures {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
