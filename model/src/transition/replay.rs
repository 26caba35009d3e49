//! Replay and wake: make a row due now.

use super::Change;
use crate::{Actor, Deed, DeedKind, Row, Timestamp};

/// A parked row going on from where it stood, with deadlines and attempts counted anew. If it is
/// suspect and not being unwound, from its first step, looking at what each of them made. `None` if
/// it is not parked (replaying twice is harmless).
pub fn replay(row: &Row, by: Actor, now: Timestamp) -> Option<Change> {
    row.parked.as_ref()?;
    let mut row = row.clone();
    row.unpark();
    row.due_at = row.rest_until(Some(now));
    let mut change = Change::of(row);
    let what = DeedKind::Replayed;
    change.deed = Some(Box::new(Deed { at: now, by, what }));
    Some(change)
}

/// A waiting row due now, because the platform says that something happened. `None` if nothing is
/// waiting: never moves a pending verify, which must not come early.
pub fn wake(row: &Row, now: Timestamp) -> Option<Change> {
    let waiting = row.saga.is_some() && row.lease.is_none() && row.parked.is_none();
    if !waiting || row.is_verifying() || row.due_at.is_some_and(|due| due <= now) {
        return None;
    }
    let mut row = row.clone();
    row.due_at = row.rest_until(Some(now));
    if let Some(saga) = &mut row.saga {
        for progress in &mut saga.progress {
            progress.retry_at = None;
        }
    }
    Some(Change::of(row))
}

/// A due row marked as reminded, or `None` if it was reminded less than `spacing` ago, is held,
/// or is not due.
pub fn remind(row: &Row, now: Timestamp, spacing: std::time::Duration) -> Option<Change> {
    let due = row.due_at.is_some_and(|due| due <= now);
    let recent = row.reminded_at.is_some_and(|at| at.after(spacing) > now);
    if !due || recent || row.is_held(now, std::time::Duration::ZERO) {
        return None;
    }
    let mut row = row.clone();
    row.reminded_at = Some(now);
    Some(Change::of(row))
}

impl Row {
    /// Takes the row out of the dead letters.
    pub(super) fn unpark(&mut self) {
        if self.parked.take().is_some()
            && let Some(saga) = &mut self.saga
        {
            saga.retry_anew();
            // Of a row that is trusted, what is done is as it was: a step that is carried out again
            // without looking would make a second one of what cannot be named.
            if self.suspicion > 0 {
                saga.look_again(&mut self.ledger);
                saga.looked_again = false;
            }
        }
        self.attempts = 0;
    }
}
