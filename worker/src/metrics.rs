//! What a worker measures: each thing where it happens, once.

use std::time::Duration;

use metrics::{counter, histogram};
use tempus_model::{
    Absence, Desired, FailureKind, Job, JobKind, JobStatus, Metric, MetricUnit, Row, Saga, StepId,
    Timestamp,
};

use crate::attempt::Direction;
use crate::github::client::GitHubError;

const JOBS: &str = "tempus_jobs_total";
const READY: &str = "tempus_ready_seconds";
const GONE: &str = "tempus_gone_seconds";
const LATE: &str = "tempus_expiry_late_seconds";
const PARKED: &str = "tempus_sagas_parked_total";
const STEP: &str = "tempus_step_seconds";
const ATTEMPTS: &str = "tempus_step_attempts_total";
const LEASES_LOST: &str = "tempus_leases_lost_total";
const LEASES_EXPIRED: &str = "tempus_leases_expired_total";
const SWEEPS: &str = "tempus_sweeps_total";
const SWEPT: &str = "tempus_sweep_findings_total";
const VERIFIED: &str = "tempus_verify_findings_total";
const HINTS_LOST: &str = "tempus_hints_lost_total";
const GITHUB: &str = "tempus_github_requests_total";
const NOTIFIED: &str = "tempus_notifications_total";

/// Every metric that a worker has.
#[rustfmt::skip] // a table reads better with one metric a line
pub const METRICS: &[Metric] = {
    use MetricUnit::{Count, Seconds};
    &[
        Metric::counter(JOBS, Count, &["kind", "outcome"], "Jobs that a saga ended."),
        Metric::histogram(READY, Seconds, &["kind"], "From the acceptance of a job that succeeded to ready."),
        Metric::histogram(GONE, Seconds, &[], "From the acceptance of a destroy to its last compensation's end."),
        Metric::histogram(LATE, Seconds, &[], "From a preview's expiry to its last compensation's end."),
        Metric::counter(PARKED, Count, &[], "Sagas that were parked."),
        Metric::histogram(STEP, Seconds, &["step", "direction", "outcome"], "From a step's beginning to its end, waits included."),
        Metric::counter(ATTEMPTS, Count, &["step", "direction", "outcome"], "Attempts of steps."),
        Metric::counter(LEASES_LOST, Count, &[], "Claims that ended because their lease was lost."),
        Metric::counter(LEASES_EXPIRED, Count, &[], "Claims that took over a lease which had run out."),
        Metric::counter(SWEEPS, Count, &["outcome"], "Sweeps."),
        Metric::counter(SWEPT, Count, &["kind"], "What sweeps found."),
        Metric::counter(VERIFIED, Count, &[], "What verifies found that no ledger knew."),
        Metric::counter(GITHUB, Count, &["outcome"], "Requests to GitHub."),
        Metric::counter(NOTIFIED, Count, &["outcome"], "Tries to tell the receiver that a preview's time is nearly over."),
        Metric::counter(HINTS_LOST, Count, &[], "Hints that could not be sent; the reminder finds their rows."),
    ]
};

/// Shows what has not happened yet as zero: what appears only with its first time is an increase
/// that nobody sees.
pub(crate) fn begin() {
    for kind in [JobKind::Create, JobKind::Update, JobKind::Destroy] {
        for outcome in ["succeeded", "failed", OVERDUE, "superseded"] {
            counter!(JOBS, "kind" => kind.to_string(), "outcome" => outcome).increment(0);
        }
    }
    for name in [PARKED, LEASES_LOST, LEASES_EXPIRED, VERIFIED, HINTS_LOST] {
        counter!(name).increment(0);
    }
    for outcome in GITHUB_OUTCOMES {
        counter!(GITHUB, "outcome" => outcome).increment(0);
    }
    for outcome in [Notified::Taken, Notified::Failed, Notified::GivenUp] {
        counter!(NOTIFIED, "outcome" => outcome.as_str()).increment(0);
    }
    for sweep in [Sweep::Done, Sweep::Unlisted, Sweep::Shrunk, Sweep::CutShort] {
        counter!(SWEEPS, "outcome" => sweep.as_str()).increment(0);
    }
    for finding in [Finding::Unknown, Finding::Missing, Finding::Orphan] {
        counter!(SWEPT, "kind" => finding.as_str()).increment(0);
    }
}

/// The outcome of a job whose step was not done in time.
const OVERDUE: &str = "overdue";

/// Counts a job that its saga has ended, other than by turning away from it.
pub(crate) fn settled(job: &Job, saga: &Saga, row: &Row, now: Timestamp) {
    let outcome = job_ended(job, saga, JobStatus::Succeeded);
    let took = job.created_at.until(now);
    match job.kind {
        _ if outcome != JobStatus::Succeeded => {}
        JobKind::Destroy => histogram!(GONE).record(took),
        kind => histogram!(READY, "kind" => kind.to_string()).record(took),
    }
    if row.is_gone() && row.desired == Desired::Absent(Absence::Expired) {
        histogram!(LATE).record(row.expires_at.until(now));
    }
}

