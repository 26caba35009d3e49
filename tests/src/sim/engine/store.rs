//! The store port: each verb a transition, made in one step under one lock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{
    Accepted, Backup, BackupError, ClaimError, CreateError, Cursor, DeadLetter, DeadLetterId,
    DiscardError, ExtendError, Extended, Filter, Idempotency, JobError, NewPreview, Page, Repeat,
    Reserve, ReserveError, SourceError, Store, StoreError, Update, WriteError,
};
use tempus_model::github::{NoChange, Source, SourceChange, SourceKey};
use tempus_model::transition::accept::{self, DestroyReason, NewJob, NotAccepted};
use tempus_model::transition::checkpoint::{self, Checkpoint};
use tempus_model::transition::claim::{self, Claim};
use tempus_model::transition::settle::{self, Settle};
use tempus_model::transition::sleep::{self, Idleness};
use tempus_model::transition::turn::{self, Turn};
use tempus_model::transition::vouch::{self, Vouch};
use tempus_model::transition::warn::{self, Warn};
use tempus_model::transition::{
    Change, Fence, Refused, Seen, discard, doubt, extend, replay, rest,
};
use tempus_model::{
    Actor, Deed, DnsName, InstallationId, Job, JobId, Parked, PreviewId, Receipt, Row, ShortId,
    Snapshot, Spec, SpecId, Timestamp, TokenId, TokenRecord,
};

use super::state::{State, lock};
use crate::sim::witness::Watch;

/// The store.
pub struct SimStore {
    pub(super) installation: InstallationId,
    pub(super) state: Arc<Mutex<State>>,
    pub(super) watch: Arc<dyn Watch>,
}

impl State {
    pub(super) fn converge(
        &mut self,
        watch: &dyn Watch,
        preview: PreviewId,
        spec: &Spec,
        expires_at: Option<Timestamp>,
        job: &NewJob,
    ) -> Result<Accepted, JobError> {
        let row = self.row(preview).ok_or(JobError::NotFound)?;
        let pending = self.job(row.pending);
        let change = accept::update(&row, pending.as_ref(), spec.id(), expires_at, job)?;
        if let Some(kept) = self.previews.get_mut(&preview) {
            kept.specs.entry(spec.id()).or_insert_with(|| spec.clone());
        }
        let row = self.apply(watch, "update", None, change);
        Ok(self.answer(&row, Repeat::No))
    }

    fn answer(&self, row: &Row, repeat: Repeat) -> Accepted {
        let kept = self.previews.get(&row.preview);
        Accepted {
            preview: row.preview,
            job: row.last_job,
            url: kept.and_then(|kept| kept.identity.url().map(str::to_owned)),
            expires_at: row.expires_at,
            repeat,
        }
    }
}

impl SimStore {
    /// Every preview's row as it stands, without lag: for tests that must know.
    pub fn rows(&self) -> Vec<Arc<Row>> {
        let state = lock(&self.state);
        let kept = state.previews.values();
        kept.map(|kept| Arc::clone(&kept.row)).collect()
    }

    /// A preview's name.
    pub fn name(&self, preview: PreviewId) -> Option<DnsName> {
        let state = lock(&self.state);
        let kept = state.previews.get(&preview)?;
        Some(kept.identity.name.clone())
    }

    /// Every job as it is stored.
    pub fn all_jobs(&self) -> Vec<Job> {
        lock(&self.state).jobs.values().cloned().collect()
    }

    /// The row as it stands.
    pub fn row(&self, preview: PreviewId) -> Option<Arc<Row>> {
        lock(&self.state).row(preview)
    }

    pub(super) fn lag(&self, lag: Duration) {
        lock(&self.state).lag = lag;
    }

    /// Changes a row if there is one and the rule has something to change: the row as it is then.
    fn change_if(
        &self,
        verb: &'static str,
        preview: PreviewId,
        decide: impl FnOnce(&Row) -> Option<Change>,
    ) -> Option<Row> {
        let mut state = lock(&self.state);
        let change = decide(&*state.row(preview)?)?;
        Some(state.apply(&*self.watch, verb, None, change))
    }

