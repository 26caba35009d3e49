//! What goes with giving a lease back: the hint that brings the next worker, and the expiry that
//! every release looks at.

use tempus_engine::Outgoing;
use tempus_model::{Hint, Timestamp};

use crate::drive::Drive;
use crate::metrics;

impl Drive<'_> {
    /// Sends the hint for the row's next due time, before the write that gives the lease back: a
    /// crash in between costs a useless hint, the other order would cost a minute. It names this
    /// claim; met while this very lease still stands, it is sent again.
    pub(crate) async fn send_ahead(&self, until: Timestamp) {
        let row = self.held.row();
        let until = if row.desired.is_present() {
            until.min(row.expires_at)
        } else {
            until
        };
        let delay = self.parts.now().until(until);
        if delay > self.parts.queue.longest_delay() {
            return; // Left to the timer and the reminder.
        }
        let hint = Hint::Look {
            preview: row.preview,
            sent_by: Some(row.nonce),
            reminds: false,
        };
        let mut message = Outgoing::later(&hint, delay);
        message.group = Some(self.held.snapshot.identity.owner.id.clone());
        if let Err(error) = self.parts.queue.post(message).await {
            metrics::hint_lost();
            tracing::warn!(%error, "the next hint was not sent: the reminder will find the row");
        }
    }

    /// Sends the hint for the warning that a row at rest is due for, if it is near.
    pub(crate) async fn send_for_warning(&self) {
        let row = self.held.row();
        if let Some(at) = row.warning_at().filter(|_| row.desired.is_present()) {
            self.send_ahead(at).await;
        }
    }

    /// Sends the hint for a verify that the holder did not foresee: somebody doubted the row while
    /// it was held, and the write that gave the lease back knew of it first.
    pub(crate) async fn send_late(&self, sent_ahead: bool) {
        if let Some(verify_at) = self.held.row().verify_at.filter(|_| !sent_ahead) {
            self.send_ahead(verify_at).await;
        }
    }

    /// Looks at the expiry once more: it may have passed while the lease kept others away.
    pub(crate) async fn after_release(&self) {
        let (row, now) = (self.held.row(), self.parts.now());
        if row.is_expired(now) {
            self.parts.expire(row.preview, row.expires_at, now).await;
            self.parts.hint_now(&Hint::look(row.preview)).await;
        }
    }
}
