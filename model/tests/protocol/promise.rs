//! What must be true of the world at any moment, and of a world at rest.

use std::fmt;

use tempus_model::invariant::{self, Invariant};
use tempus_model::{Desired, State};

use crate::cloud::Thing;
use crate::world::{World, spec};

/// A promise of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// One that can be seen in a row and its jobs.
    Row(Invariant),
    /// No write by a stale epoch takes effect.
    Fenced,
    /// What exists, or may still land, is in the ledger or a verify will come.
    LedgerCovers,
    /// What is settled as gone is gone, unless the row is suspect.
    GoneIsEmpty,
    /// A receipt is never wrong: nothing exists, and nothing can land any more.
    ReceiptIsRight,
    /// No more messages than there were reasons to send one.
    HintsAreFew,
    /// A row that is due is claimed again although nobody reminds, unless a message was lost.
    HintsAreNotLost,
    /// At rest what exists is what is desired, and each job has ended.
    RestIsRight,
    /// When faults stop, the preview comes to rest; its time over, it is gone with a receipt.
    ComesToRest,
}

impl From<Invariant> for Promise {
    fn from(invariant: Invariant) -> Self {
        Self::Row(invariant)
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Row(invariant) => invariant.name(),
            Self::Fenced => "no write by a stale epoch takes effect",
            Self::LedgerCovers => "what exists is in the ledger, or a verify will come",
            Self::GoneIsEmpty => "what is settled as gone is gone",
            Self::ReceiptIsRight => "a receipt is never wrong",
            Self::HintsAreFew => "a hint is not multiplied",
            Self::HintsAreNotLost => "a hint is not lost",
            Self::RestIsRight => "at rest what exists is what is desired",
            Self::ComesToRest => "when faults stop, it comes to rest",
        })
    }
}

/// The first promise that this world breaks.
pub fn broken(world: &World) -> Option<Promise> {
    let row = &world.row;
    if let Some(promise) = world.broken {
        return Some(promise);
    }
    if let Some(invariant) = invariant::of_row(row).or_else(|| invariant::of_jobs(row, &world.jobs))
    {
        return Some(invariant.into());
    }
    let making = || world.calls.iter().filter(|call| call.makes());
    if row.receipt_at.is_some() && (!world.cloud.is_empty() || making().next().is_some()) {
        return Some(Promise::ReceiptIsRight);
    }
    let looked_after = row.lease.is_some() || row.suspicion > 0 || row.verify_at.is_some();
    if !looked_after {
        let known = |thing: Thing| thing.entry(&row.ledger).is_some();
        let unknown = world.cloud.things().into_iter().any(|thing| !known(thing));
        if unknown || !world.calls.is_empty() {
            return Some(Promise::LedgerCovers);
        }
    }
    if row.is_gone() && row.suspicion == 0 && world.calls.is_empty() && !world.cloud.is_empty() {
        return Some(Promise::GoneIsEmpty);
    }
    if world.queue.len() > world.causes + world.workers.len() {
        return Some(Promise::HintsAreFew);
    }
    (is_at_rest(world) && !is_right(world)).then_some(Promise::RestIsRight)
}

/// Whether nothing more will happen before the expiry.
pub fn is_at_rest(world: &World) -> bool {
    let row = &world.row;
    let due = row
        .due_at
        .is_some_and(|due| !row.desired.is_present() || due < row.expires_at || due <= world.now);
    let idle = world.workers.iter().all(crate::worker::Phase::is_idle);
    let quiet = world.queue.is_empty() && world.calls.is_empty() && idle;
    quiet && !due && row.lease.is_none() && row.saga.is_none() && row.parked.is_none()
}

/// Whether the preview has come to its end, with a receipt.
pub fn is_over(world: &World) -> bool {
    is_at_rest(world) && world.row.receipt_at.is_some()
}

fn is_right(world: &World) -> bool {
    let row = &world.row;
    let settled = row.settled.generation == row.generation
        && row.settled.expires_at == row.expires_at
        && row.suspicion == 0
        && row.pending.is_none()
        && world.jobs.iter().all(|job| job.status.is_final());
    let mut things = world.cloud.things();
    let right = match row.desired {
        Desired::Absent(_) => {
            things.is_empty() && row.ledger.is_empty() && row.receipt_at.is_some()
        }
        Desired::Present(wanted) => {
            let Some(n) = (0..2).find(|n| spec(*n) == wanted) else {
                return false;
            };
            let mut desired = vec![
                Thing::Alarm(row.expires_at),
                Thing::Definition(n),
                Thing::Service(n),
            ];
            things.sort();
            desired.sort();
            things == desired
                && row.settled.state == State::Ready
                && row.settled.spec == Some(wanted)
                && row.ledger.entries().iter().all(|entry| entry.done)
                && row.ledger.entries().len() == desired.len()
        }
    };
    // The expiry was moved without a saga to the same settled generation.
    let extended = row.settled.expires_at == row.expires_at || !row.desired.is_present();
    right && settled_or_gone(world, settled) && extended
}

/// What is gone need not have been settled at its last expiry.
fn settled_or_gone(world: &World, settled: bool) -> bool {
    let row = &world.row;
    settled
        || (row.is_gone()
            && row.settled.generation == row.generation
            && row.suspicion == 0
            && world.jobs.iter().all(|job| job.status.is_final()))
}
