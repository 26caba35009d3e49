//! A request to a preview that sleeps: it is held until the preview runs, within bounds.
//!
//! Nothing of it is read meanwhile, so that it goes on whole.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::directory::Directory;
use super::routes::Routes;
use super::site::PreviewKey;
use crate::visitor::{Reader, Standing};

/// How long a person looks at an empty page before there is one that says what is happening and
/// looks again by itself. What has no page to look at is held for as long as may be.
const BLANK: Duration = Duration::from_secs(5);

/// A request that waits.
pub(super) struct Hold {
    changes: watch::Receiver<()>,
    deadline: Instant,
}

impl Hold {
    /// Says that the preview is wanted awake. Whatever becomes of its route afterwards is seen.
    pub(super) async fn begin(
        routes: &Routes,
        directory: &dyn Directory,
        preview: &PreviewKey,
        longest: Duration,
        reader: Reader,
    ) -> Result<Self, Standing> {
        let longest = match reader {
            Reader::Visitor => longest.min(BLANK),
            Reader::Submitter | Reader::Program => longest,
        };
        let hold = Self {
            changes: routes.changes(),
            deadline: Instant::now() + longest,
        };
        let roused = timeout(longest, directory.rouse(preview)).await;
        match roused.unwrap_or_else(|_| Err("it did not answer in time".to_owned())) {
            Ok(()) => Ok(hold),
            Err(reason) => Err(Standing::Unavailable { reason }),
        }
    }

    /// Waits for the next change of routes; false if the time is over.
    pub(super) async fn wait(&mut self) -> bool {
        let changed = timeout_at(self.deadline, self.changes.changed()).await;
        // The table outlives the proxy.
        matches!(changed, Ok(Ok(())))
    }
}
