//! Turn: the latest wins. The saga is pointed at what is wanted now, in one transaction with the
//! end of the job it leaves behind.

use super::checkpoint::Checkpoint;
use super::{Change, Refused, Seen};
use crate::{Absence, Course, Desired, Failure, FailureKind, Job, JobStatus, Row, Saga, Timestamp};

/// Points the saga elsewhere.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The claim, and the progress so far: `saga` here is the saga that is left behind.
    pub checkpoint: Checkpoint,
    /// The saga from now on. Towards a newer generation it carries the row's pending job; round
    /// on its own rejection it keeps its job and notes the rejection.
    pub next: Saga,
    /// The job that is left behind, as it is stored, if it is left behind.
    pub left: Option<Job>,
    /// What the saga is turned to. Required: nothing may have been accepted since it was read.
    pub seen: Seen,
    /// Now.
    pub now: Timestamp,
}

/// The row with its saga turned.
pub fn turn(row: &Row, turn: &Turn) -> Result<Change, Refused> {
    let write = &turn.checkpoint;
    write.fence.check_seen(row, turn.seen)?;
    let mut row = row.clone();
    // What the saga that is left behind has come to is in its own steps.
    row.account(&write.saga, &write.ledger);
    row.record(
        &write.fence,
        turn.next.clone(),
        write.ledger.clone(),
        write.lost_answers,
    );
    if row.pending.is_some() && row.pending == turn.next.job {
        row.pending = None;
    }
    match turn.next.course {
        Course::Forward => {}
        Course::RollBack => {
            if let Some(spec) = turn.next.target {
                row.desired = Desired::Present(spec);
            }
        }
        // Starting an unwind decides that nothing is wanted any more: nobody may extend or
        // update what is about to go.
        Course::Unwind => {
            if row.desired.is_present() {
                row.desired = Desired::Absent(Absence::Failed(
                    turn.next.rejected.clone().unwrap_or_else(unexplained),
                ));
            }
        }
    }
    let mut change = Change::of(row);
    if let Some(left) = &turn.left {
        change
            .jobs
            .push(left.ended_with(&write.saga, turn.now, JobStatus::Superseded));
    }
    Ok(change)
}

fn unexplained() -> Failure {
    Failure {
        kind: FailureKind::Rejected,
        step: None,
        reason: "it could not be made".to_owned(),
        detail: Vec::new(),
    }
}

impl Job {
    /// The job with its one outcome: failed if its saga was ever rejected, else `otherwise`.
    #[must_use]
    pub(super) fn ended_with(&self, saga: &Saga, now: Timestamp, otherwise: JobStatus) -> Self {
        let mut job = self.clone();
        job.started_at = Some(saga.started_at);
        job.finished_at = Some(now);
        job.error.clone_from(&saga.rejected);
        job.steps.clone_from(&saga.progress);
        job.status = if job.error.is_some() {
            JobStatus::Failed
        } else {
            otherwise
        };
        job
    }
}
