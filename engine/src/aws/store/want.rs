//! What users and timers want: another spec, another expiry, an end.

use tempus_model::transition::accept::{self, DestroyReason, NewJob, NotAccepted};
use tempus_model::transition::extend::{self, Extended};
use tempus_model::transition::{Change, discard};
use tempus_model::{Actor, Identity, Job, JobRef, PreviewId, Row, Spec, Timestamp};

use super::super::table::item::{BODY, Key, json};
use super::super::table::write::Write;
use super::DynamoStore;
use super::decide::{Start, breathe, contended};
use super::idempotency;
use super::row::{Outcome, Stored, TRIES};
use crate::{
    Accepted, DiscardError, ExtendError, Idempotency, JobError, Repeat, StoreError, Update,
};

impl DynamoStore {
    /// Accepts an update.
    pub(super) async fn accept_update(&self, update: &Update) -> Result<Accepted, JobError> {
        for attempt in 0..TRIES {
            breathe(attempt).await;
            if let Some(first) = self
                .first_answer(update.key.as_ref(), update.job.now)
                .await?
            {
                return Ok(first);
            }
            let whole = self.load_whole(update.preview).await?;
            let whole = whole.ok_or(JobError::NotFound)?;
            let (key, job, expires_at) = (update.key.as_ref(), &update.job, update.expires_at);
            let accepted = self.converge(&whole, &update.spec, expires_at, job, key);
            if let Some(accepted) = accepted.await? {
                return Ok(accepted);
            }
        }
        Err(contended(update.preview).into())
    }

    /// Accepts another spec for a preview. `None` if it has changed meanwhile.
    pub(super) async fn converge(
        &self,
        (identity, stored): &(Identity, Stored),
        spec: &Spec,
        expires_at: Option<Timestamp>,
        job: &NewJob,
        key: Option<&Idempotency>,
    ) -> Result<Option<Accepted>, JobError> {
        // A transaction of ours whose answer was lost is accepted already.
        if stored.row.last_job.id == job.id {
            let first = stored.row.last_job;
            return Ok(Some(answer(identity, &stored.row, first, Repeat::No)));
        }
        let pending = self.stored_job(stored.row.pending).await?;
        let change = accept::update(&stored.row, pending.as_ref(), spec.id(), expires_at, job)?;
        self.keep_spec(identity.id, spec).await?;
        let accepted = answer(identity, &change.row, change.row.last_job, Repeat::No);
        self.accept(stored, change, accepted, key, job.now).await
    }

    /// Accepts a destroy.
    pub(super) async fn accept_destroy(
        &self,
        preview: PreviewId,
        why: DestroyReason,
        job: &NewJob,
        key: Option<&Idempotency>,
    ) -> Result<Accepted, JobError> {
        for attempt in 0..TRIES {
            breathe(attempt).await;
            if let Some(first) = self.first_answer(key, job.now).await? {
                return Ok(first);
            }
            let whole = self.load_whole(preview).await?;
            let (identity, stored) = &whole.ok_or(JobError::NotFound)?;
            let pending = self.stored_job(stored.row.pending).await?;
            let change = match accept::destroy(&stored.row, pending.as_ref(), why, job) {
                Ok(change) => change,
                Err(NotAccepted::Already(first)) => {
                    let repeat = if first.id == job.id {
                        Repeat::No
                    } else {
                        Repeat::Yes
                    };
                    let accepted = answer(identity, &stored.row, first, repeat);
                    let kept = idempotency::keep(key, &accepted, job.now)?;
                    // If another answer is kept by now, it is the same one.
                    self.table.write(kept.as_slice()).await?;
                    return Ok(accepted);
                }
                Err(refused) => return Err(refused.into()),
            };
            let accepted = answer(identity, &change.row, change.row.last_job, Repeat::No);
            let accepted = self.accept(stored, change, accepted, key, job.now);
            if let Some(accepted) = accepted.await? {
                return Ok(accepted);
            }
        }
        Err(contended(preview).into())
    }

    /// Writes what was accepted, with the answer for whoever repeats the request.
    async fn accept(
        &self,
        was: &Stored,
        change: Change,
        accepted: Accepted,
        key: Option<&Idempotency>,
        now: Timestamp,
    ) -> Result<Option<Accepted>, JobError> {
        let keep = idempotency::keep(key, &accepted, now)?;
        match Box::pin(self.apply(was, change, Vec::from_iter(keep))).await {
            Ok(Outcome::Written(_)) => Ok(Some(accepted)),
            Ok(Outcome::Beaten(_) | Outcome::Spoiled) => Ok(None),
            Err(StoreError::Unanswered(why)) => {
                let stored = self.load(accepted.preview).await?;
                let landed = stored.is_some_and(|s| s.row.last_job.id == accepted.job.id);
                let unknown = || StoreError::Unanswered(why).into();
                landed.then_some(Some(accepted)).ok_or_else(unknown)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a preview another expiry.
    pub(super) async fn accept_extend(
        &self,
        preview: PreviewId,
        to: &Extended,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Row, ExtendError> {
        let decided = self.decide(preview, Start::Stored, |row| {
            Ok::<_, ExtendError>(extend::extend(row, to, by.clone(), now)?)
        });
        decided.await?.ok_or(ExtendError::NotFound)
    }

    /// Gives up on a parked saga that owns nothing.
    pub(super) async fn accept_discard(
        &self,
        preview: PreviewId,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), DiscardError> {
        for attempt in 0..TRIES {
            breathe(attempt).await;
            let stored = self.load(preview).await?.ok_or(DiscardError::NotFound)?;
            let saga = stored.row.saga.as_ref();
            let running = self.stored_job(saga.and_then(|saga| saga.job)).await?;
            let pending = self.stored_job(stored.row.pending).await?;
            let (running, pending) = (running.as_ref(), pending.as_ref());
            let change = discard::discard(&stored.row, running, pending, by.clone(), now)?;
            if let Outcome::Written(_) = self.apply(&stored, change, Vec::new()).await? {
                return Ok(());
            }
        }
        Err(contended(preview).into())
    }

    /// Keeps a spec, whose name is its content: kept twice, it is the same.
    pub(super) async fn keep_spec(&self, id: PreviewId, spec: &Spec) -> Result<(), StoreError> {
        let body = vec![(BODY, json(spec)?)];
        let put = Write::put(Key::spec(id, spec.id()), body);
        self.table.repeat(put).await.map(drop)
    }

    async fn stored_job(&self, job: Option<JobRef>) -> Result<Option<Job>, StoreError> {
        match job {
            Some(job) => self.one_job(job.id).await,
            None => Ok(None),
        }
    }
}

fn answer(identity: &Identity, row: &Row, job: JobRef, repeat: Repeat) -> Accepted {
    Accepted {
        preview: row.preview,
        job,
        url: identity.url().map(str::to_owned),
        expires_at: row.expires_at,
        repeat,
    }
}
