//! The engine's ports as one worker sees them: every call counted, one of them going wrong.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{
    Accepted, Alarm, Backup, BackupError, ClaimError, CreateError, Cursor, DeadLetter,
    DeadLetterId, Delivery, Depth, DiscardError, ExtendError, Extended, Filter, Handle,
    Idempotency, JobError, NewPreview, Outgoing, Page, Queue, QueueError, Reserve, ReserveError,
    SourceError, Store, StoreError, Timer, TimerError, Update, WriteError,
};
use tempus_model::github::{Source, SourceChange, SourceKey};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::claim::Claim;
use tempus_model::transition::settle::Settle;
use tempus_model::transition::turn::Turn;
use tempus_model::transition::vouch::Vouch;
use tempus_model::transition::{Fence, Seen};
use tempus_model::{
    DnsName, InstallationId, Job, JobId, Parked, PreviewId, Receipt, Row, ShortId, Snapshot, Spec,
    SpecId, Timestamp, TokenId, TokenRecord,
};
use tempus_steps::sim::Fault;

use super::faults::{Effect, Injector};

/// A store whose calls pass an injector.
pub(super) struct WrappedStore {
    pub(super) inner: Arc<dyn Store>,
    pub(super) faults: Arc<Injector>,
}

fn store_error(fault: Fault) -> StoreError {
    match fault {
        Fault::TimedOut => StoreError::Unanswered("no answer within the time-out".to_owned()),
        other => StoreError::Unavailable(format!("{other:?}")),
    }
}

macro_rules! wrapped {
    ($self:ident, $name:literal, $call:expr) => {{
        $self.faults.enter($name).await.map_err(store_error)?;
        let answer = $call.await;
        $self.faults.leave($name).await.map_err(store_error)?;
        answer
    }};
}

#[async_trait]
impl Store for WrappedStore {
    fn installation(&self) -> InstallationId {
        self.inner.installation()
    }

    async fn create(&self, new: NewPreview) -> Result<Accepted, CreateError> {
        self.inner.create(new).await
    }

    async fn update(&self, update: Update) -> Result<Accepted, JobError> {
        self.inner.update(update).await
    }

    async fn destroy(
        &self,
        preview: PreviewId,
        why: DestroyReason,
        job: NewJob,
        key: Option<Idempotency>,
    ) -> Result<Accepted, JobError> {
        wrapped!(
            self,
            "store.destroy",
            self.inner.destroy(preview, why, job, key)
        )
    }

    async fn extend(
        &self,
        preview: PreviewId,
        to: Extended,
        now: Timestamp,
    ) -> Result<Row, ExtendError> {
        self.inner.extend(preview, to, now).await
    }

    async fn replay(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        self.inner.replay(preview, now).await
    }

    async fn discard(&self, preview: PreviewId, now: Timestamp) -> Result<(), DiscardError> {
        self.inner.discard(preview, now).await
    }

    async fn claim(&self, preview: PreviewId, claim: &Claim) -> Result<Row, ClaimError> {
        wrapped!(self, "store.claim", self.inner.claim(preview, claim))
    }

    async fn renew(&self, fence: &Fence, until: Timestamp) -> Result<Row, WriteError> {
        wrapped!(self, "store.renew", self.inner.renew(fence, until))
    }

    async fn checkpoint(&self, write: &Checkpoint) -> Result<Row, WriteError> {
        wrapped!(self, "store.checkpoint", self.inner.checkpoint(write))
    }

    async fn turn(&self, turn: &Turn) -> Result<Row, WriteError> {
        wrapped!(self, "store.turn", self.inner.turn(turn))
    }

    async fn wait(
        &self,
        write: &Checkpoint,
        seen: Seen,
        until: Timestamp,
    ) -> Result<Row, WriteError> {
        wrapped!(self, "store.wait", self.inner.wait(write, seen, until))
    }

    async fn park(
        &self,
        write: &Checkpoint,
        seen: Seen,
        parked: Parked,
    ) -> Result<Row, WriteError> {
        wrapped!(
            self,
            "store.park",
            self.inner.park(write, seen, parked.clone())
        )
    }

    async fn settle(&self, settle: &Settle) -> Result<Row, WriteError> {
        wrapped!(self, "store.settle", self.inner.settle(settle))
    }

    async fn vouch(&self, vouch: &Vouch) -> Result<Row, WriteError> {
        wrapped!(self, "store.vouch", self.inner.vouch(vouch))
    }

    async fn reserve(&self, reserve: &Reserve) -> Result<u32, ReserveError> {
        wrapped!(self, "store.reserve", self.inner.reserve(reserve))
    }

    async fn wake(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        wrapped!(self, "store.wake", self.inner.wake(preview, now))
    }

