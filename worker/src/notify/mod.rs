//! Tells a receiver of the user's choice that a preview's time is nearly over.
//!
//! ```text
//!   due row ─► begin: the next try is due later ─► POST ─► given
//!                  │                                │
//!                  └─ a crash, no answer, no 2xx ───┴──► due again
//! ```
//!
//! The row says when to warn, and for which end (`tempus_model::transition::warn`). Before anything is
//! sent its due time is moved out, so that a try of which nothing comes is followed by another: at least
//! one is made, whoever dies. The event's id is that of the preview and its end, the same in every try.
//!
//! Nothing waits for a receiver. Who warns holds no lease, so any change of the preview goes on
//! beside it, and has places of its own in the budget.

mod event;
mod http;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{Outgoing, StoreError};
use tempus_model::transition::warn::Warn;
use tempus_model::{Hint, Row, Snapshot};

pub use event::Event;
pub use http::{Address, AddressError, HttpError, HttpReceiver, SigningKey, SigningKeyError};

use crate::intake::Shared;
use crate::metrics::{self, Notified};

/// How often an event is sent at most.
const TRIES: u32 = 8;
/// How many patiences there are between the first two tries.
const SPACING: u32 = 3;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// Whom to tell.
#[derive(Clone)]
pub struct Notify {
    /// The receiver.
    pub receiver: Arc<dyn Receiver>,
    /// How long a receiver has to take an event.
    pub patience: Duration,
    /// The API's public address, for links, without a slash at its end.
    pub api_url: Option<String>,
}

impl Notify {
    /// The pause after so many tries: longer than the receiver may take, and doubled each time.
    fn pause(&self, tries: u32) -> Duration {
        let first = self.patience * SPACING;
        first
            .saturating_mul(1 << tries.min(TRIES))
            .min(LONGEST_PAUSE.max(first))
    }
}

/// Somebody who is told.
#[async_trait]
pub trait Receiver: Send + Sync {
    /// Hands an event over. It was taken only if this says so.
    async fn take(&self, event: &Event) -> Result<(), NotTaken>;
}

/// Why an event was not taken. Never holds the receiver's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Nobody answered: try again.
    #[error("the receiver does not answer: {0}")]
    Unreachable(String),
    /// It answered something else than that it has it: try again.
    #[error("the receiver answered {0}")]
    Status(u16),
}

impl Shared {
    /// Warns of the preview's end, as its row calls for.
    pub(crate) async fn warn(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        let Snapshot { identity, row } = snapshot;
        let (store, preview, of) = (&self.parts.store, row.preview, row.expires_at);
        let Some(notify) = &self.parts.notify else {
            // It is said on the pull request, which renders what is stored.
            if store
                .warn(preview, Warn::Given { of }, self.parts.now())
                .await?
                .is_some()
            {
                self.tell_source(&identity.origin).await;
            }
            return Ok(());
        };
        let now = self.parts.now();
        let tries = row.warning.as_ref().map_or(0, |warning| warning.tries);
        let pause = notify.pause(tries);
        let begin = Warn::Begin {
            again: now.after(pause),
            most: TRIES,
        };
        let Some(row) = store.warn(preview, begin, now).await? else {
            return Ok(());
        };
        if tries == 0 {
            self.tell_source(&identity.origin).await;
        }
        // All tries have been made.
        if row.warning_at().is_none() {
            tracing::error!(expires_at = %row.expires_at, "nobody could be told that the preview's time is nearly over");
            metrics::notified(Notified::GivenUp);
            return Ok(());
        }
        let event = Event::expiring(store.installation(), &identity, &row, notify);
        let taken = tokio::select! {
            taken = notify.receiver.take(&event) => taken,
            // Begun again by whoever comes next, with the same id.
            () = self.stopping.cancelled() => return Ok(()),
        };
        match taken {
            Ok(()) => {
                metrics::notified(Notified::Taken);
                tracing::info!(
                    event.id = event.id,
                    "told that the preview's time is nearly over"
                );
                let given = Warn::Given { of: row.expires_at };
                store.warn(preview, given, self.parts.now()).await?;
            }
            Err(error) => {
                metrics::notified(Notified::Failed);
                tracing::warn!(event.id = event.id, tries = tries + 1, %error, "not told yet that the preview's time is nearly over");
                self.hint_again(&row).await;
            }
        }
        Ok(())
    }

    /// Sends the hint for the next try, where that is nearer than the reminder.
    async fn hint_again(&self, row: &Row) {
        let Some(at) = row.warning_at() else { return };
        let delay = self.parts.now().until(at);
        let hint = Hint::look(row.preview);
        if delay > self.parts.queue.longest_delay() {
            return;
        }
        if let Err(error) = self.parts.queue.post(Outgoing::later(&hint, delay)).await {
            tracing::debug!(%error, "the reminder will find the row");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    #[async_trait]
    impl Receiver for Nobody {
        async fn take(&self, _: &Event) -> Result<(), NotTaken> {
            Err(NotTaken::Status(500))
        }
    }

    #[test]
    fn the_pause_outlasts_the_receiver_and_grows_to_ten_minutes() {
        let pauses = |patience: u64| {
            let notify = Notify {
                receiver: Arc::new(Nobody),
                patience: Duration::from_secs(patience),
                api_url: None,
            };
            [0, 1, 2, 7, 31, u32::MAX].map(|tries| notify.pause(tries).as_secs())
        };
        assert_eq!(pauses(10), [30, 60, 120, 600, 600, 600]);
        assert_eq!(pauses(300), [900; 6], "more patient than the longest pause");
    }
}
