//! The look at a preview that may be idle: the platform knows whether anybody uses it.
//!
//! It comes when the row is due for it, no more often than the preview waits before it sleeps, and
//! makes one write: the preview sleeps, or is due for the next look.

use std::time::Duration;

use tempus_engine::StoreError;
use tempus_model::transition::sleep::Idleness;
use tempus_model::{Hint, Snapshot};
use tempus_steps::Used;

use crate::intake::Shared;

/// When a platform that could not tell is asked again, at the earliest: it may have nothing to tell
/// for as long as a preview is new.
const ASK_AGAIN: Duration = Duration::from_mins(5);

/// What came of a look.
pub(crate) enum Idle {
    /// It is to sleep: there is a saga to begin. The row as it stands.
    Asleep(Box<Snapshot>),
    /// There is nothing to do before the next look; this hint brings it.
    LookAgain(Hint, Duration),
    /// The same, and too far off for a hint.
    LeftToReminder,
}

impl Shared {
    /// Asks whether anybody uses a preview, and writes down what follows.
    pub(crate) async fn look_if_idle(&self, snapshot: Snapshot) -> Result<Idle, StoreError> {
        let (row, now) = (&snapshot.row, self.parts.now());
        let preview = row.preview;
        let Some(sleep) = row.settled.sleep.map(tempus_model::Ttl::duration) else {
            return Ok(Idle::LeftToReminder);
        };
        let since = now.before(sleep);
        let again = match self.platform().used_since(&snapshot, since).await {
            Ok(Used::No) => None,
            Ok(Used::At(at)) => Some(at.after(sleep)),
            Ok(Used::Unknown) => Some(now.after(sleep.min(ASK_AGAIN))),
            Err(error) => {
                tracing::warn!(%error, "whether anybody uses it cannot be told: it stays awake");
                Some(now.after(sleep.min(ASK_AGAIN)))
            }
        };
        let found = again.map_or(Idleness::Idle, |at| {
            // Whatever the platform's clock says, the next look is not now.
            Idleness::LookAgain(at.max(now.after(SOONEST)))
        });
        let written = self
            .parts
            .store
            .doze(preview, row.version, found, now)
            .await?;
        // Somebody has changed the row meanwhile, and it is due again if it calls for another look.
        let standing = self.parts.store.get(preview).await?;
        let Some(standing) = standing.filter(|_| written) else {
            return Ok(Idle::LookAgain(Hint::look(preview), SOONEST));
        };
        if found == Idleness::Idle {
            tracing::info!("nobody has used it: putting it to sleep");
            return Ok(Idle::Asleep(Box::new(standing)));
        }
        let due = standing.row.due_at.unwrap_or(now);
        let delay = now.until(due);
        Ok(if delay > self.parts.queue.longest_delay() {
            Idle::LeftToReminder
        } else {
            Idle::LookAgain(Hint::look(preview), delay)
        })
    }
}

/// Between two looks, at least.
const SOONEST: Duration = Duration::from_millis(250);
