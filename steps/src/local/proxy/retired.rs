//! A route that is not used any more, and the requests that still are under way by it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::routes::Backend;

/// How often a retired route is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A route that another one has replaced.
#[derive(Debug)]
pub struct Retired {
    /// Where its services listen.
    pub backends: Vec<Backend>,
    mark: Arc<()>,
}

impl Retired {
    pub(super) fn new(backends: Vec<Backend>, mark: Arc<()>) -> Self {
        Self { backends, mark }
    }

    /// Waits until every request that went by it has been answered whole, but no longer than this:
    /// a stream or a tunnel may have no end.
    pub async fn drained(self, within: Duration) {
        let deadline = Instant::now() + within;
        while Arc::strong_count(&self.mark) > 1 && Instant::now() < deadline {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
