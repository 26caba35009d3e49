//! What must be true of rows and jobs, whatever happens: said once, for every test that looks.
//!
//! These are not the rules of [`transition`](crate::transition) over again. A rule says what a
//! write becomes; an invariant says what nobody may ever see, and knows of the rules nothing. Each
//! function says what was seen where it does not hold: for the simulation and the crash matrix.
//!
//! The model and the property tests go by [`invariant`](crate::invariant), which names what is
//! broken and says nothing of what was seen.

use crate::transition::Fence;
use crate::{Job, Row};

/// No write by a stale epoch takes effect: a holder's write changes only the row of its own claim,
/// and only as its next write.
pub fn written_by_its_holder(before: &Row, fence: &Fence, after: &Row) -> Result<(), String> {
    if after.version == before.version {
        return Ok(());
    }
    if before.lease.is_none() || (before.epoch, before.nonce) != (fence.epoch, fence.nonce) {
        return Err(format!(
            "a write of epoch {} took effect on a row of epoch {}",
            fence.epoch, before.epoch
        ));
    }
    if before.wseq + 1 != fence.wseq || after.wseq != fence.wseq {
        return Err(format!(
            "write {} took effect after write {}",
            fence.wseq, before.wseq
        ));
    }
    Ok(())
}

/// A row's history: counters go up, what is unwanted stays unwanted, one holder follows another
/// only when its lease was given back or had run out.
pub fn follows(before: &Row, after: &Row) -> Result<(), String> {
    let counters = |row: &Row| (row.version, row.generation, row.epoch, row.wseq);
    let (was, is) = (counters(before), counters(after));
    if is.0 < was.0 || is.1 < was.1 || is.2 < was.2 || is.3 < was.3 {
        return Err(format!(
            "version, generation, epoch and wseq went from {was:?} to {is:?}"
        ));
    }
    if after.desired.is_present() && !before.desired.is_present() {
        return Err("what was unwanted is wanted again".to_owned());
    }
    if before.is_gone() && !after.is_gone() {
        return Err("what was gone is back".to_owned());
    }
    if before.receipt_at.is_some() && after.receipt_at.is_none() {
        return Err("a receipt was taken back".to_owned());
    }
    Ok(())
}

/// A claim never takes a live lease away. `now` is the latest time that any worker's clock shows.
pub fn claimed_when_free(before: &Row, after: &Row, now: crate::Timestamp) -> Result<(), String> {
    match &before.lease {
        Some(lease) if after.epoch != before.epoch && lease.until > now => Err(format!(
            "epoch {} was claimed at {now} while {} held the lease until {}",
            after.epoch, lease.worker, lease.until
        )),
        _ => Ok(()),
    }
}

/// The row by itself: it will be found again when something is to be done, and no job is forgotten.
pub fn is_sound(row: &Row) -> Result<(), String> {
    if row.desired.is_present() && row.due_at.is_none_or(|due| due > row.expires_at) {
        return Err(format!(
            "wanted until {}, but due at {:?}",
            row.expires_at, row.due_at
        ));
    }
    if row.saga.is_some() && row.parked.is_none() && row.due_at.is_none() {
        return Err("a saga that nobody will ever carry on".to_owned());
    }
    if let Some(job) = row.pending
        && row.settled.generation == row.generation
    {
        return Err(format!(
            "job {} waits to be taken up, but its generation {} is settled",
            job.id, row.generation
        ));
    }
    if row.is_gone()
        && !row.desired.is_present()
        && row.receipt_at.is_none()
        && row.due_at.is_none()
        && row.parked.is_none()
    {
        return Err("gone, without a receipt, and never due again".to_owned());
    }
    if row.is_gone() && row.saga.is_none() && !row.ledger.is_empty() {
        return Err(format!(
            "gone, but its ledger lists {}",
            row.ledger.entries()[0].step
        ));
    }
    Ok(())
}

/// Each job has one outcome: once it has one, nothing about it changes any more.
pub fn has_one_outcome(before: Option<&Job>, after: &Job) -> Result<(), String> {
    if after.status.is_final() != after.finished_at.is_some() {
        return Err(format!(
            "job {} is {} and ended at {:?}",
            after.id, after.status, after.finished_at
        ));
    }
    match before {
        Some(before) if before.status.is_final() && before != after => Err(format!(
            "job {} was {} and became {}",
            after.id, before.status, after.status
        )),
        _ => Ok(()),
    }
}

/// A row with nothing left to do but to wait for its expiry.
pub fn is_at_rest(row: &Row) -> bool {
    row.settled.generation == row.generation
        && row.saga.is_none()
        && row.lease.is_none()
        && row.pending.is_none()
        && row.parked.is_none()
        && row.verify_at.is_none()
        && row.suspicion == 0
        && (row.settled.expires_at == row.expires_at || !row.desired.is_present())
}
