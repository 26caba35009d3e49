//! Checkpoint and renewal: what has been made is always recorded, whatever is wanted by now.

use super::{Change, Fence, Refused};
use crate::{Ledger, Row, Saga, Timestamp};

/// How far the saga has come.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// The claim and the number of this write.
    pub fence: Fence,
    /// The saga as it stands.
    pub saga: Saga,
    /// The ledger as it stands.
    pub ledger: Ledger,
    /// Answers that were lost since the last write.
    pub lost_answers: u32,
    /// The lease's end from now on.
    pub lease_until: Timestamp,
}

/// The row with this progress. It may come back with a newer generation: the holder then turns.
pub fn checkpoint(row: &Row, write: &Checkpoint) -> Result<Change, Refused> {
    write.fence.check(row)?;
    let mut row = row.clone();
    row.record(
        &write.fence,
        write.saga.clone(),
        write.ledger.clone(),
        write.lost_answers,
    );
    row.extend_lease(write.lease_until);
    Ok(Change::of(row))
}

/// The row with a longer lease and nothing else: its holder is alive.
pub fn renew(row: &Row, fence: &Fence, lease_until: Timestamp) -> Result<Change, Refused> {
    fence.check(row)?;
    let mut row = row.clone();
    row.wseq = fence.wseq;
    row.extend_lease(lease_until);
    if crate::broken!(SettleInTwo) && row.saga.is_none() {
        row.lease = None;
    }
    Ok(Change::of(row))
}

impl Row {
    /// What every write of a holder that records progress has in common.
    pub(super) fn record(&mut self, fence: &Fence, saga: Saga, ledger: Ledger, lost_answers: u32) {
        self.account(&saga, &ledger);
        self.wseq = fence.wseq;
        self.attempts = 0;
        self.suspicion = self.suspicion.saturating_add(lost_answers);
        self.saga = Some(saga);
        self.ledger = ledger;
    }

    fn extend_lease(&mut self, until: Timestamp) {
        if let Some(lease) = &mut self.lease {
            lease.until = lease.until.max(until);
        }
    }
}