/// Counts a job that its saga has turned away from.
pub(crate) fn left(job: &Job, saga: &Saga) {
    job_ended(job, saga, JobStatus::Superseded);
}

fn job_ended(job: &Job, saga: &Saga, otherwise: JobStatus) -> JobStatus {
    let (status, outcome) = match saga.rejected.as_ref().map(|failure| failure.kind) {
        None => (otherwise, otherwise.to_string()),
        Some(FailureKind::Deadline) => (JobStatus::Failed, OVERDUE.to_owned()),
        Some(_) => (JobStatus::Failed, JobStatus::Failed.to_string()),
    };
    counter!(JOBS, "kind" => job.kind.to_string(), "outcome" => outcome).increment(1);
    status
}

/// Counts a saga that was parked.
pub(crate) fn parked() {
    counter!(PARKED).increment(1);
}

/// Counts an attempt of a step.
pub(crate) fn attempt(step: &StepId, direction: Direction, outcome: &'static str) {
    let step = step.kind().to_owned();
    let direction = direction.as_str();
    counter!(ATTEMPTS, "step" => step, "direction" => direction, "outcome" => outcome).increment(1);
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepEnd {
    /// It is done.
    Ok,
    /// It was refused.
    Rejected,
    /// It was not done in time.
    Overdue,
}

/// Measures a step that has ended.
pub(crate) fn step(step: &StepId, direction: Direction, end: StepEnd, took: Duration) {
    let outcome = match end {
        StepEnd::Ok => "ok",
        StepEnd::Rejected => "rejected",
        StepEnd::Overdue => OVERDUE,
    };
    let step = step.kind().to_owned();
    let direction = direction.as_str();
    histogram!(STEP, "step" => step, "direction" => direction, "outcome" => outcome).record(took);
}

/// Counts a claim that ended because its lease was lost.
pub(crate) fn lease_lost() {
    counter!(LEASES_LOST).increment(1);
}

/// Counts a lease that had run out and was taken over.
pub(crate) fn lease_expired() {
    counter!(LEASES_EXPIRED).increment(1);
}

/// How a sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sweep {
    /// It came to its end.
    Done,
    /// What exists could not be listed.
    Unlisted,
    /// The list was unexpectedly short.
    Shrunk,
    /// The rows could not be read to the end.
    CutShort,
}

impl Sweep {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unlisted => "unlisted",
            Self::Shrunk => "shrunk",
            Self::CutShort => "cut_short",
        }
    }
}

/// Counts a sweep.
pub(crate) fn swept(sweep: Sweep) {
    counter!(SWEEPS, "outcome" => sweep.as_str()).increment(1);
}

/// What a sweep found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Something of a preview that its row does not know.
    Unknown,
    /// A preview that lacks something which its row says exists.
    Missing,
    /// Something without a row.
    Orphan,
}

impl Finding {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Missing => "missing",
            Self::Orphan => "orphan",
        }
    }
}

/// Counts what a sweep found.
pub(crate) fn found(finding: Finding, number: usize) {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    counter!(SWEPT, "kind" => finding.as_str()).increment(number);
}

/// Counts something that a verify found and removed.
pub(crate) fn found_late() {
    counter!(VERIFIED).increment(1);
}

/// What becomes of requests to GitHub, in a word each.
const GITHUB_OUTCOMES: [&str; 6] = [
    "ok",
    "limited",
    "missing",
    "refused",
    "unavailable",
    "unreadable",
];

/// Counts a request to GitHub.
pub(crate) fn asked_github(error: Option<&GitHubError>) {
    let outcome = match error {
        None => "ok",
        Some(GitHubError::Limited(_)) => "limited",
        Some(GitHubError::NotFound(_)) => "missing",
        Some(GitHubError::Refused { .. }) => "refused",
        Some(GitHubError::Unavailable(_)) => "unavailable",
        Some(GitHubError::Unreadable { .. }) => "unreadable",
    };
    counter!(GITHUB, "outcome" => outcome).increment(1);
}

/// What became of telling the receiver something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notified {
    /// It has it.
    Taken,
    /// It did not say so; tried again.
    Failed,
    /// It was tried often enough.
    GivenUp,
}

impl Notified {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

/// Counts what became of telling the receiver something.
pub(crate) fn notified(outcome: Notified) {
    counter!(NOTIFIED, "outcome" => outcome.as_str()).increment(1);
}

/// Counts a hint that could not be sent.
pub(crate) fn hint_lost() {
    counter!(HINTS_LOST).increment(1);
}
