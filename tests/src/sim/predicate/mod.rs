//! What must be true of a world, whatever goes wrong in it: said once, for the simulation and for
//! the crash matrix.
//!
//! Each predicate has a name, a sentence and a function of what is seen. What is true of rows and
//! jobs alone stands in `tempus_model::observed`; the model of the protocol goes by
//! `tempus_model::invariant`.

use std::fmt;

use tempus_model::observed;

use super::witness::Written;

mod around;
mod hints;
mod jobs;
mod things;

pub use around::{Around, Bounds, Came, Landed, Sight, Weather};
pub use things::resource_of;

macro_rules! predicates {
    ($($name:ident $text:literal $sentence:literal)*) => {
        /// Something that must be true.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Predicate {
            $(#[doc = $sentence] $name,)*
        }

        impl Predicate {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// What it says.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence),* }
            }
        }
    };
}

predicates! {
    NoOrphan "no-orphan" "At rest, what exists is exactly what the rows say."
    OneLive "one-live" "Of one service of one preview name, at most one lives at any time."
    OneOutcome "one-outcome" "Each accepted job has exactly one outcome, and it never changes."
    NoStaleWrite "no-stale-write" "No write by a stale epoch takes effect."
    OneHolder "one-holder" "No claim takes a live lease away."
    SoundRow "sound-row" "A row is always found again when something is to be done, and never goes back."
    Ledger "ledger" "What was made under a lease is in the ledger until it is seen removed."
    Recorded "recorded" "What is recorded as made has been made."
    Expiry "expiry" "No preview outlives its expiry by more than the bound."
    Slots "slots" "Slots taken equal previews that exist."
    HintKept "hint-kept" "A hint is not lost: what is due is taken up within the bound."
    HintSingle "hint-single" "A hint is not multiplied: the queue stays bounded, and a message in work does not come back."
    Receipt "receipt" "A receipt is never wrong: nothing is there, and nothing comes."
    Cause "cause" "Nothing fails and nothing is parked without a cause."
    Rest "rest" "When faults stop, everything comes to rest within the bound."
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A predicate that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub predicate: Predicate,
    /// What was seen.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.predicate, self.seen)
    }
}

/// Holds every predicate against what is seen.
pub fn check(sight: &Sight<'_>, around: &dyn Around) -> Result<(), Violation> {
    for predicate in Predicate::ALL {
        predicate.holds(sight, around).map_err(|seen| Violation {
            predicate: *predicate,
            seen,
        })?;
    }
    Ok(())
}

impl Predicate {
    /// Whether it holds; else what was seen. One that says nothing of this sight holds.
    pub fn holds(self, sight: &Sight<'_>, around: &dyn Around) -> Result<(), String> {
        match (self, sight) {
            (Self::NoOrphan, Sight::Rest) => things::what_exists_is_wanted(around),
            (Self::OneLive, Sight::Landed(landed)) => things::one_lives(landed, around),
            (Self::OneOutcome, Sight::Written(written)) => written
                .jobs
                .iter()
                .try_for_each(|(before, after)| observed::has_one_outcome(before.as_ref(), after)),
            (Self::OneOutcome, Sight::Rest) => jobs::every_job_ended(around),
            (Self::NoStaleWrite, Sight::Written(written)) => {
                match (written.before, written.fence) {
                    (Some(before), Some(fence)) => {
                        observed::written_by_its_holder(before, fence, written.after)
                    }
                    _ => Ok(()),
                }
            }
            (
                Self::OneHolder,
                Sight::Written(Written {
                    before: Some(before),
                    after,
                    ..
                }),
            ) => observed::claimed_when_free(before, after, around.latest_clock()),
            (Self::SoundRow, Sight::Written(written)) => {
                observed::is_sound(written.after)?;
                written
                    .before
                    .map_or(Ok(()), |before| observed::follows(before, written.after))
            }
            (Self::Ledger, Sight::Written(written)) => {
                things::struck_out_when_gone(written, around)
            }
            (Self::Ledger, Sight::Landed(landed)) => things::listed_first(landed, around),
            (Self::Recorded, Sight::Written(written)) => {
                things::recorded_when_made(written, around)
            }
            (Self::Expiry, Sight::Moment) => hints::nothing_outlives(around),
            (
                Self::Slots,
                Sight::Written(Written {
                    taken: Some(taken), ..
                }),
            ) => {
                let equal = taken.quota == taken.exist
                    && taken.owners == taken.exist
                    && taken.listeners == taken.unproven;
                equal.then_some(()).ok_or_else(|| format!("{taken:?}"))
            }
            (Self::HintKept, Sight::Written(written)) => {
                hints::sent_ahead(written, around)?;
                hints::taken_up_in_time(written, around)
            }
            (Self::HintSingle, Sight::Moment) => hints::messages_are_few(around),
            (Self::HintSingle, Sight::Rest) => match around.messages() {
                Some(messages) if !messages.is_empty() => Err(format!(
                    "{} messages are left at rest: {:?}",
                    messages.len(),
                    messages[0]
                )),
                _ => Ok(()),
            },
            (Self::Receipt, Sight::Written(written)) => things::proven_when_gone(written, around),
            (Self::Receipt, Sight::Landed(landed)) => match landed.row.receipt_at {
                Some(at) if landed.came != Came::Overdue => Err(format!(
                    "{} came to exist at {}, after the receipt of {at}",
                    landed.item.name,
                    around.now()
                )),
                _ => Ok(()),
            },
            (Self::Cause, Sight::Written(written)) => jobs::has_a_cause(written, around),
            _ => Ok(()),
        }
    }
}
