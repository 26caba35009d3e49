//! Claim: the right to work on a due row, for the length of a lease.

use std::time::Duration;

use super::Change;
use crate::{
    Failure, FailureKind, Lease, Ledger, MessageId, Nonce, Parked, Row, Saga, Timestamp, WorkerId,
};

/// Expired leases without a checkpoint after which a saga is parked: it ends its workers.
pub const CRASHES_BEFORE_PARKING: u32 = 5;

/// Asks for the lease.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Who asks.
    pub worker: WorkerId,
    /// Random per claim.
    pub nonce: Nonce,
    /// The message that led here.
    pub message: Option<MessageId>,
    /// The row's version when the worker looked at it and planned `fresh`.
    pub looked_at: u64,
    /// What to begin, if the row has no saga.
    pub fresh: Option<Fresh>,
    /// Now, by the worker's clock.
    pub now: Timestamp,
    /// How long the lease shall last.
    pub lease: Duration,
    /// How much longer than its end an expired lease is respected.
    pub margin: Duration,
}

/// A saga about to begin, its first stage entered already: the claim is the write that lists the
/// stage's steps in the ledger.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// The saga.
    pub saga: Saga,
    /// The ledger of the row that was looked at, with the first stage entered.
    pub ledger: Ledger,
}

/// Why the lease is not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoClaim {
    /// There is nothing to do before this time; `None` is never.
    #[error("not due")]
    NotDue(Option<Timestamp>),
    /// Somebody holds it.
    #[error("held by {}", .0.worker)]
    Held(Lease, Nonce),
    /// The row changed since the worker looked: look again.
    #[error("changed since it was looked at")]
    Changed,
}

/// The row with the lease given, or why not. A row whose saga has ended its workers too often
/// comes back parked instead, without a lease.
pub fn claim(row: &Row, claim: &Claim) -> Result<Change, NoClaim> {
    if row.due_at.is_none_or(|due| due > claim.now) {
        return Err(NoClaim::NotDue(row.due_at));
    }
    if row.is_held(claim.now, claim.margin)
        && let Some(lease) = &row.lease
    {
        return Err(NoClaim::Held(lease.clone(), row.nonce));
    }
    if row.version != claim.looked_at {
        return Err(NoClaim::Changed);
    }

    let mut row = row.clone();
    if row.lease.take().is_some() {
        row.attempts = row.attempts.saturating_add(1);
        row.suspicion = row.suspicion.saturating_add(1);
    }
    row.epoch = row.epoch.next();
    row.nonce = claim.nonce;
    if row.attempts >= CRASHES_BEFORE_PARKING {
        row.parked = Some(Parked {
            failure: Failure {
                kind: FailureKind::CrashLoop,
                step: None,
                reason: format!(
                    "{} leases in a row ended without a checkpoint: this saga seems to end its \
                     worker; look for the cause before replaying it",
                    row.attempts
                ),
                detail: Vec::new(),
            },
            since: claim.now,
        });
        row.due_at = row.rest_until(None);
        return Ok(Change::of(row));
    }
    row.lease = Some(Lease {
        worker: claim.worker.clone(),
        until: claim.now.after(claim.lease),
        message: claim.message.clone(),
    });
    if row.saga.is_none()
        && let Some(Fresh { saga, ledger }) = &claim.fresh
    {
        if row.pending == saga.job {
            row.pending = None;
        }
        row.saga = Some(saga.clone());
        row.ledger = ledger.clone();
    }
    Ok(Change::of(row))
}
