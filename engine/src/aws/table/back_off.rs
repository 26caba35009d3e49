//! Pauses between the repetitions of what was throttled or in conflict.

use std::time::Duration;

use tokio::time::Instant;

/// The longest first pause; doubled with each further one.
const FIRST: Duration = Duration::from_millis(20);

/// The longest pause.
const LONGEST: Duration = Duration::from_millis(640);

/// Exponential pauses with full jitter, until the time is up.
pub(super) struct BackOff {
    until: Instant,
    most: Duration,
}

impl BackOff {
    /// For as long as this.
    pub(super) fn new(in_all: Duration) -> Self {
        Self {
            until: Instant::now() + in_all,
            most: FIRST,
        }
    }

    /// Waits a little. `false`, at once, when the time is up.
    pub(super) async fn wait(&mut self) -> bool {
        if Instant::now() >= self.until {
            return false;
        }
        tokio::time::sleep(self.most.mul_f64(rand::random())).await;
        self.most = (self.most * 2).min(LONGEST);
        true
    }
}
