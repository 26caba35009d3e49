//! The store as one process sees it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{
    Accepted, Backup, BackupError, ClaimError, CreateError, Cursor, DeadLetter, DeadLetterId,
    DiscardError, ExtendError, Extended, Filter, Idempotency, JobError, NewPreview, Page, Reserve,
    ReserveError, SourceError, Store, StoreError, Update, WriteError,
};
use tempus_model::github::{Source, SourceChange, SourceKey};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::claim::Claim;
use tempus_model::transition::settle::Settle;
use tempus_model::transition::sleep::Idleness;
use tempus_model::transition::turn::Turn;
use tempus_model::transition::vouch::Vouch;
use tempus_model::transition::warn::Warn;
use tempus_model::transition::{Fence, Seen};
use tempus_model::{
    Actor, Deed, DnsName, InstallationId, Job, JobId, Parked, PreviewId, Receipt, Row, ShortId,
    Snapshot, Spec, SpecId, Timestamp, TokenId, TokenRecord,
};
use tempus_steps::sim::Fault;

use crate::sim::gate::Gate;
use crate::sim::witness::Watch;

/// A store whose calls pass a gate.
pub(in crate::sim) struct WrappedStore {
    pub(in crate::sim) inner: Arc<dyn Store>,
    pub(in crate::sim) gate: Arc<dyn Gate>,
    /// Sees every change, where the store itself tells nobody.
    pub(in crate::sim) watch: Option<Arc<dyn Watch>>,
}

fn store_error(fault: Fault) -> StoreError {
    match fault {
        Fault::TimedOut => StoreError::Unanswered("no answer within the time-out".to_owned()),
        other => StoreError::Unavailable(format!("{other:?}")),
    }
}

macro_rules! wrapped {
    ($self:ident, $name:literal, $about:expr, $call:expr) => {{
        $self.gate.enter($name, $about).await.map_err(store_error)?;
        let answer = $call.await;
        $self.gate.leave($name, $about).await.map_err(store_error)?;
        answer
    }};
}

macro_rules! changing {
    ($self:ident, $name:literal, $about:expr, $fence:expr, $call:expr) => {{
        let about = $about;
        $self
            .gate
            .enter($name, Some(about))
            .await
            .map_err(store_error)?;
        let before = $self.looks($name, about).await;
        let answer = $call.await;
        $self.saw($name, about, $fence, before).await;
        $self
            .gate
            .leave($name, Some(about))
            .await
            .map_err(store_error)?;
        answer
    }};
}

#[async_trait]
impl Store for WrappedStore {
    fn installation(&self) -> InstallationId {
        self.inner.installation()
    }

    async fn create(&self, new: NewPreview) -> Result<Accepted, CreateError> {
        let about = new.identity.id;
        changing!(self, "store.create", about, None, self.inner.create(new))
    }

    async fn update(&self, update: Update) -> Result<Accepted, JobError> {
        let about = update.preview;
        changing!(self, "store.update", about, None, self.inner.update(update))
    }

    async fn destroy(
        &self,
        preview: PreviewId,
        why: DestroyReason,
        job: NewJob,
        key: Option<Idempotency>,
    ) -> Result<Accepted, JobError> {
        changing!(
            self,
            "store.destroy",
            preview,
            None,
            self.inner.destroy(preview, why, job, key)
        )
    }

    async fn extend(
        &self,
        preview: PreviewId,
        to: Extended,
        by: Actor,
        now: Timestamp,
    ) -> Result<Row, ExtendError> {
        changing!(
            self,
            "store.extend",
            preview,
            None,
            self.inner.extend(preview, to, by, now)
        )
    }

    async fn rouse(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        changing!(
            self,
            "store.rouse",
            preview,
            None,
            self.inner.rouse(preview, by.clone(), now)
        )
    }

    async fn replay(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        changing!(
            self,
            "store.replay",
            preview,
            None,
            self.inner.replay(preview, by, now)
        )
    }

    async fn discard(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), DiscardError> {
        changing!(
            self,
            "store.discard",
            preview,
            None,
            self.inner.discard(preview, by, now)
        )
    }

    async fn claim(&self, preview: PreviewId, claim: &Claim) -> Result<Row, ClaimError> {
        changing!(
            self,
            "store.claim",
            preview,
            None,
            self.inner.claim(preview, claim)
        )
    }

    async fn renew(&self, fence: &Fence, until: Timestamp) -> Result<Row, WriteError> {
        changing!(
            self,
            "store.renew",
            fence.preview,
            Some(fence),
            self.inner.renew(fence, until)
        )
    }

    async fn checkpoint(&self, write: &Checkpoint) -> Result<Row, WriteError> {
        changing!(
            self,
            "store.checkpoint",
            write.fence.preview,
            Some(&write.fence),
            self.inner.checkpoint(write)
        )
    }

    async fn turn(&self, turn: &Turn) -> Result<Row, WriteError> {
        let fence = &turn.checkpoint.fence;
        changing!(
            self,
            "store.turn",
            fence.preview,
            Some(fence),
            self.inner.turn(turn)
        )
    }

    async fn wait(
        &self,
        write: &Checkpoint,
        seen: Seen,
        until: Timestamp,
    ) -> Result<Row, WriteError> {
        changing!(
            self,
            "store.wait",
            write.fence.preview,
            Some(&write.fence),
            self.inner.wait(write, seen, until)
        )
    }

