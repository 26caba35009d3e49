//! Discard: give up on a parked saga that owns nothing any more.

use std::time::Duration;

use super::{Change, Slots};
use crate::{
    Absence, Actor, Deed, DeedKind, Desired, GoneAs, Job, JobStatus, Row, Settled, State, StepId,
    Timestamp, Wakefulness,
};

/// How long after a discard the verify comes: later than any call of any platform may still land,
/// since nobody knows when the last one was made.
const VERIFY_AFTER: Duration = Duration::from_mins(10);

/// Why a parked saga is not discarded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDiscard {
    /// It is not parked.
    #[error("it is not a dead letter")]
    NotParked,
    /// It still owns something; forgetting it would leave that behind.
    #[error("it still owns {} resources; replay it, or destroy the preview", .0.len())]
    Owns(Vec<StepId>),
}

/// The row as failed, and its open jobs with it: the saga's, and one that no saga has taken up yet
/// (accepted before the saga was parked). It still gets its verify and its receipt.
pub fn discard(
    row: &Row,
    job: Option<&Job>,
    pending: Option<&Job>,
    by: Actor,
    now: Timestamp,
) -> Result<Change, NoDiscard> {
    let Some(parked) = &row.parked else {
        return Err(NoDiscard::NotParked);
    };
    if !row.ledger.is_empty() {
        let owned = row
            .ledger
            .entries()
            .iter()
            .map(|e| e.step.clone())
            .collect();
        return Err(NoDiscard::Owns(owned));
    }
    let mut row = row.clone();
    let failure = parked.failure.clone();
    row.parked = None;
    row.attempts = 0;
    let left = row.saga.take();
    if row.desired.is_present() {
        row.desired = Desired::Absent(Absence::Failed(failure.clone()));
    }
    row.pending = None;
    row.wakefulness = Wakefulness::Awake;
    row.settled = Settled {
        generation: row.generation,
        expires_at: row.expires_at,
        state: State::Gone(GoneAs::Failed),
        spec: row.settled.spec,
        wakefulness: Wakefulness::Awake,
        sleep: None,
        at: now,
    };
    row.suspicion = row.suspicion.saturating_add(1);
    row.verify_at = Some(now.after(VERIFY_AFTER));
    row.due_at = row.verify_at;
    let mut change = Change::of(row);
    change.quota = Slots::Free;
    let what = DeedKind::Discarded;
    change.deed = Some(Box::new(Deed { at: now, by, what }));
    if let Some(pending) = pending {
        let mut pending = pending.clone();
        pending.status = JobStatus::Failed;
        pending.error = Some(failure.clone());
        pending.finished_at = Some(now);
        change.jobs.push(pending);
    }
    if let (Some(job), Some(mut saga)) = (job, left) {
        saga.rejected.get_or_insert(failure);
        change
            .jobs
            .push(job.ended_with(&saga, now, JobStatus::Failed));
    }
    Ok(change)
}
