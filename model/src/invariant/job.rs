//! What becomes of jobs.

use super::{Predicate, Violation};
use crate::{Job, JobId, Row};

/// Each job has one outcome: once it has one, nothing about it changes any more.
pub fn of_outcome(before: Option<&Job>, after: &Job) -> Result<(), Violation> {
    if after.status.is_final() != after.finished_at.is_some() {
        return Err(Predicate::OneOutcome.violated(format!(
            "job {} is {} and ended at {:?}",
            after.id, after.status, after.finished_at
        )));
    }
    match before {
        Some(before) if before.status.is_final() && before != after => Err(Predicate::OneOutcome
            .violated(format!(
                "job {} was {} and became {}",
                after.id, before.status, after.status
            ))),
        _ => Ok(()),
    }
}

/// A preview has at most two open jobs, and its row knows each: the others would never end.
pub fn of_jobs<'a>(row: &Row, jobs: impl IntoIterator<Item = &'a Job>) -> Result<(), Violation> {
    let saga = row.saga.as_ref().and_then(|saga| saga.job);
    let known = |id: JobId| {
        [row.pending, saga]
            .into_iter()
            .flatten()
            .any(|job| job.id == id)
    };
    let open = jobs.into_iter().filter(|job| !job.status.is_final());
    let mut count = 0;
    for job in open {
        count += 1;
        if count > 2 || !known(job.id) {
            return Err(Predicate::OneOutcome.violated(format!(
                "job {} is {}, and no saga and no claim will ever end it",
                job.id, job.status
            )));
        }
    }
    Ok(())
}
