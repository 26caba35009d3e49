//! What must be true, whatever goes wrong: each promise has a name and a sentence, said once, for
//! the property tests, the model of the protocol, the crash matrix and the simulation.
//!
//! These are not the rules of [`transition`](crate::transition) over again. A rule says what a
//! write becomes; a predicate says what nobody may ever see, and knows of the rules nothing. What can
//! be seen of rows and jobs alone is held here; what needs a world (what exists, what is on the
//! queue, what time it is) is held by whoever has one, under the same names.

mod job;
mod row;

use std::fmt;

pub use job::{of_jobs, of_outcome};
pub use row::{is_at_rest, of_change, of_claim, of_row, of_write};

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

impl Predicate {
    /// That it does not hold, and what was seen instead.
    pub fn violated(self, seen: impl Into<String>) -> Violation {
        Violation {
            predicate: self,
            seen: seen.into(),
        }
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