    async fn doubt(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        wrapped!(self, "store.doubt", self.inner.doubt(preview, now))
    }

    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<PreviewId>, StoreError> {
        wrapped!(self, "store.due", self.inner.due(now, most))
    }

    async fn remind(
        &self,
        preview: PreviewId,
        now: Timestamp,
        spacing: Duration,
    ) -> Result<bool, StoreError> {
        wrapped!(
            self,
            "store.remind",
            self.inner.remind(preview, now, spacing)
        )
    }

    async fn get(&self, preview: PreviewId) -> Result<Option<Snapshot>, StoreError> {
        wrapped!(self, "store.get", self.inner.get(preview))
    }

    async fn get_by_name(&self, name: &DnsName) -> Result<Option<Snapshot>, StoreError> {
        self.inner.get_by_name(name).await
    }

    async fn get_by_short(&self, short: ShortId) -> Result<Option<Snapshot>, StoreError> {
        self.inner.get_by_short(short).await
    }

    async fn job(&self, job: JobId) -> Result<Option<Job>, StoreError> {
        wrapped!(self, "store.job", self.inner.job(job))
    }

    async fn jobs(&self, preview: PreviewId, most: usize) -> Result<Vec<Job>, StoreError> {
        wrapped!(self, "store.jobs", self.inner.jobs(preview, most))
    }

    async fn spec(&self, preview: PreviewId, spec: SpecId) -> Result<Option<Spec>, StoreError> {
        wrapped!(self, "store.spec", self.inner.spec(preview, spec))
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
        wrapped!(self, "store.list", self.inner.list(filter, after, most))
    }

    async fn put_dead_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        wrapped!(
            self,
            "store.put_dead_letter",
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

/// A queue whose calls pass an injector.
pub(super) struct WrappedQueue {
    pub(super) inner: Arc<dyn Queue>,
    pub(super) faults: Arc<Injector>,
}

fn queue_error(fault: Fault) -> QueueError {
    QueueError(format!("{fault:?}"))
}

#[async_trait]
impl Queue for WrappedQueue {
    async fn send(&self, messages: &[Outgoing]) -> Result<(), QueueError> {
        if self.faults.enter("queue.send").await.map_err(queue_error)? == Effect::Make {
            self.inner.send(messages).await?;
        }
        self.faults.leave("queue.send").await.map_err(queue_error)
    }

    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.faults
            .enter("queue.receive")
            .await
            .map_err(queue_error)?;
        let answer = self.inner.receive(most, wait).await?;
        self.faults
            .leave("queue.receive")
            .await
            .map_err(queue_error)?;
        Ok(answer)
    }

    async fn hide(&self, messages: &[Handle], how_long: Duration) -> Result<(), QueueError> {
        self.faults.enter("queue.hide").await.map_err(queue_error)?;
        self.inner.hide(messages, how_long).await?;
        self.faults.leave("queue.hide").await.map_err(queue_error)
    }

    async fn delete(&self, messages: &[Handle]) -> Result<(), QueueError> {
        self.faults
            .enter("queue.delete")
            .await
            .map_err(queue_error)?;
        self.inner.delete(messages).await?;
        self.faults.leave("queue.delete").await.map_err(queue_error)
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        self.inner.depth().await
    }

    fn longest_delay(&self) -> Duration {
        self.inner.longest_delay()
    }
}

/// A timer whose calls pass an injector.
pub(super) struct WrappedTimer {
    pub(super) inner: Arc<dyn Timer>,
    pub(super) faults: Arc<Injector>,
}

fn timer_error(fault: Fault) -> TimerError {
    match fault {
        Fault::TimedOut | Fault::Unavailable => TimerError::Transient(format!("{fault:?}")),
        Fault::Throttled => TimerError::Throttled("too many calls".to_owned()),
        Fault::Rejected => TimerError::Rejected("told to refuse".to_owned()),
    }
}

#[async_trait]
impl Timer for WrappedTimer {
    async fn set(&self, alarm: &Alarm) -> Result<(), TimerError> {
        self.faults.enter("timer.set").await.map_err(timer_error)?;
        self.inner.set(alarm).await?;
        self.faults.leave("timer.set").await.map_err(timer_error)
    }

    async fn clear(&self, name: &str) -> Result<(), TimerError> {
        self.faults
            .enter("timer.clear")
            .await
            .map_err(timer_error)?;
        self.inner.clear(name).await?;
        self.faults.leave("timer.clear").await.map_err(timer_error)
    }

    async fn list(&self, preview: PreviewId) -> Result<Vec<String>, TimerError> {
        self.faults.enter("timer.list").await.map_err(timer_error)?;
        let names = self.inner.list(preview).await?;
        self.faults.leave("timer.list").await.map_err(timer_error)?;
        Ok(names)
    }
}
