//! What users and timers want: another spec, another expiry, an end; and a second chance for what
//! is parked.

use tempus_model::transition::accept::{self, DestroyReason, NewJob, NotAccepted};
use tempus_model::transition::extend::{self, Extended};
use tempus_model::transition::{discard, replay, sleep};
use tempus_model::{Actor, Job, JobRef, PreviewId, Row, Spec, Timestamp};

use super::super::desk::Desk;
use super::super::tables::{Key, idempotency, jobs, previews, rows, specs};
use super::{change_if, load};
use crate::{
    Accepted, DiscardError, ExtendError, Idempotency, JobError, Repeat, StoreError, Update,
};

/// Accepts an update.
pub(crate) fn update(db: &Desk, update: &Update) -> Result<Accepted, JobError> {
    let now = update.job.now;
    if let Some(first) = idempotency::first_answer(db, update.key.as_ref(), now)? {
        return Ok(first);
    }
    let accepted = converge(
        db,
        update.preview,
        &update.spec,
        update.expires_at,
        &update.job,
    )?;
    idempotency::keep(db, update.key.as_ref(), &accepted, now)?;
    Ok(accepted)
}

/// Accepts another spec for a preview.
pub(super) fn converge(
    db: &Desk,
    preview: PreviewId,
    spec: &Spec,
    expires_at: Option<Timestamp>,
    job: &NewJob,
) -> Result<Accepted, JobError> {
    let stored = load(db, preview, || JobError::NotFound)?;
    let pending = stored_job(db, stored.row.pending)?;
    let change = accept::update(&stored.row, pending.as_ref(), spec.id(), expires_at, job)?;
    specs::put(db, stored.key, spec)?;
    let row = rows::apply(db, &stored, change)?;
    answer(db, stored.key, &row, row.last_job, Repeat::No)
}

/// Accepts a destroy.
pub(crate) fn destroy(
    db: &Desk,
    preview: PreviewId,
    why: DestroyReason,
    job: &NewJob,
    key: Option<&Idempotency>,
) -> Result<Accepted, JobError> {
    if let Some(first) = idempotency::first_answer(db, key, job.now)? {
        return Ok(first);
    }
    let stored = load(db, preview, || JobError::NotFound)?;
    let pending = stored_job(db, stored.row.pending)?;
    let accepted = match accept::destroy(&stored.row, pending.as_ref(), why, job) {
        Ok(change) => {
            let row = rows::apply(db, &stored, change)?;
            answer(db, stored.key, &row, row.last_job, Repeat::No)?
        }
        Err(NotAccepted::Already(first)) => {
            answer(db, stored.key, &stored.row, first, Repeat::Yes)?
        }
        Err(refused) => return Err(refused.into()),
    };
    idempotency::keep(db, key, &accepted, job.now)?;
    Ok(accepted)
}

/// Gives a preview another expiry.
pub(crate) fn extend(
    db: &Desk,
    preview: PreviewId,
    to: &Extended,
    by: Actor,
    now: Timestamp,
) -> Result<Row, ExtendError> {
    let stored = load(db, preview, || ExtendError::NotFound)?;
    let change = extend::extend(&stored.row, to, by, now)?;
    Ok(rows::apply(db, &stored, change)?)
}

/// Wakes a preview, or keeps it awake.
pub(crate) fn rouse(
    db: &Desk,
    preview: PreviewId,
    by: Actor,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = change_if(db, preview, |row| sleep::rouse(row, by, now));
    Ok(changed?.is_some())
}

/// Takes a parked saga out of the dead letters.
pub(crate) fn replay(
    db: &Desk,
    preview: PreviewId,
    by: Actor,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = change_if(db, preview, |row| replay::replay(row, by, now));
    Ok(changed?.is_some())
}

/// Gives up on a parked saga that owns nothing.
pub(crate) fn discard(
    db: &Desk,
    preview: PreviewId,
    by: Actor,
    now: Timestamp,
) -> Result<(), DiscardError> {
    let stored = load(db, preview, || DiscardError::NotFound)?;
    let row = &stored.row;
    let running = stored_job(db, row.saga.as_ref().and_then(|saga| saga.job))?;
    let pending = stored_job(db, row.pending)?;
    let change = discard::discard(row, running.as_ref(), pending.as_ref(), by, now)?;
    rows::apply(db, &stored, change)?;
    Ok(())
}

fn stored_job(db: &Desk, job: Option<JobRef>) -> Result<Option<Job>, StoreError> {
    Ok(job.map(|job| jobs::get(db, job.id)).transpose()?.flatten())
}

fn answer(
    db: &Desk,
    key: Key,
    row: &Row,
    job: JobRef,
    repeat: Repeat,
) -> Result<Accepted, JobError> {
    let url = previews::identity(db, key)?.route.map(|route| route.url);
    Ok(Accepted {
        preview: row.preview,
        job,
        url,
        expires_at: row.expires_at,
        repeat,
    })
}