    async fn park(
        &self,
        write: &Checkpoint,
        seen: Seen,
        parked: Parked,
    ) -> Result<Row, WriteError> {
        changing!(
            self,
            "store.park",
            write.fence.preview,
            Some(&write.fence),
            self.inner.park(write, seen, parked.clone())
        )
    }

    async fn settle(&self, settle: &Settle) -> Result<Row, WriteError> {
        let fence = &settle.checkpoint.fence;
        changing!(
            self,
            "store.settle",
            fence.preview,
            Some(fence),
            self.inner.settle(settle)
        )
    }

    async fn vouch(&self, vouch: &Vouch) -> Result<Row, WriteError> {
        let fence = &vouch.checkpoint.fence;
        changing!(
            self,
            "store.vouch",
            fence.preview,
            Some(fence),
            self.inner.vouch(vouch)
        )
    }

    async fn reserve(&self, reserve: &Reserve) -> Result<u32, ReserveError> {
        wrapped!(
            self,
            "store.reserve",
            Some(reserve.preview),
            self.inner.reserve(reserve)
        )
    }

    async fn wake(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        changing!(
            self,
            "store.wake",
            preview,
            None,
            self.inner.wake(preview, now)
        )
    }

    async fn doze(
        &self,
        preview: PreviewId,
        looked_at: u64,
        found: Idleness,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        changing!(
            self,
            "store.doze",
            preview,
            None,
            self.inner.doze(preview, looked_at, found, now)
        )
    }

    async fn doubt(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        changing!(
            self,
            "store.doubt",
            preview,
            None,
            self.inner.doubt(preview, now)
        )
    }

    async fn warn(
        &self,
        preview: PreviewId,
        warn: Warn,
        now: Timestamp,
    ) -> Result<Option<Row>, StoreError> {
        changing!(
            self,
            "store.warn",
            preview,
            None,
            self.inner.warn(preview, warn, now)
        )
    }

    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<PreviewId>, StoreError> {
        wrapped!(self, "store.due", None, self.inner.due(now, most))
    }

    async fn remind(
        &self,
        preview: PreviewId,
        now: Timestamp,
        spacing: Duration,
    ) -> Result<bool, StoreError> {
        changing!(
            self,
            "store.remind",
            preview,
            None,
            self.inner.remind(preview, now, spacing)
        )
    }

    async fn get(&self, preview: PreviewId) -> Result<Option<Snapshot>, StoreError> {
        wrapped!(self, "store.get", Some(preview), self.inner.get(preview))
    }

    async fn get_by_name(&self, name: &DnsName) -> Result<Option<Snapshot>, StoreError> {
        self.inner.get_by_name(name).await
    }

    async fn get_by_short(&self, short: ShortId) -> Result<Option<Snapshot>, StoreError> {
        self.inner.get_by_short(short).await
    }

    async fn job(&self, job: JobId) -> Result<Option<Job>, StoreError> {
        wrapped!(self, "store.job", None, self.inner.job(job))
    }

    async fn jobs(&self, preview: PreviewId, most: usize) -> Result<Vec<Job>, StoreError> {
        wrapped!(
            self,
            "store.jobs",
            Some(preview),
            self.inner.jobs(preview, most)
        )
    }

    async fn deeds(&self, preview: PreviewId, most: usize) -> Result<Vec<Deed>, StoreError> {
        self.inner.deeds(preview, most).await
    }

    async fn spec(&self, preview: PreviewId, spec: SpecId) -> Result<Option<Spec>, StoreError> {
        wrapped!(
            self,
            "store.spec",
            Some(preview),
            self.inner.spec(preview, spec)
        )
    }

    async fn receipt(&self, preview: PreviewId) -> Result<Option<Receipt>, StoreError> {
        self.inner.receipt(preview).await
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Snapshot>, StoreError> {
        wrapped!(
            self,
            "store.list",
            None,
            self.inner.list(filter, after, most)
        )
    }

    async fn put_dead_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        wrapped!(
            self,
            "store.put_dead_letter",
            None,
            self.inner.put_dead_letter(letter)
        )
    }

    async fn dead_letters(&self, most: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.inner.dead_letters(most).await
    }

    async fn delete_dead_letter(&self, id: &DeadLetterId) -> Result<bool, StoreError> {
        self.inner.delete_dead_letter(id).await
    }

    async fn put_token(&self, token: &TokenRecord) -> Result<bool, StoreError> {
        self.inner.put_token(token).await
    }

    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        self.inner.token(id).await
    }

    async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        self.inner.tokens().await
    }

    async fn revoke_token(
        &self,
        id: TokenId,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, StoreError> {
        self.inner.revoke_token(id, now).await
    }

    async fn change_source(
        &self,
        key: &SourceKey,
        change: &SourceChange,
        now: Timestamp,
    ) -> Result<Source, SourceError> {
        self.inner.change_source(key, change, now).await
    }

    async fn source(&self, key: &SourceKey) -> Result<Option<Source>, StoreError> {
        self.inner.source(key).await
    }

    async fn sources(&self, repository: u64) -> Result<Vec<Source>, StoreError> {
        self.inner.sources(repository).await
    }

    async fn due_sources(&self, now: Timestamp, most: usize) -> Result<Vec<SourceKey>, StoreError> {
        self.inner.due_sources(now, most).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }

    async fn backup(&self, now: Timestamp) -> Result<Backup, BackupError> {
        self.inner.backup(now).await
    }
}
