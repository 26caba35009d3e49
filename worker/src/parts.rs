//! What a worker is put together from.

use std::sync::Arc;

use tempus_engine::{Clock, Queue, Store, Timer};
use tempus_model::Timestamp;
use tempus_steps::Platform;

use crate::github::GitHub;

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
}

impl Parts {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
