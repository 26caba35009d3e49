//! Doubt: something outside says that the cloud may not be as the row has it.

use super::Change;
use crate::{Row, Timestamp};

/// The row suspect and due for a verify, whatever it says: even a receipt is only as good as what
/// has been seen since.
pub fn doubt(row: &Row, now: Timestamp) -> Change {
    let mut row = row.clone();
    row.suspicion = row.suspicion.saturating_add(1);
    // A pending verify keeps its time: it is late enough for every call that may still land.
    row.verify_at.get_or_insert(now);
    // A saga on its way, or a parked one, settles as suspect: its verify follows by itself. What
    // is due earlier, such as a job that nobody has taken up yet, stays due.
    if row.saga.is_none() && row.parked.is_none() && row.lease.is_none() {
        let verify = row.rest_until(row.verify_at);
        row.due_at = row.due_at.into_iter().chain(verify).min();
    }
    Change::of(row)
}

/// The row after the engine was started anew and its old process is known to be dead: its lease
/// ends now. After a clean stop nothing was interrupted; otherwise the next claim counts it.
pub fn end_lease(row: &Row, now: Timestamp, stop: Stop) -> Option<Change> {
    row.lease.as_ref()?;
    let mut row = row.clone();
    match stop {
        Stop::Clean => row.lease = None,
        Stop::Crash => {
            if let Some(lease) = &mut row.lease {
                lease.until = lease.until.min(now);
            }
        }
    }
    Some(Change::of(row))
}

/// How the process that held the leases ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It finished its calls and said so.
    Clean,
    /// It did not say so.
    Crash,
}
