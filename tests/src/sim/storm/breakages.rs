//! Rules broken on purpose, and the predicates that must notice.

use tempus_model::breakage::{self, Breakage};
use tempus_model::invariant::{Predicate, Violation};

use super::run::{Shown, run_seed};

/// A breakage that was caught.
#[derive(Debug, Clone)]
pub struct Caught {
    /// The seed that showed it.
    pub seed: u64,
    /// How many seeds it took.
    pub seeds: u64,
    /// What did not hold.
    pub violation: Violation,
}

/// Which predicates may catch a breakage: one of these says what is wrong.
pub fn caught_by(breakage: Breakage) -> &'static [Predicate] {
    use Predicate as P;
    match breakage {
        Breakage::NoEpoch => &[P::NoStaleWrite],
        Breakage::NoLease => &[P::OneHolder],
        Breakage::SettleUnseen | Breakage::RenewalSees => &[P::SoundRow, P::OneOutcome],
        Breakage::SettleInTwo => &[P::SoundRow],
        Breakage::LateHint => &[P::HintKept],
        Breakage::WaitIsAttempt => &[P::Cause],
        Breakage::NoVerify => &[P::SoundRow, P::NoOrphan],
        Breakage::BlindVerify | Breakage::VerifyAtOnce => &[P::Receipt, P::NoOrphan],
        Breakage::EarlyQuota => &[P::Slots],
        Breakage::NoExpiry => &[P::Expiry],
        Breakage::NoReminder => &[P::HintKept, P::Rest, P::Expiry],
        Breakage::ShortVisibility | Breakage::AgainAndAgain => &[P::HintSingle],
        Breakage::SkipInFlight => &[P::Ledger],
        Breakage::RecordFirst => &[P::Recorded],
        Breakage::DropSiblings => &[P::Ledger, P::OneHolder],
        Breakage::TrustLostAnswers => &[P::NoOrphan],
        Breakage::TrustHalfRemoved => &[P::Ledger, P::NoOrphan],
        Breakage::AskAtOnce => &[P::Rest],
        Breakage::NoPredecessor => &[P::OneLive],
    }
}

/// Breaks a rule and runs seeds until a predicate notices.
pub fn catch(breakage: Breakage, from: u64, most: u64) -> Option<Caught> {
    breakage::choose(Some(breakage));
    let caught = (from..from.saturating_add(most)).find_map(|seed| {
        let violation = run_seed(seed, Shown::No).violation?;
        Some(Caught {
            seed,
            seeds: seed - from + 1,
            violation,
        })
    });
    breakage::choose(None);
    caught
}
