//! The store port: rows, and what belongs to them, changed by whole intents.
//!
//! No generic compare-and-set and no transaction closures: every verb is one of the transitions
//! of `tempus_model::transition`, carried out as one conditional write, so that an engine without
//! transactions across calls can have them too, and one with a single writer can put many of them
//! into one commit. Time is passed in. Lists may lag behind; [`Store::get`] may not.

mod error;
mod shape;

use std::time::Duration;

use async_trait::async_trait;
use tempus_model::github::{Source, SourceChange, SourceKey};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::claim::Claim;
use tempus_model::transition::extend::Extended;
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

use crate::{Backup, BackupError};

pub use error::{
    ClaimError, CreateError, DiscardError, ExtendError, JobError, ReserveError, SourceError,
    StoreError, WriteError,
};
pub use shape::{
    Accepted, Budget, Cursor, DeadLetter, DeadLetterId, Filter, Idempotency, Listener, NewPreview,
    Page, Quotas, Repeat, Reserve, Update,
};

/// The store.
#[async_trait]
pub trait Store: Send + Sync {
    /// The installation whose store this is. Random, made with the store.
    fn installation(&self) -> InstallationId;

    // What users want.

    /// Accepts a create. In one transaction: the name, the row, its job, its spec, a quota slot
    /// for the owner and one in all, a slot on a listener, the short id, the idempotency key. A
    /// create of a name that the same owner and source hold becomes an update.
    async fn create(&self, new: NewPreview) -> Result<Accepted, CreateError>;

    /// Accepts an update of a preview to another spec.
    async fn update(&self, update: Update) -> Result<Accepted, JobError>;

    /// Accepts a destroy. One that was accepted before answers with the job that does it.
    async fn destroy(
        &self,
        preview: PreviewId,
        why: DestroyReason,
        job: NewJob,
        key: Option<Idempotency>,
    ) -> Result<Accepted, JobError>;

    /// Gives a preview another expiry, pins it, or takes the pin away.
    async fn extend(
        &self,
        preview: PreviewId,
        to: Extended,
        by: Actor,
        now: Timestamp,
    ) -> Result<Row, ExtendError>;

