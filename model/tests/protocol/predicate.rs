//! What must be true of the world at any moment, and of a world at rest: the predicates of
//! `tempus_model::invariant`, held against a world of the model.

use tempus_model::invariant::{self, Predicate, Violation};
use tempus_model::{Desired, State};

use crate::cloud::Thing;
use crate::world::{World, spec};

/// Holds every predicate against this world, of those that can be seen in one state.
pub fn hold(world: &World) -> Result<(), Violation> {
    let row = &world.row;
    if let Some(violation) = &world.broken {
        return Err(violation.clone());
    }
    invariant::of_row(row)?;
    invariant::of_jobs(row, &world.jobs)?;
    let making = || world.calls.iter().filter(|call| call.makes());
    if row.receipt_at.is_some() && (!world.cloud.is_empty() || making().next().is_some()) {
        let seen = "there is a receipt, and something exists, or may still come";
        return Err(Predicate::Receipt.violated(seen));
    }
    let looked_after = row.lease.is_some() || row.suspicion > 0 || row.verify_at.is_some();
    if !looked_after {
        let known = |thing: Thing| thing.entry(&row.ledger).is_some();
        let unknown = world.cloud.things().into_iter().any(|thing| !known(thing));
        if unknown || !world.calls.is_empty() {
            let seen = "something exists, or may still land, that is in no ledger, and no verify will come";
            return Err(Predicate::Ledger.violated(seen));
        }
    }
    if row.is_gone() && row.suspicion == 0 && world.calls.is_empty() && !world.cloud.is_empty() {
        let seen = "it is settled as gone and trusted, and something exists";
        return Err(Predicate::NoOrphan.violated(seen));
    }
    if world.queue.len() > world.causes + world.workers.len() {
        let seen = format!(
            "{} messages, sent for {} reasons",
            world.queue.len(),
            world.causes
        );
        return Err(Predicate::HintSingle.violated(seen));
    }
    if is_at_rest(world) && !is_right(world) {
        return Err(Predicate::NoOrphan.violated("at rest, and not as it is desired"));
    }
    Ok(())
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
