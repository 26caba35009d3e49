//! Vouch: a verify has compared with what really exists. The end of suspicion, and the receipt.

use super::checkpoint::Checkpoint;
use super::{Change, Refused, Seen, Slots};
use crate::{Receipt, Row, Timestamp};

/// Ends a verify.
#[derive(Debug, Clone)]
pub struct Vouch {
    /// The claim, and the saga and ledger as they ended.
    pub checkpoint: Checkpoint,
    /// What the verify was begun for.
    pub seen: Seen,
    /// The proof, of a preview that is gone.
    pub receipt: Option<Receipt>,
    /// When to verify again, if this one could not vouch for everything: it claimed an expired
    /// lease itself, or lost an answer.
    pub verify_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// The row trusted again, or to be verified once more.
///
/// A preview that is gone gets its receipt here and gives back what the cloud might still have
/// held. Nothing is ever due for it again.
pub fn vouch(row: &Row, vouch: &Vouch) -> Result<Change, Refused> {
    let write = &vouch.checkpoint;
    write.fence.check_seen(row, vouch.seen)?;
    let mut row = row.clone();
    row.record(
        &write.fence,
        write.saga.clone(),
        write.ledger.clone(),
        write.lost_answers,
    );
    row.saga = None;
    row.lease = None;
    let trusted = write.saga.vouches == Some(row.suspicion);
    if trusted {
        row.suspicion = 0;
    }
    let receipt = vouch
        .receipt
        .clone()
        .filter(|_| trusted && row.is_gone() && row.ledger.is_empty());
    if receipt.is_some() {
        row.receipt_at = Some(vouch.now);
    }
    // What is gone stays due until it has its receipt, or nobody would ever come for it again.
    let done = trusted && (row.receipt_at.is_some() || !row.is_gone());
    row.verify_at = (!done).then_some(vouch.verify_at);
    row.due_at = row.rest_until(row.verify_at);
    let mut change = Change::of(row);
    if receipt.is_some() {
        change.reservations = Slots::Free;
    }
    change.receipt = receipt;
    Ok(change)
}
