//! The store: one DynamoDB table.
//!
//! Every verb reads the row, lets the pure rule of `tempus_model::transition` decide, and writes
//! on the condition that the row is still at the version it was decided on. DynamoDB returns the
//! item that stood in the way, so a decision that came too late is made again without a read.
//!
//! # What is stored
//!
//! | item | partition / sort key | beside the JSON in `body` | written |
//! |---|---|---|---|
//! | row | `preview#{short}` / `preview#row` | `version`, due time, place if parked, what is reserved and how often. In the body: the row, jobs that ended with its last write, what that write did without a job, the receipt | by every verb |
//! | identity | `preview#{short}` / `preview#identity` | its place in the lists, repository and pull request, the slots taken at accept | once |
//! | spec | `preview#{short}` / `spec#{hash}` | | once, before what names it |
//! | deed | `preview#{short}` / `deed#{version of the row}` | | after the write of the row that carries it |
//! | job | `job#{id}` / `job` | the job before it; `decision`; `final` | before it is accepted, after it has ended |
//! | name | `name#{name}` / `name` | the latest preview of the name, no body | by every create of the name; never freed |
//! | slot | `pool#{pool}` / number | whose it is, which call took it if a step asked; no body | taken by a conditional put; deleted after the write that frees it |
//! | idempotency key | `idempotency#{owner}` / key | hash of the request, time, `ttl` | with the change that it answers |
//! | dead letter | `letter#{id}` / `letter` | its place in their list | once; deleted when it is discarded |
//! | token | `tokens` / id | `ttl` from its end on; `revoked_at`. In the body: its hash, owner, scope | once, and when it is revoked |
//! | source | `sources#{repository}` / `pull#{number}` or `branch#{name}` | `version`, due time, `ttl` once nothing is left of it | by news of it, and by whoever tends it |
//! | installation | `meta` / `installation` | id, schema | by the bootstrap |
//!
//! A body of more than 300 bytes is packed (`table/packed.rs`): a row of one service has three to
//! five kilobytes of JSON, and 600 to 800 bytes as an item.
//!
//! # What is not
//!
//! - No messages: those are SQS's. No alarms: those are EventBridge Scheduler's.
//! - No lease in any index, no phase, and no wait of some minutes: `due` and `list` read the rows
//!   that an index names, so that a checkpoint, the commonest write, touches the row's own item and
//!   nothing else.
//! - No index of expiries: while a preview is wanted, it is due at its expiry at the latest.
//! - No item for a short id: the partition is named by it, so there is one row of each.
//! - No secrets beyond what a spec's environment says: of a token only its hash.
//! - No end for what is alive: `ttl` is on the answers to idempotency keys, on tokens that end (a
//!   month later than they do), and from the receipt on
//!   on whatever tells of a preview (`history.rs`). No preview ends by it.
//!
//! # What is in a transaction
//!
//! A transaction costs twice its writes, so it is for what must not be true without the other: a
//! new row, its identity, its name and its slots; an accepted change and the answer to its
//! idempotency key. Everything else follows from the row, before it or after it:
//!
//! - Specs and jobs are there before the row names them; what no row names is nobody's.
//! - A job ends in the row, and is told so after (`jobs.rs`).
//! - What is done without a job is said in the row, and kept after (`deeds.rs`).
//! - A slot is free when its holder's row says so; its item goes after (`slots.rs`).
//! - What a step reserves is taken first, and is the preview's once the row says so (`reserve.rs`).
//! - The receipt is a part of the row.
//!
//! # Indexes
//!
//! All are sparse. `due` by shard and due time, keys only. `listed` by list and place: an owner's
//! previews, the dead letters. `newest` and `parked` by place. They lag behind by milliseconds;
//! whatever is decided, is decided on items read consistently.
//!
//! A checkpoint is one request and one write unit. A life of six steps, from the create to the
//! receipt, takes 50 write units in 60 requests (`tests/costs.rs` counts them).

use std::time::Duration;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use tempus_model::github::{Source, SourceChange, SourceKey};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::checkpoint::{self, Checkpoint};
use tempus_model::transition::claim::{self, Claim};
use tempus_model::transition::extend::Extended;
use tempus_model::transition::settle::{self, Settle};
use tempus_model::transition::sleep::{self, Idleness};
use tempus_model::transition::turn::{self, Turn};
use tempus_model::transition::vouch::{self, Vouch};
use tempus_model::transition::warn::{self, Warn};
use tempus_model::transition::{Fence, Seen as Wanted, doubt, replay, rest};
use tempus_model::{
    Actor, Deed, DnsName, InstallationId, Job, JobId, Parked, PreviewId, Receipt, Row, ShortId,
    Snapshot, Spec, SpecId, Timestamp, TokenId, TokenRecord,
};

