//! What a worker is put together from.

use std::sync::Arc;
use std::time::Duration;

use tempus_engine::{Clock, Handle, Queue, Store, Timer};
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

    /// Keeps a message invisible for so long from now. Should the queue not answer, it may come back early.
    pub(crate) async fn keep_hidden(&self, message: &Handle, how_long: Duration) {
        let handles = std::slice::from_ref(message);
        if let Err(error) = self.queue.hide(handles, how_long).await {
            tracing::debug!(%error, "a message may come back early");
        }
    }
}
