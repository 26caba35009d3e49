//! What must be true of a world, whatever goes wrong in it: for the simulation and for the crash
//! matrix.
//!
//! The predicates, their names and sentences, and what can be seen of rows and jobs alone, are
//! `tempus_model::invariant`'s, by which the model of the protocol goes too. Here is what needs a
//! world: what exists in the cloud, what is on the queue, what time it is.

use tempus_model::invariant::{self, Predicate, Violation};

use super::witness::Written;

mod around;
mod hints;
mod jobs;
mod things;

pub use around::{Around, Bounds, Came, Landed, Sight, Weather};
pub use things::resource_of;

/// Holds every predicate against what is seen.
pub fn check(sight: &Sight<'_>, around: &dyn Around) -> Result<(), Violation> {
    if let Sight::Written(written) = sight {
        of_rows_and_jobs(written, around)?;
    }
    for predicate in Predicate::ALL {
        holds(*predicate, sight, around).map_err(|seen| predicate.violated(seen))?;
    }
    Ok(())
}

/// What needs no world: held by the same functions as in the model.
fn of_rows_and_jobs(written: &Written<'_>, around: &dyn Around) -> Result<(), Violation> {
    if let Some(before) = written.before {
        if let Some(fence) = written.fence {
            invariant::of_write(before, fence, written.after)?;
        }
        invariant::of_claim(before, written.after, around.latest_clock())?;
        invariant::of_change(before, written.after)?;
    }
    invariant::of_row(written.after)?;
    let mut jobs = written.jobs.iter();
    jobs.try_for_each(|(before, after)| invariant::of_outcome(before.as_ref(), after))
}

/// Whether it holds; else what was seen. One that says nothing of this sight holds.
fn holds(predicate: Predicate, sight: &Sight<'_>, around: &dyn Around) -> Result<(), String> {
    match (predicate, sight) {
        (Predicate::NoOrphan, Sight::Rest) => things::what_exists_is_wanted(around),
        (Predicate::OneLive, Sight::Landed(landed)) => things::one_lives(landed, around),
        (Predicate::OneOutcome, Sight::Rest) => jobs::every_job_ended(around),
        (Predicate::Ledger, Sight::Written(written)) => {
            things::struck_out_when_gone(written, around)
        }
        (Predicate::Ledger, Sight::Landed(landed)) => things::listed_first(landed, around),
        (Predicate::Recorded, Sight::Written(written)) => {
            things::recorded_when_made(written, around)
        }
        (Predicate::Expiry, Sight::Written(written)) => hints::ended_in_time(written, around),
        (Predicate::Expiry, Sight::Moment) => hints::nothing_outlives(around),
        (Predicate::Slots, Sight::Written(written)) => jobs::slots_are_taken(written),
        (Predicate::HintKept, Sight::Written(written)) => {
            hints::sent_ahead(written, around)?;
            hints::taken_up_in_time(written, around)
        }
        (Predicate::HintKept, Sight::Moment) => hints::warned_in_time(around),
        (Predicate::HintSingle, Sight::Moment) => hints::messages_are_few(around),
        (Predicate::HintSingle, Sight::Rest) => hints::no_message_is_left(around),
        (Predicate::Receipt, Sight::Written(written)) => things::proven_when_gone(written, around),
        (Predicate::Receipt, Sight::Landed(landed)) => things::nothing_comes(landed, around),
        (Predicate::Cause, Sight::Written(written)) => jobs::has_a_cause(written, around),
        _ => Ok(()),
    }
}