    fn fenced(
        &self,
        verb: &'static str,
        fence: &Fence,
        decide: impl FnOnce(&Row) -> Result<Change, Refused>,
    ) -> Result<Row, WriteError> {
        let mut state = lock(&self.state);
        let row = state.row(fence.preview).ok_or(WriteError::Lost)?;
        match decide(&row) {
            Ok(change) => Ok(state.apply(&*self.watch, verb, Some(fence), change)),
            Err(Refused::Already(row)) => Ok(*row),
            Err(Refused::Moved(row)) => Err(WriteError::Moved(row)),
            Err(Refused::Lost) => Err(WriteError::Lost),
        }
    }
}

#[async_trait]
impl Store for SimStore {
    fn installation(&self) -> InstallationId {
        self.installation
    }

    async fn create(&self, new: NewPreview) -> Result<Accepted, CreateError> {
        lock(&self.state).create(&*self.watch, new)
    }

    async fn update(&self, update: Update) -> Result<Accepted, JobError> {
        let mut state = lock(&self.state);
        let (key, now) = (update.key.as_ref(), update.job.now);
        if let Some(first) = state.first_answer(key, now)? {
            return Ok(first);
        }
        let accepted = state.converge(
            &*self.watch,
            update.preview,
            &update.spec,
            update.expires_at,
            &update.job,
        )?;
        state.keep(key, &accepted, now);
        Ok(accepted)
    }

    async fn destroy(
        &self,
        preview: PreviewId,
        why: DestroyReason,
        job: NewJob,
        key: Option<Idempotency>,
    ) -> Result<Accepted, JobError> {
        let mut state = lock(&self.state);
        if let Some(first) = state.first_answer(key.as_ref(), job.now)? {
            return Ok(first);
        }
        let row = state.row(preview).ok_or(JobError::NotFound)?;
        let pending = state.job(row.pending);
        let accepted = match accept::destroy(&row, pending.as_ref(), why, &job) {
            Ok(change) => {
                let row = state.apply(&*self.watch, "destroy", None, change);
                state.answer(&row, Repeat::No)
            }
            Err(NotAccepted::Already(first)) => Accepted {
                job: first,
                ..state.answer(&row, Repeat::Yes)
            },
            Err(refused) => return Err(refused.into()),
        };
        state.keep(key.as_ref(), &accepted, job.now);
        Ok(accepted)
    }

    async fn extend(
        &self,
        preview: PreviewId,
        to: Extended,
        by: Actor,
        now: Timestamp,
    ) -> Result<Row, ExtendError> {
        let mut state = lock(&self.state);
        let row = state.row(preview).ok_or(ExtendError::NotFound)?;
        let change = extend::extend(&row, &to, by, now)?;
        Ok(state.apply(&*self.watch, "extend", None, change))
    }

    async fn rouse(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = self.change_if("rouse", preview, |row| sleep::rouse(row, by, now));
        Ok(changed.is_some())
    }

    async fn replay(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = self.change_if("replay", preview, |row| replay::replay(row, by, now));
        Ok(changed.is_some())
    }

    async fn discard(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), DiscardError> {
        let mut state = lock(&self.state);
        let row = state.row(preview).ok_or(DiscardError::NotFound)?;
        let running = state.job(row.saga.as_ref().and_then(|saga| saga.job));
        let pending = state.job(row.pending);
        let change = discard::discard(&row, running.as_ref(), pending.as_ref(), by, now)?;
        state.apply(&*self.watch, "discard", None, change);
        Ok(())
    }

    async fn claim(&self, preview: PreviewId, claim: &Claim) -> Result<Row, ClaimError> {
        let mut state = lock(&self.state);
        let row = state.row(preview).ok_or(ClaimError::NotFound)?;
        let change = claim::claim(&row, claim)?;
        Ok(state.apply(&*self.watch, "claim", None, change))
    }

    async fn renew(&self, fence: &Fence, until: Timestamp) -> Result<Row, WriteError> {
        self.fenced("renew", fence, |row| checkpoint::renew(row, fence, until))
    }

