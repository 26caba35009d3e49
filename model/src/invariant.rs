//! What must be true of a row at any moment, by name: the property tests and the model hold what
//! they see against these, and count on the name of what is broken.
//!
//! `observed` (for tests that ask for it) says the same of rows and jobs to the simulation and the
//! crash matrix, in words of what was seen, and more of who wrote it and when. The two stay apart:
//! what is held here is held in millions of states, and a name costs nothing there.

use std::fmt;

use crate::{Job, JobId, Row, State};

/// A promise that a row, its jobs, or a change of them can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// While a preview is wanted it is due, and never later than its expiry.
    DueByExpiry,
    /// A preview has at most two open jobs, and the row knows each of them.
    OpenJobsAreKnown,
    /// What is wanted and not settled yet has a job or a saga that will make it so.
    WantedIsInHand,
    /// What is parked is held by nobody.
    ParkedIsFree,
    /// What is gone is not wanted, and only a verify still looks at it.
    GoneIsGone,
    /// What is ready has a spec that a failed update goes back to.
    ReadyHasASpec,
    /// A receipt is of a preview that is gone, owns nothing and is trusted, and nothing is due.
    ReceiptIsLast,
    /// Neither generation nor epoch ever goes back.
    NothingGoesBack,
    /// What is to go never becomes wanted again.
    GoingIsFinal,
    /// A job has one outcome, which never changes.
    OneOutcomePerJob,
}

impl Invariant {
    /// The promise's name, as reports count it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DueByExpiry => "a wanted preview is due by its expiry",
            Self::OpenJobsAreKnown => "open jobs are known to the row",
            Self::WantedIsInHand => "what is wanted is in hand",
            Self::ParkedIsFree => "what is parked is held by nobody",
            Self::GoneIsGone => "what is gone is not wanted",
            Self::ReadyHasASpec => "what is ready has a spec to go back to",
            Self::ReceiptIsLast => "a receipt is the last word",
            Self::NothingGoesBack => "generation and epoch never go back",
            Self::GoingIsFinal => "what goes never comes back",
            Self::OneOutcomePerJob => "one outcome per job",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The first promise that this row breaks by itself.
pub fn of_row(row: &Row) -> Option<Invariant> {
    let wanted = row.desired.is_present();
    let trusted = row.suspicion == 0 && row.ledger.is_empty() && row.due_at.is_none();
    // The newest job is pending, or a saga's, or settled; never two of these.
    let in_hand = if row.settled.generation == row.generation {
        row.pending.is_none()
    } else {
        row.pending.is_some() || row.saga.is_some() || row.is_gone()
    };
    let broken = [
        (
            Invariant::DueByExpiry,
            wanted && row.due_at.is_none_or(|due| due > row.expires_at),
        ),
        (Invariant::WantedIsInHand, !in_hand),
        (
            Invariant::ParkedIsFree,
            row.parked.is_some() && row.lease.is_some(),
        ),
        (
            Invariant::GoneIsGone,
            row.is_gone() && (wanted || (row.saga.is_some() && !row.is_verifying())),
        ),
        (
            Invariant::ReadyHasASpec,
            row.settled.state == State::Ready && row.settled.spec.is_none(),
        ),
    ];
    let receipt = row.receipt_at.is_some() && !row.is_gone();
    let untrusted =
        row.receipt_at.is_some() && row.saga.is_none() && row.verify_at.is_none() && !trusted;
    if receipt || untrusted {
        return Some(Invariant::ReceiptIsLast);
    }
    broken
        .into_iter()
        .find_map(|(invariant, broken)| broken.then_some(invariant))
}

/// Whether the row and its preview's jobs agree.
pub fn of_jobs<'a>(row: &Row, jobs: impl IntoIterator<Item = &'a Job>) -> Option<Invariant> {
    let known = |id: JobId| {
        let saga = row.saga.as_ref().and_then(|saga| saga.job);
        row.pending.is_some_and(|job| job.id == id) || saga.is_some_and(|job| job.id == id)
    };
    let open = jobs.into_iter().filter(|job| !job.status.is_final());
    let mut count = 0;
    for job in open {
        count += 1;
        if count > 2 || !known(job.id) {
            return Some(Invariant::OpenJobsAreKnown);
        }
    }
    None
}

/// The first promise that this change of a row breaks.
pub fn of_change(before: &Row, after: &Row) -> Option<Invariant> {
    if after.generation < before.generation || after.epoch < before.epoch {
        return Some(Invariant::NothingGoesBack);
    }
    if after.desired.is_present() && !before.desired.is_present() {
        return Some(Invariant::GoingIsFinal);
    }
    None
}

/// Whether a job that stood so may be written so.
pub fn of_outcome(before: &Job, after: &Job) -> Option<Invariant> {
    let changes = before.status.is_final()
        && (before.status != after.status || before.finished_at != after.finished_at);
    changes.then_some(Invariant::OneOutcomePerJob)
}