use super::table::Table;
use super::table::item::{Item, Key};
use crate::{
    Accepted, Backup, BackupError, ClaimError, CreateError, Cursor, DeadLetter, DeadLetterId,
    DiscardError, ExtendError, Filter, Idempotency, JobError, NewPreview, Page, Reserve,
    ReserveError, SourceError, Store, StoreError, Update, WriteError,
};

mod create;
mod decide;
mod deeds;
mod due;
mod history;
mod idempotency;
mod jobs;
mod list;
mod listed;
mod reserve;
mod row;
mod seen;
pub(super) mod slots;
mod sources;
mod tokens;
mod want;

use decide::Start;
use seen::Seen;

/// The store of one table.
pub(super) struct DynamoStore {
    pub(super) table: Table,
    pub(super) installation: InstallationId,
    /// How long what is gone is remembered.
    history: Duration,
    seen: Seen,
}

impl DynamoStore {
    pub(super) fn new(table: Table, installation: InstallationId, history: Duration) -> Self {
        Self {
            table,
            installation,
            history,
            seen: Seen::default(),
        }
    }

    /// The body of an item.
    async fn stored<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        let item = self.table.get(key).await?;
        item.as_ref().map(Item::body).transpose()
    }
}

#[async_trait]
impl Store for DynamoStore {
    fn installation(&self) -> InstallationId {
        self.installation
    }

    async fn create(&self, new: NewPreview) -> Result<Accepted, CreateError> {
        // Boxed, as the next two: they are by far the largest of the verbs' futures.
        Box::pin(self.accept_create(&new)).await
    }

    async fn update(&self, update: Update) -> Result<Accepted, JobError> {
        Box::pin(self.accept_update(&update)).await
    }

    async fn destroy(
        &self,
        preview: PreviewId,
        why: DestroyReason,
        job: NewJob,
        key: Option<Idempotency>,
    ) -> Result<Accepted, JobError> {
        Box::pin(self.accept_destroy(preview, why, &job, key.as_ref())).await
    }

    async fn extend(
        &self,
        preview: PreviewId,
        to: Extended,
        by: Actor,
        now: Timestamp,
    ) -> Result<Row, ExtendError> {
        self.accept_extend(preview, &to, &by, now).await
    }

    async fn rouse(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let rouse = |row: &Row| sleep::rouse(row, by.clone(), now);
        let changed = self.change_if(preview, Start::Stored, rouse).await?;
        Ok(changed.is_some())
    }

    async fn replay(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let replay = |row: &Row| replay::replay(row, by.clone(), now);
        let changed = self.change_if(preview, Start::Stored, replay).await?;
        Ok(changed.is_some())
    }

    async fn discard(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), DiscardError> {
        self.accept_discard(preview, &by, now).await
    }

    async fn claim(&self, preview: PreviewId, claim: &Claim) -> Result<Row, ClaimError> {
        let decided = self.decide(preview, Start::Remembered, |row| {
            Ok::<_, ClaimError>(claim::claim(row, claim)?)
        });
        decided.await?.ok_or(ClaimError::NotFound)
    }

    async fn renew(&self, fence: &Fence, until: Timestamp) -> Result<Row, WriteError> {
        self.fenced(fence.preview, |row| checkpoint::renew(row, fence, until))
            .await
    }

    async fn checkpoint(&self, write: &Checkpoint) -> Result<Row, WriteError> {
        self.fenced(write.fence.preview, |row| {
            checkpoint::checkpoint(row, write)
        })
        .await
    }

    async fn turn(&self, turn: &Turn) -> Result<Row, WriteError> {
        self.fenced(turn.checkpoint.fence.preview, |row| turn::turn(row, turn))
            .await
    }

    async fn wait(
        &self,
        write: &Checkpoint,
        seen: Wanted,
        until: Timestamp,
    ) -> Result<Row, WriteError> {
        self.fenced(write.fence.preview, |row| {
            rest::wait(row, write, seen, until)
        })
        .await
    }

    async fn park(
        &self,
        write: &Checkpoint,
        seen: Wanted,
        parked: Parked,
    ) -> Result<Row, WriteError> {
        self.fenced(write.fence.preview, |row| {
            rest::park(row, write, seen, parked.clone())
        })
        .await
    }

    async fn settle(&self, settle: &Settle) -> Result<Row, WriteError> {
        self.fenced(settle.checkpoint.fence.preview, |row| {
            settle::settle(row, settle)
        })
        .await
    }

