//! Rules broken on purpose, to show that the tests which hold them can fail.
//!
//! Compiled in by the feature `breakages` alone, which only the crate of the tests asks for; in
//! every other build [`broken!`](crate::broken) is the constant `false`. A breakage is chosen per thread, so that
//! tests side by side do not break each other.

use std::cell::Cell;
use std::fmt;

thread_local! {
    static CHOSEN: Cell<Option<Breakage>> = const { Cell::new(None) };
}

macro_rules! breakages {
    ($($name:ident $text:literal $what:literal)*) => {
        /// A rule that can be broken.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Breakage {
            $(#[doc = $what] $name,)*
        }

        impl Breakage {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name on a command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// What is done instead of what is right.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => $what),* }
            }
        }
    };
}

breakages! {
    NoEpoch "no-epoch" "A holder's write does not require its epoch and nonce."
    NoLease "no-lease" "A row is claimed although somebody's lease is live."
    SettleUnseen "settle-unseen" "A settle does not require the generation that its saga was turned to."
    SettleInTwo "settle-in-two" "The settle and the release of the lease are two writes."
    WaitIsAttempt "wait-is-attempt" "A wait counts as an attempt, as an expired lease does."
    NoVerify "no-verify" "No verify follows a settle."
    BlindVerify "blind-verify" "A verify looks for nothing before it vouches."
    VerifyAtOnce "verify-at-once" "A verify comes at once, before a late call can land."
    EarlyQuota "early-quota" "A quota slot is given back when the destroy is accepted."
    NoExpiry "no-expiry" "Nobody finds that a preview's time is over."
    RenewalSees "renewal-sees" "What the answer to a renewal shows counts as seen."
    NoReminder "no-reminder" "Nobody looks for due rows that nobody holds."
    ShortVisibility "short-visibility" "The message behind a claim comes back before its lease ends."
    LateHint "late-hint" "The next hint is sent after the lease was given back."
    SkipInFlight "skip-in-flight" "An unwind passes over what was started and has no output yet."
    RecordFirst "record-first" "A step is recorded as done before its call is made."
    DropSiblings "drop-siblings" "When a step is refused, its siblings in flight are left to themselves."
    TrustLostAnswers "trust-lost-answers" "A call whose answer was lost makes nothing suspect."
    TrustHalfRemoved "trust-half-removed" "What is wanted again while it is removed is made as if nothing of it were there."
    AskAtOnce "ask-at-once" "A person is asked what keeps a removal from its end, before the worker has looked."
    NoPredecessor "no-predecessor" "A preview does not wait for the one that held its name."
    AgainAndAgain "again-and-again" "A hint that is sent again is not deleted."
}

impl fmt::Display for Breakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Breaks this rule on this thread from now on; `None` breaks none.
pub fn choose(breakage: Option<Breakage>) {
    CHOSEN.set(breakage);
}

/// Whether this rule is broken on this thread.
pub fn is(breakage: Breakage) -> bool {
    CHOSEN.get() == Some(breakage)
}