    /// Wakes a preview that sleeps, and keeps one that does not from being put to sleep for as long
    /// as it waits before that. `false` if there is nothing to change.
    async fn rouse(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Takes a parked saga out of the dead letters. `false` if it was not parked.
    async fn replay(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives up on a parked saga that owns nothing.
    async fn discard(
        &self,
        preview: PreviewId,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), DiscardError>;

    // What the holder of the lease did.

    /// Claims a due row.
    async fn claim(&self, preview: PreviewId, claim: &Claim) -> Result<Row, ClaimError>;

    /// Keeps the lease.
    async fn renew(&self, fence: &Fence, until: Timestamp) -> Result<Row, WriteError>;

    /// Records progress.
    async fn checkpoint(&self, write: &Checkpoint) -> Result<Row, WriteError>;

    /// Points the saga at what is wanted now.
    async fn turn(&self, turn: &Turn) -> Result<Row, WriteError>;

    /// Records progress and gives the lease back until a time.
    async fn wait(
        &self,
        write: &Checkpoint,
        seen: Seen,
        until: Timestamp,
    ) -> Result<Row, WriteError>;

    /// Records progress and gives the lease back until a person replays the saga.
    async fn park(&self, write: &Checkpoint, seen: Seen, parked: Parked)
    -> Result<Row, WriteError>;

    /// Ends the saga.
    async fn settle(&self, settle: &Settle) -> Result<Row, WriteError>;

    /// Ends a verify, with the receipt where the preview is gone.
    async fn vouch(&self, vouch: &Vouch) -> Result<Row, WriteError>;

    /// Takes a number from a pool for one item of a preview. Asked again, it gives the same
    /// number. Freed by the receipt.
    async fn reserve(&self, reserve: &Reserve) -> Result<u32, ReserveError>;

    // What others noticed.

    /// Makes a waiting row due. `false` if it was not waiting.
    async fn wake(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError>;

    /// Puts a preview to sleep that was seen to be idle, or notes when to look again. `false` if its
    /// row has changed since the version that was looked at.
    async fn doze(
        &self,
        preview: PreviewId,
        looked_at: u64,
        found: Idleness,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Marks a row suspect and due for a verify. `false` if there is no such preview.
    async fn doubt(&self, preview: PreviewId, now: Timestamp) -> Result<bool, StoreError>;

    /// Begins to warn of a preview's end, or notes that it was done. `None` if the row does not call
    /// for it.
    async fn warn(
        &self,
        preview: PreviewId,
        warn: Warn,
        now: Timestamp,
    ) -> Result<Option<Row>, StoreError>;

    /// Rows that are due and that nobody holds, longest due first.
    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<PreviewId>, StoreError>;

    /// Takes the right to send a reminder for a due row; `false` if one was sent within `spacing`.
    async fn remind(
        &self,
        preview: PreviewId,
        now: Timestamp,
        spacing: Duration,
    ) -> Result<bool, StoreError>;

    // What there is to see.

    /// A preview.
    async fn get(&self, preview: PreviewId) -> Result<Option<Snapshot>, StoreError>;

    /// The latest preview of this name.
    async fn get_by_name(&self, name: &DnsName) -> Result<Option<Snapshot>, StoreError>;

    /// The preview of this short id.
    async fn get_by_short(&self, short: ShortId) -> Result<Option<Snapshot>, StoreError>;

    /// A job as it is stored; [`Job::seen_with`] adds what the row knows.
    async fn job(&self, job: JobId) -> Result<Option<Job>, StoreError>;

    /// The newest jobs of a preview, newest first.
    async fn jobs(&self, preview: PreviewId, most: usize) -> Result<Vec<Job>, StoreError>;

    /// What was done to a preview without a job, newest first.
    async fn deeds(&self, preview: PreviewId, most: usize) -> Result<Vec<Deed>, StoreError>;

    /// A spec of a preview.
    async fn spec(&self, preview: PreviewId, spec: SpecId) -> Result<Option<Spec>, StoreError>;

    /// The receipt of a preview that is gone.
    async fn receipt(&self, preview: PreviewId) -> Result<Option<Receipt>, StoreError>;

    /// Previews, newest first.
    async fn list(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Snapshot>, StoreError>;

    /// Keeps a message that nobody could read.
    async fn put_dead_letter(&self, letter: &DeadLetter) -> Result<(), StoreError>;

    /// The messages that nobody could read, oldest first. Parked sagas are dead letters too: they
    /// are a state of their row and are found with [`Filter::parked`].
    async fn dead_letters(&self, most: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// Forgets a message. `false` if there is none of this id.
    async fn delete_dead_letter(&self, id: &DeadLetterId) -> Result<bool, StoreError>;

    // Who may call.

    /// Keeps a token. `false` if another one has its id: make a new one. The same record twice may
    /// be either.
    async fn put_token(&self, token: &TokenRecord) -> Result<bool, StoreError>;

    /// A token as it is now: a revocation that was answered is seen by every process.
    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError>;

    /// Every token, oldest first, ended ones for [`TokenRecord::KEPT`] at least.
    async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError>;

    /// Revokes a token, and says how it stands then. The first revocation stands.
    async fn revoke_token(
        &self,
        id: TokenId,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, StoreError>;

    // What previews are made from.

    /// Changes a source: news of it, or what its holder did about it. A write whose answer was lost
    /// may be repeated as it is.
    async fn change_source(
        &self,
        key: &SourceKey,
        change: &SourceChange,
        now: Timestamp,
    ) -> Result<Source, SourceError>;

    /// A source as it is now.
    async fn source(&self, key: &SourceKey) -> Result<Option<Source>, StoreError>;

    /// The sources of a repository that are not forgotten yet.
    async fn sources(&self, repository: u64) -> Result<Vec<Source>, StoreError>;

    /// Sources that are due, longest due first. What somebody holds is due when the lease runs out.
    async fn due_sources(&self, now: Timestamp, most: usize) -> Result<Vec<SourceKey>, StoreError>;

    /// Whether the store answers.
    async fn ready(&self) -> Result<(), StoreError>;

    /// A copy of everything, where the engine keeps it in a file.
    async fn backup(&self, now: Timestamp) -> Result<Backup, BackupError>;
}
