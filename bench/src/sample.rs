//! Many durations, and what is said of them.

use std::time::Duration;

/// Durations that were measured.
#[derive(Debug, Clone, Default)]
pub struct Sample(Vec<Duration>);

impl Sample {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Adds those of another.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The duration, in milliseconds, that this share of them did not exceed. Zero if there are none.
    pub fn percentile_ms(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let Some(last) = self.0.len().checked_sub(1) else {
            return 0.0;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list that is in memory"
        )]
        let place = (last as f64 * share).round() as usize;
        self.0[place.min(last)].as_secs_f64() * 1000.0
    }

    /// The longest, in milliseconds.
    pub fn most_ms(&mut self) -> f64 {
        self.percentile_ms(1.0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