    async fn checkpoint(&self, write: &Checkpoint) -> Result<Row, WriteError> {
        self.fenced("checkpoint", &write.fence, |row| {
            checkpoint::checkpoint(row, write)
        })
    }

    async fn turn(&self, turn: &Turn) -> Result<Row, WriteError> {
        self.fenced("turn", &turn.checkpoint.fence, |row| turn::turn(row, turn))
    }

    async fn wait(
        &self,
        write: &Checkpoint,
        seen: Seen,
        until: Timestamp,
    ) -> Result<Row, WriteError> {
        self.fenced("wait", &write.fence, |row| {
            rest::wait(row, write, seen, until)
        })
    }

    async fn park(
        &self,
        write: &Checkpoint,
        seen: Seen,
        parked: Parked,
    ) -> Result<Row, WriteError> {
        self.fenced("park", &write.fence, |row| {
            rest::park(row, write, seen, parked)
        })
    }

    async fn settle(&self, settle: &Settle) -> Result<Row, WriteError> {
        self.fenced("settle", &settle.checkpoint.fence, |row| {
            settle::settle(row, settle)
        })
    }

    async fn vouch(&self, vouch: &Vouch) -> Result<Row, WriteError> {
        self.fenced("vouch", &vouch.checkpoint.fence, |row| {
            vouch::vouch(row, vouch)
        })
    }

    async fn reserve(&self, reserve: &Reserve) -> Result<u32, ReserveError> {
        lock(&self.state).reserve(reserve)
    }

    async fn wake(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        let changed = self.change_if("wake", preview, |row| replay::wake(row, now));
        Ok(changed.is_some())
    }

    async fn doze(
        &self,
        preview: PreviewId,
        looked_at: u64,
        found: Idleness,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doze = |row: &Row| sleep::doze(row, looked_at, found, now);
        Ok(self.change_if("doze", preview, doze).is_some())
    }

    async fn doubt(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        let changed = self.change_if("doubt", preview, |row| Some(doubt::doubt(row, now)));
        Ok(changed.is_some())
    }

