//! What becomes of jobs and of the slots that previews take, and of sagas that stand still.

use tempus_model::{FailureKind, JobStatus};

use super::super::witness::Written;
use super::{Around, Weather};

pub(super) fn every_job_ended(around: &dyn Around) -> Result<(), String> {
    let jobs = around.jobs();
    if let Some(job) = jobs.iter().find(|job| !job.status.is_final()) {
        return Err(format!("job {} never ended: it is {}", job.id, job.status));
    }
    let lost = around
        .acknowledged()
        .into_iter()
        .find(|id| jobs.iter().all(|job| job.id != *id));
    lost.map_or(Ok(()), |id| {
        Err(format!("job {id} was acknowledged and is not known"))
    })
}

pub(super) fn has_a_cause(written: &Written<'_>, around: &dyn Around) -> Result<(), String> {
    let calm = around.weather() == Weather::Calm;
    let was_parked = written.before.is_some_and(|before| before.parked.is_some());
    if let Some(parked) = written.after.parked.as_ref().filter(|_| !was_parked) {
        let failure = &parked.failure;
        let takeovers = around.takeovers(written.preview());
        let crashed = failure.kind == FailureKind::CrashLoop;
        if calm || (crashed && takeovers < 5) {
            return Err(format!(
                "{} was parked, although its leases ran out only {takeovers} times: {}",
                written.preview(),
                failure.reason
            ));
        }
    }
    let failed = written
        .jobs
        .iter()
        .map(|(_, job)| job)
        .find(|job| job.status == JobStatus::Failed);
    match failed.and_then(|job| job.error.as_ref()) {
        // The one thing that a calm world refuses: an application that does not run.
        Some(error) if calm && !error.reason.contains("exited with status") => {
            Err(format!("{} failed: {}", written.preview(), error.reason))
        }
        _ => Ok(()),
    }
}

pub(super) fn slots_are_taken(written: &Written<'_>) -> Result<(), String> {
    let Some(taken) = written.taken else {
        return Ok(());
    };
    let equal = taken.quota == taken.exist
        && taken.owners == taken.exist
        && taken.listeners == taken.unproven;
    equal.then_some(()).ok_or_else(|| format!("{taken:?}"))
}
