//! What a worker is put together from.

use std::sync::Arc;

use tempus_engine::{Clock, Queue, Store, Timer};
use tempus_model::Timestamp;
use tempus_steps::Platform;

use crate::github::GitHub;
use crate::notify::Notify;

/// The ports of an engine, and a platform.
#[derive(Clone)]
pub struct Parts {
    /// The rows.
    pub store: Arc<dyn Store>,
    /// The hints.
    pub queue: Arc<dyn Queue>,
    /// The alarms.
    pub timer: Arc<dyn Timer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where previews run.
    pub platform: Arc<dyn Platform>,
    /// What pull requests are tended with; without it none are.
    pub github: Option<GitHub>,
    /// Whom to tell that a preview's time is nearly over; without it nobody is.
    pub notify: Option<Notify>,
}

impl Parts {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