    async fn warn(
        &self,
        preview: PreviewId,
        warn: Warn,
        now: Timestamp,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.change_if("warn", preview, |row| warn::warn(row, warn, now)))
    }

    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<PreviewId>, StoreError> {
        Ok(lock(&self.state).due(now, most))
    }

    async fn remind(
        &self,
        preview: PreviewId,
        now: Timestamp,
        spacing: Duration,
    ) -> Result<bool, StoreError> {
        let remind = |row: &Row| replay::remind(row, now, spacing);
        Ok(self.change_if("remind", preview, remind).is_some())
    }

    async fn get(&self, preview: PreviewId) -> Result<Option<Snapshot>, StoreError> {
        Ok(lock(&self.state).snapshot(preview))
    }

    async fn get_by_name(&self, name: &DnsName) -> Result<Option<Snapshot>, StoreError> {
        let state = lock(&self.state);
        Ok(state
            .names
            .get(name)
            .and_then(|preview| state.snapshot(*preview)))
    }

    async fn get_by_short(&self, short: ShortId) -> Result<Option<Snapshot>, StoreError> {
        let state = lock(&self.state);
        Ok(state
            .shorts
            .get(&short)
            .and_then(|preview| state.snapshot(*preview)))
    }

    async fn job(&self, job: JobId) -> Result<Option<Job>, StoreError> {
        Ok(lock(&self.state).jobs.get(&job).cloned())
    }

    async fn jobs(&self, preview: PreviewId, most: usize) -> Result<Vec<Job>, StoreError> {
        let state = lock(&self.state);
        let jobs = state
            .previews
            .get(&preview)
            .map(|kept| kept.jobs.iter().rev());
        let jobs = jobs
            .into_iter()
            .flatten()
            .filter_map(|job| state.jobs.get(job));
        Ok(jobs.take(most).cloned().collect())
    }

    async fn deeds(&self, preview: PreviewId, most: usize) -> Result<Vec<Deed>, StoreError> {
        let state = lock(&self.state);
        let kept = state.previews.get(&preview);
        let deeds = kept.into_iter().flat_map(|kept| kept.deeds.iter().rev());
        Ok(deeds.take(most).cloned().collect())
    }

    async fn spec(&self, preview: PreviewId, spec: SpecId) -> Result<Option<Spec>, StoreError> {
        let state = lock(&self.state);
        Ok(state
            .previews
            .get(&preview)
            .and_then(|kept| kept.specs.get(&spec).cloned()))
    }

    async fn receipt(&self, preview: PreviewId) -> Result<Option<Receipt>, StoreError> {
        let state = lock(&self.state);
        Ok(state
            .previews
            .get(&preview)
            .and_then(|kept| kept.receipt.clone()))
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Snapshot>, StoreError> {
        lock(&self.state).list(filter, after, most)
    }

    async fn put_dead_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        let mut state = lock(&self.state);
        state
            .letters
            .entry(letter.id.clone())
            .or_insert_with(|| letter.clone());
        Ok(())
    }

    async fn dead_letters(&self, most: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let mut letters: Vec<_> = lock(&self.state).letters.values().cloned().collect();
        letters.sort_by_key(|letter| letter.at);
        letters.truncate(most);
        Ok(letters)
    }

    async fn delete_dead_letter(&self, id: &DeadLetterId) -> Result<bool, StoreError> {
        Ok(lock(&self.state).letters.remove(id).is_some())
    }

    async fn put_token(&self, token: &TokenRecord) -> Result<bool, StoreError> {
        let tokens = &mut lock(&self.state).tokens;
        let is_new = tokens.iter().all(|kept| kept.id != token.id);
        if is_new {
            tokens.push(token.clone());
        }
        Ok(is_new)
    }

    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        let tokens = &lock(&self.state).tokens;
        Ok(tokens.iter().find(|kept| kept.id == id).cloned())
    }

    async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        Ok(lock(&self.state).tokens.clone())
    }

    async fn revoke_token(
        &self,
        id: TokenId,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, StoreError> {
        let tokens = &mut lock(&self.state).tokens;
        Ok(tokens.iter_mut().find(|kept| kept.id == id).map(|kept| {
            *kept = kept.clone().revoked(now);
            kept.clone()
        }))
    }

    async fn change_source(
        &self,
        key: &SourceKey,
        change: &SourceChange,
        now: Timestamp,
    ) -> Result<Source, SourceError> {
        let sources = &mut lock(&self.state).sources;
        sources.retain(|_, source| source.forget_at.is_none_or(|at| at > now));
        let source = match Source::changed(sources.get(key), key, change, now) {
            Ok(source) => source,
            Err(NoChange::Already(source)) => return Ok(*source),
            Err(no) => return Err(no.into()),
        };
        sources.insert(key.clone(), source.clone());
        Ok(source)
    }

    async fn source(&self, key: &SourceKey) -> Result<Option<Source>, StoreError> {
        Ok(lock(&self.state).sources.get(key).cloned())
    }

    async fn sources(&self, repository: u64) -> Result<Vec<Source>, StoreError> {
        let scope = repository.to_string();
        let state = lock(&self.state);
        let sources = state.sources.values();
        let of = sources.filter(|source| source.key.scope() == scope);
        Ok(of.cloned().collect())
    }

    async fn due_sources(&self, now: Timestamp, most: usize) -> Result<Vec<SourceKey>, StoreError> {
        let state = lock(&self.state);
        let sources = state.sources.values();
        let due = sources.filter_map(|source| Some((source.due_at?, &source.key)));
        let mut due: Vec<_> = due.filter(|(at, _)| *at <= now).collect();
        due.sort();
        Ok(due
            .into_iter()
            .take(most)
            .map(|(_, key)| key.clone())
            .collect())
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// It is in memory, and gone with the simulation.
    async fn backup(&self, _now: Timestamp) -> Result<Backup, BackupError> {
        Err(BackupError::NoFile)
    }
}
