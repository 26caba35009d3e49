//! Settle: the saga has come to its end; its outcome becomes what is known to be true.

use super::checkpoint::Checkpoint;
use super::{Change, Refused, Seen, Slots};
use crate::{Absence, Course, Desired, GoneAs, Job, JobStatus, Row, Settled, State, Timestamp};

/// Ends the saga.
#[derive(Debug, Clone)]
pub struct Settle {
    /// The claim, and the saga and ledger as they ended.
    pub checkpoint: Checkpoint,
    /// The saga's job as it is stored, if it has one.
    pub job: Option<Job>,
    /// What the saga was last turned to.
    pub seen: Seen,
    /// When to verify, if a verify follows: always after an unwind, and after anything else when
    /// the row is suspect.
    pub verify_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// The row at rest.
pub fn settle(row: &Row, settle: &Settle) -> Result<Change, Refused> {
    let write = &settle.checkpoint;
    if crate::broken!(SettleUnseen) {
        write.fence.check(row)?;
    } else {
        write.fence.check_seen(row, settle.seen)?;
    }
    let mut row = row.clone();
    row.record(
        &write.fence,
        write.saga.clone(),
        write.ledger.clone(),
        write.lost_answers,
    );
    let saga = &write.saga;
    let gone = saga.course == Course::Unwind;
    let state = match (&row.desired, gone) {
        (_, false) => State::Ready,
        (Desired::Absent(Absence::Failed(_)), true) => State::Gone(GoneAs::Failed),
        (_, true) => State::Gone(GoneAs::Destroyed),
    };
    row.settled = Settled {
        generation: row.generation,
        expires_at: row.expires_at,
        state,
        spec: if gone { row.settled.spec } else { saga.target },
        wakefulness: saga.wakefulness,
        sleep: saga.sleep,
        at: settle.now,
    };
    row.saga = None;
    if !crate::broken!(SettleInTwo) {
        row.lease = None;
    }
    let verifies = (gone || row.suspicion > 0) && !crate::broken!(NoVerify);
    row.verify_at = verifies.then_some(settle.verify_at);
    let sleep = saga.sleep.filter(|_| !gone && saga.wakefulness.is_awake());
    row.idle_at = sleep.map(|sleep| settle.now.after(sleep.duration()));
    row.due_at = row.rest_until(row.verify_at);
    let mut change = Change::of(row);
    if let Some(job) = &settle.job {
        change
            .jobs
            .push(job.ended_with(saga, settle.now, JobStatus::Succeeded));
    }
    if gone {
        change.quota = Slots::Free;
    }
    Ok(change)
}
