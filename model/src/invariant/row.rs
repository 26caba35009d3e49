//! What must be true of a row, and of each change of it.

use super::{Predicate, Violation};
use crate::transition::Fence;
use crate::{Pin, Row, State, Timestamp};

/// The row by itself: it will be found again when something is to be done, no job is forgotten, and
/// a receipt is the last word.
pub fn of_row(row: &Row) -> Result<(), Violation> {
    let wanted = row.desired.is_present();
    let broken = |seen: String| Err(Predicate::SoundRow.violated(seen));
    if wanted && row.due_at.is_none_or(|due| due > row.expires_at) {
        let (until, due) = (row.expires_at, row.due_at);
        return broken(format!("wanted until {until}, but due at {due:?}"));
    }
    if row.saga.is_none() && !row.wakefulness.is_awake() && !wanted {
        return broken("unwanted, and to be asleep".to_owned());
    }
    let pinned = |pin: &Pin| row.expires_at == pin.until.max(pin.otherwise);
    if !row.pin.as_deref().is_none_or(pinned) {
        let (end, pin) = (row.expires_at, &row.pin);
        return broken(format!("ends at {end}, but is pinned as {pin:?}"));
    }
    // What has something else to do is looked at, and warned of, when that is done.
    let rests = is_at_rest(row) || row.parked.is_some();
    let calls = [row.warns_at(), row.idle_due()].into_iter().flatten().min();
    if let Some(at) = calls.filter(|_| rests)
        && row.due_at.is_none_or(|due| due > at)
    {
        let due = row.due_at;
        return broken(format!(
            "to be warned of or looked at when idle, at {at}, but due at {due:?}"
        ));
    }
    if row.saga.is_some() && row.parked.is_none() && row.due_at.is_none() {
        return broken("a saga that nobody will ever carry on".to_owned());
    }
    if row.parked.is_some() && row.lease.is_some() {
        return broken("parked, and somebody holds its lease".to_owned());
    }
    if row.lease.is_some() && row.saga.is_none() {
        return broken("somebody holds its lease, and there is no saga to carry on".to_owned());
    }
    if row.settled.state == State::Ready && row.settled.spec.is_none() {
        return broken("ready, without a spec that a failed update goes back to".to_owned());
    }
    in_hand(row)?;
    if row.is_gone() {
        gone(row)?;
    }
    receipt_is_last(row)
}

/// The newest job is pending, or a saga's, or settled; never two of these, and never none.
fn in_hand(row: &Row) -> Result<(), Violation> {
    let settled = row.settled.generation == row.generation;
    match row.pending {
        Some(job) if settled => Err(Predicate::SoundRow.violated(format!(
            "job {} waits to be taken up, but its generation {} is settled",
            job.id, row.generation
        ))),
        None if !settled && row.saga.is_none() && !row.is_gone() => Err(Predicate::SoundRow
            .violated(format!(
                "generation {} is wanted, {} is settled, and nobody will make it so",
                row.generation, row.settled.generation
            ))),
        _ => Ok(()),
    }
}

/// What is gone is not wanted, only a verify still looks at it, and one will.
fn gone(row: &Row) -> Result<(), Violation> {
    let broken = |seen: String| Err(Predicate::SoundRow.violated(seen));
    if row.desired.is_present() {
        return broken("gone, and wanted".to_owned());
    }
    if row.saga.is_some() && !row.is_verifying() {
        return broken("gone, and a saga is at work that is no verify".to_owned());
    }
    if row.spans.running().is_some() {
        return broken("gone, and what it ran is still counted".to_owned());
    }
    if row.receipt_at.is_none() && row.due_at.is_none() && row.parked.is_none() {
        return broken("gone, without a receipt, and never due again".to_owned());
    }
    match row.ledger.entries().first() {
        Some(entry) if row.saga.is_none() => {
            broken(format!("gone, but its ledger lists {}", entry.step))
        }
        _ => Ok(()),
    }
}

/// A receipt is of a preview that is gone. At rest it owns nothing, is trusted, and nothing is due.
fn receipt_is_last(row: &Row) -> Result<(), Violation> {
    if row.receipt_at.is_none() {
        return Ok(());
    }
    let at_rest = row.saga.is_none() && row.verify_at.is_none();
    let trusted = row.suspicion == 0 && row.ledger.is_empty() && row.due_at.is_none();
    if row.is_gone() && (trusted || !at_rest) {
        return Ok(());
    }
    let seen = "has a receipt, and is not gone, or not trusted, or due";
    Err(Predicate::Receipt.violated(seen))
}

/// A row's history: counters go up, what is unwanted stays unwanted, what is gone stays gone.
pub fn of_change(before: &Row, after: &Row) -> Result<(), Violation> {
    let counters = |row: &Row| (row.version, row.generation, row.epoch, row.wseq);
    let (was, is) = (counters(before), counters(after));
    let broken = |seen: String| Err(Predicate::SoundRow.violated(seen));
    if is.0 < was.0 || is.1 < was.1 || is.2 < was.2 || is.3 < was.3 {
        return broken(format!(
            "version, generation, epoch and wseq went from {was:?} to {is:?}"
        ));
    }
    if after.desired.is_present() && !before.desired.is_present() {
        return broken("what was unwanted is wanted again".to_owned());
    }
    if before.is_gone() && !after.is_gone() {
        return broken("what was gone is back".to_owned());
    }
    if before.receipt_at.is_some() && after.receipt_at.is_none() {
        return Err(Predicate::Receipt.violated("a receipt was taken back"));
    }
    Ok(())
}

/// No write by a stale epoch takes effect: a holder's write changes only the row of its own claim,
/// and only as its next write.
pub fn of_write(before: &Row, fence: &Fence, after: &Row) -> Result<(), Violation> {
    if after.version == before.version {
        return Ok(());
    }
    let broken = |seen: String| Err(Predicate::NoStaleWrite.violated(seen));
    if before.lease.is_none() || (before.epoch, before.nonce) != (fence.epoch, fence.nonce) {
        return broken(format!(
            "a write of epoch {} took effect on a row of epoch {}",
            fence.epoch, before.epoch
        ));
    }
    if before.wseq.saturating_add(1) != fence.wseq || after.wseq != fence.wseq {
        return broken(format!(
            "write {} took effect after write {}",
            fence.wseq, before.wseq
        ));
    }
    Ok(())
}

/// A claim never takes a live lease away. `now` is the latest time that any worker's clock shows.
pub fn of_claim(before: &Row, after: &Row, now: Timestamp) -> Result<(), Violation> {
    match &before.lease {
        Some(lease) if after.epoch != before.epoch && lease.until > now => {
            Err(Predicate::OneHolder.violated(format!(
                "epoch {} was claimed at {now} while {} held the lease until {}",
                after.epoch, lease.worker, lease.until
            )))
        }
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
        && row.settled.wakefulness == row.wakefulness
}
