//! Extend: another expiry, the same spec. A converge without a job; the worker moves the timer.

use super::Change;
use crate::{Phase, Row, Timestamp, Work};

/// Why an expiry is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoExtend {
    /// The preview is failed, destroyed or being destroyed.
    #[error("the preview is {0}")]
    Ended(Phase),
    /// Its time was over before the request came.
    #[error("the preview's time was over at {0}")]
    Expired(Timestamp),
}

/// The row with another expiry, due so that its timer is moved.
pub fn extend(row: &Row, expires_at: Timestamp, now: Timestamp) -> Result<Change, NoExtend> {
    if !row.desired.is_present() {
        return Err(NoExtend::Ended(row.phase()));
    }
    if row.expires_at <= now {
        return Err(NoExtend::Expired(row.expires_at));
    }
    let mut row = row.clone();
    row.expires_at = expires_at;
    // A parked saga stays parked: another expiry does not mend what it is stuck on. It is due at
    // that expiry all the same. An expiry that the timer already stands at leaves nothing to do,
    // and a row that is due for nothing would stay due.
    row.due_at = if row.parked.is_some() {
        row.rest_until(None)
    } else if row.work(now) == Work::Nothing {
        row.rest_until(row.verify_at)
    } else {
        Some(now)
    };
    Ok(Change::of(row))
}
