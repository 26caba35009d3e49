//! Wait and park: the lease is given back in the write that says what happens next.

use super::checkpoint::Checkpoint;
use super::{Change, Refused, Seen};
use crate::{Parked, Row, Timestamp};

/// The row waiting until a time. A hand-over on shutdown waits until now.
pub fn wait(
    row: &Row,
    write: &Checkpoint,
    seen: Seen,
    until: Timestamp,
) -> Result<Change, Refused> {
    write.fence.check_seen(row, seen)?;
    let attempts = row.attempts;
    let mut row = row.clone();
    row.record(
        &write.fence,
        write.saga.clone(),
        write.ledger.clone(),
        write.lost_answers,
    );
    row.lease = None;
    if crate::broken!(WaitIsAttempt) {
        row.attempts = attempts + 1;
    }
    row.due_at = row.rest_until(Some(until));
    Ok(Change::of(row))
}

/// The row standing still until somebody replays it, or something else is wanted of it. While the
/// preview is wanted it stays due at its expiry: parking does not keep it alive.
pub fn park(row: &Row, write: &Checkpoint, seen: Seen, parked: Parked) -> Result<Change, Refused> {
    write.fence.check_seen(row, seen)?;
    let mut row = row.clone();
    row.record(
        &write.fence,
        write.saga.clone(),
        write.ledger.clone(),
        write.lost_answers,
    );
    row.lease = None;
    row.parked = Some(parked);
    row.due_at = row.rest_until(None);
    Ok(Change::of(row))
}
