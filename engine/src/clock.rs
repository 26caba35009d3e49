//! The time.

use std::time::{SystemTime, UNIX_EPOCH};

use tempus_model::Timestamp;

/// Says what time it is. Durations inside a process are measured with tokio's monotonic clock;
/// this is for times that are stored and compared between processes.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        #[cfg(any(test, feature = "conformance"))]
        let now = crate::testing::clock::shifted(now);
        now
    }
}

/// A clock that goes with tokio's, so that a test which pauses the one pauses the other.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    origin: tokio::time::Instant,
    started_at: Timestamp,
}

impl TokioClock {
    /// A clock that shows `now` at this moment.
    pub fn starting_at(now: Timestamp) -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            started_at: now,
        }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.started_at.millis().saturating_add(elapsed))
    }
}
