//! What can be set about a worker.

use std::time::Duration;

use tempus_model::{WorkerId, broken};

use crate::Budgets;

/// A worker's settings.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Names the worker in leases and logs.
    pub name: WorkerId,
    /// How many sagas it carries out at once, by class.
    pub budgets: Budgets,
    /// How long a lease lasts. Longer than any single call to a platform.
    pub lease: Duration,
    /// How far the clocks of two workers may be apart.
    pub skew: Duration,
    /// How long a single call to a platform takes at most; none starts with less lease left.
    pub call: Duration,
    /// Waits up to this long are slept with the lease held; longer ones give it back.
    pub in_place: Duration,
    /// The first pause after an error; doubled with each further one, with full jitter.
    pub backoff: Duration,
    /// The longest pause after an error.
    pub backoff_most: Duration,
    /// How long one receive waits for a message. A worker that stops may have to wait that long
    /// for the one that is under way.
    pub poll: Duration,
    /// How often due rows without a holder are looked for.
    pub remind_every: Duration,
    /// How many hints one reminder sends at most.
    pub remind_most: usize,
    /// How often the platform's inventory is compared with the rows; `None` leaves it to a hint.
    pub sweep_every: Option<Duration>,
    /// How old something must be before a sweep looks at it.
    pub sweep_age: Duration,
    /// How many rows one sweep marks for a verify at most.
    pub sweep_most: usize,
    /// How long after an unwind a verify comes, if not as late as the platform says.
    pub verify_delay: Option<Duration>,
}

/// How much longer than a claim needs a delivery is hidden by the receive: a claim that comes so soon
/// after it need not ask for more.
const SOON: Duration = Duration::from_secs(10);

impl WorkerConfig {
    /// How long the message behind a claim stays invisible: past the lease and the skew that others
    /// respect.
    pub(crate) fn hidden_for(&self) -> Duration {
        if broken!(ShortVisibility) {
            return self.lease / 3;
        }
        self.lease + self.skew + Duration::from_secs(5)
    }

    /// How long a queue should hide what it delivers.
    pub fn visibility(&self) -> Duration {
        self.hidden_for() + SOON
    }
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            name: WorkerId(format!("worker-{}", std::process::id())),
            budgets: Budgets::default(),
            lease: Duration::from_secs(30),
            skew: Duration::from_secs(2),
            call: Duration::from_secs(10),
            in_place: Duration::from_secs(2),
            backoff: Duration::from_millis(200),
            backoff_most: Duration::from_secs(20),
            poll: Duration::from_secs(20),
            remind_every: Duration::from_mins(1),
            remind_most: 1000,
            sweep_every: Some(Duration::from_mins(15)),
            sweep_age: Duration::from_mins(15),
            sweep_most: 10,
            verify_delay: None,
        }
    }
}