    async fn vouch(&self, vouch: &Vouch) -> Result<Row, WriteError> {
        self.fenced(vouch.checkpoint.fence.preview, |row| {
            vouch::vouch(row, vouch)
        })
        .await
    }

    async fn reserve(&self, reserve: &Reserve) -> Result<u32, ReserveError> {
        self.give(reserve).await
    }

    async fn wake(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        let wake = |row: &Row| replay::wake(row, now);
        let changed = self.change_if(preview, Start::Stored, wake).await?;
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
        let changed = self.change_if(preview, Start::Stored, doze).await?;
        Ok(changed.is_some())
    }

    async fn doubt(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError> {
        let doubt = |row: &Row| Some(doubt::doubt(row, now));
        let changed = self.change_if(preview, Start::Stored, doubt).await?;
        Ok(changed.is_some())
    }

    async fn warn(
        &self,
        preview: PreviewId,
        warn: Warn,
        now: Timestamp,
    ) -> Result<Option<Row>, StoreError> {
        let warn = |row: &Row| warn::warn(row, warn, now);
        self.change_if(preview, Start::Stored, warn).await
    }

    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<PreviewId>, StoreError> {
        self.list_due(now, most).await
    }

    async fn remind(
        &self,
        preview: PreviewId,
        now: Timestamp,
        spacing: Duration,
    ) -> Result<bool, StoreError> {
        let remind = |row: &Row| replay::remind(row, now, spacing);
        let changed = self.change_if(preview, Start::Remembered, remind).await?;
        Ok(changed.is_some())
    }

    async fn get(&self, preview: PreviewId) -> Result<Option<Snapshot>, StoreError> {
        self.snapshot(preview).await
    }

    async fn get_by_name(&self, name: &DnsName) -> Result<Option<Snapshot>, StoreError> {
        self.named(name).await
    }

    async fn get_by_short(&self, short: ShortId) -> Result<Option<Snapshot>, StoreError> {
        self.short(short).await
    }

    async fn job(&self, job: JobId) -> Result<Option<Job>, StoreError> {
        self.one_job(job).await
    }

    async fn jobs(&self, preview: PreviewId, most: usize) -> Result<Vec<Job>, StoreError> {
        self.newest_jobs(preview, most).await
    }

    async fn deeds(&self, preview: PreviewId, most: usize) -> Result<Vec<Deed>, StoreError> {
        self.newest_deeds(preview, most).await
    }

    async fn spec(&self, preview: PreviewId, spec: SpecId) -> Result<Option<Spec>, StoreError> {
        self.stored(&Key::spec(preview, spec)).await
    }

    async fn receipt(&self, preview: PreviewId) -> Result<Option<Receipt>, StoreError> {
        let stored = self.load(preview).await?;
        Ok(stored.and_then(|stored| stored.receipt))
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Snapshot>, StoreError> {
        self.list_page(filter, after, most).await
    }

    async fn put_dead_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.keep_letter(letter).await
    }

    async fn dead_letters(&self, most: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.oldest_letters(most).await
    }

    async fn delete_dead_letter(&self, id: &DeadLetterId) -> Result<bool, StoreError> {
        self.delete_letter(id).await
    }

    async fn put_token(&self, token: &TokenRecord) -> Result<bool, StoreError> {
        self.keep_token(token).await
    }

    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        self.one_token(id).await
    }

    async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        self.all_tokens().await
    }

    async fn revoke_token(
        &self,
        id: TokenId,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, StoreError> {
        self.end_token(id, now).await
    }

    async fn change_source(
        &self,
        key: &SourceKey,
        change: &SourceChange,
        now: Timestamp,
    ) -> Result<Source, SourceError> {
        Box::pin(self.decide_source(key, change, now)).await
    }

    async fn source(&self, key: &SourceKey) -> Result<Option<Source>, StoreError> {
        self.one_source(key).await
    }

    async fn sources(&self, repository: u64) -> Result<Vec<Source>, StoreError> {
        self.all_sources(repository).await
    }

    async fn due_sources(&self, now: Timestamp, most: usize) -> Result<Vec<SourceKey>, StoreError> {
        self.list_due_sources(now, most).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let installation = self.table.get(&Key::installation()).await?;
        installation.map(drop).ok_or_else(|| {
            StoreError::Unavailable("the table has lost its installation".to_owned())
        })
    }

    async fn backup(&self, _now: Timestamp) -> Result<Backup, BackupError> {
        Err(BackupError::NoFile)
    }
}
