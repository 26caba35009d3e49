//! The store port: rows, and what belongs to them, changed by whole intents.
//!
//! No generic compare-and-set and no transaction closures: every verb is one of the transitions
//! of `tempus_model::transition`, carried out as one conditional write, so that an engine without
//! transactions across calls can have them too, and one with a single writer can put many of them
//! into one commit. Time is passed in. Lists may lag behind; [`Store::get`] may not.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::github::{NoChange, Source, SourceChange, SourceKey};
use tempus_model::transition::accept::{DestroyReason, NewJob, NotAccepted};
use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::claim::{Claim, NoClaim};
use tempus_model::transition::discard::NoDiscard;
use tempus_model::transition::extend::{Extended, NoExtend};
use tempus_model::transition::settle::Settle;
use tempus_model::transition::sleep::Idleness;
use tempus_model::transition::turn::Turn;
use tempus_model::transition::vouch::Vouch;
use tempus_model::transition::warn::Warn;
use tempus_model::transition::{Fence, Seen};
use tempus_model::{
    Actor, Deed, DnsName, Identity, InstallationId, Job, JobId, JobRef, Parked, Phase, PreviewId,
    Receipt, Row, ShortId, Snapshot, Spec, SpecId, Timestamp, TokenId, TokenRecord,
};

use crate::{Backup, BackupError};

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

/// A create.
#[derive(Debug, Clone)]
pub struct NewPreview {
    /// Who, what, under which name. Its `route` is chosen from `listeners` by the store, and its
    /// `predecessor` found by it: what stands there is ignored.
    pub identity: Identity,
    /// What it shall run.
    pub spec: Spec,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// How long before its end somebody is to be warned; `None` if nobody ever is. A preview that
    /// there is already keeps what it was created with.
    pub warn_before: Option<Duration>,
    /// The job's id, who asks for it, and now.
    pub job: NewJob,
    /// The listeners it may answer on, in order of preference.
    pub listeners: Vec<Listener>,
    /// What may be taken.
    pub quotas: Quotas,
    /// What whoever asks found out about the month's budget. It keeps new previews out, and nobody
    /// from a repeated request's first answer, or from an update.
    pub budget: Budget,
    /// Makes a repeated request return the first answer.
    pub key: Option<Idempotency>,
}

/// A listener that has room for previews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its name in the configuration.
    pub name: String,
    /// How many previews it takes; `None` is any number.
    pub slots: Option<u32>,
    /// The URL that a preview has on it.
    pub url: String,
}

/// How many previews may exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Of one owner.
    pub per_owner: u32,
    /// In all.
    pub total: u32,
}

impl NewPreview {
    /// Whether it may be a preview of its own, as far as money goes.
    pub fn within_budget(&self) -> Result<(), CreateError> {
        match self.budget {
            Budget::Within => Ok(()),
            Budget::Spent => Err(CreateError::Budget),
        }
    }
}

/// Whether a budget allows a new preview.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Budget {
    /// It does, or there is none.
    #[default]
    Within,
    /// It is spent.
    Spent,
}

/// An update.
#[derive(Debug, Clone)]
pub struct Update {
    /// The preview.
    pub preview: PreviewId,
    /// What it shall run.
    pub spec: Spec,
    /// Its new expiry, if it gets one.
    pub expires_at: Option<Timestamp>,
    /// The job's id, who asks for it, and now.
    pub job: NewJob,
    /// Makes a repeated request return the first answer.
    pub key: Option<Idempotency>,
}

/// Makes a repeated request return the first answer, for 24 hours. Refusals are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose key it is.
    pub owner: String,
    /// The key.
    pub key: String,
    /// A hash of the request's body: the same key with another body is refused.
    pub body_hash: String,
}

impl Idempotency {
    /// How long an answer is kept.
    pub const KEPT: Duration = Duration::from_hours(24);
}

/// What was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The preview.
    pub preview: PreviewId,
    /// Its job.
    pub job: JobRef,
    /// Where it answers; `None` for one without a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// Whether this is the answer to an earlier request.
    #[serde(skip, default)]
    pub repeat: Repeat,
}

/// Whether an answer is new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Repeat {
    /// The request changed something.
    #[default]
    No,
    /// An earlier request had asked for the same; nothing changed.
    Yes,
}

/// Asks for a number from a pool.
#[derive(Debug, Clone)]
pub struct Reserve {
    /// The preview it is for.
    pub preview: PreviewId,
    /// The pool, such as `port`.
    pub pool: String,
    /// What of the preview it is for, such as a service's name.
    pub item: String,
    /// The pool's numbers.
    pub range: RangeInclusive<u32>,
    /// Numbers not to give, though they are free here: somebody else was seen to use them. An
    /// item that has one of them is given another.
    pub avoid: BTreeSet<u32>,
}

/// Which previews to list. Every set field must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The owner's id.
    pub owner: Option<String>,
    /// The repository's full name.
    pub repository: Option<String>,
    /// The pull request.
    pub pr_number: Option<u64>,
    /// One of these phases; empty is any.
    pub phases: Vec<Phase>,
    /// Parked ones only.
    pub parked: bool,
}

/// Where the next page begins. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub String);

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// Names a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeadLetterId(pub String);

impl DeadLetterId {
    const ORPHAN: &str = "orphan-";

    /// The report of what carries this id and belongs to no row.
    pub fn orphan(preview: PreviewId) -> Self {
        Self(format!("{}{preview}", Self::ORPHAN))
    }

    /// The report of what is this installation's and does not say which preview's.
    pub fn untold() -> Self {
        Self(format!("{}untold", Self::ORPHAN))
    }

    /// Whether this is a report of resources, and no message.
    pub fn is_report(&self) -> bool {
        *self == Self::untold() || self.orphaned().is_some()
    }

    /// The id that such a report is about.
    pub fn orphaned(&self) -> Option<PreviewId> {
        self.0.strip_prefix(Self::ORPHAN)?.parse().ok()
    }
}

/// A message that nobody could read, or a report of resources that belong to no row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its id; keeping the same message twice keeps one.
    pub id: DeadLetterId,
    /// The body, cut to a few kilobytes; of a report the resources, one on a line.
    pub body: String,
    /// What is wrong with it.
    pub reason: String,
    /// When it was put aside.
    pub at: Timestamp,
}

/// The store did not do it, or did not say so.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It was not done; the same call may be made again.
    #[error("store: {0}")]
    Unavailable(String),
    /// It was not done, because nothing can be written: the disk, a quota or a limit on files is
    /// full. The same call may be made again when there is room.
    #[error("store: nothing can be written, as if the disk is full: {0}")]
    Full(String),
    /// It may have been done. A holder repeats the same write, which recognises itself; anybody
    /// else looks before trying again.
    #[error("store: no answer: {0}")]
    Unanswered(String),
    /// What is stored cannot be read: a newer version wrote it, or it is damaged.
    #[error("store: cannot be read: {0}")]
    Unreadable(String),
    /// The cursor of a list is not one that this store gave: begin at the first page.
    #[error(
        "the cursor is not one that a page ended with; leave it out to begin at the first page"
    )]
    BadCursor,
}

/// Why a create was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The name belongs to a live preview of somebody else, or of another source.
    #[error("the name is held by a preview of {0}")]
    NameTaken(String),
    /// The name's own preview has come to the end of its time, and nobody has accepted its destroy
    /// yet: accept it, and try again.
    #[error("the preview of this name has expired at {expires_at}")]
    Expired {
        /// The preview.
        preview: PreviewId,
        /// The expiry that has passed.
        expires_at: Timestamp,
    },
    /// Another preview has this short id, or had it; try again with another preview id.
    #[error("the short id is in use")]
    ShortTaken,
    /// All slots are taken. Names the limit and up to a handful of previews that hold them.
    #[error("all {most} preview slots of {whose} are taken")]
    Quota {
        /// Whose slots: an owner's, or everybody's.
        whose: String,
        /// How many there are.
        most: u32,
        /// The names of previews that hold them.
        holders: Vec<String>,
    },
    /// The month's budget is spent: no new preview until the month is over.
    #[error("the month's budget is spent")]
    Budget,
    /// No listener has room.
    #[error("no listener has a free slot")]
    NoListener,
    /// It would be an update, which was not accepted.
    #[error(transparent)]
    Job(#[from] JobError),
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        Self::Job(JobError::Store(error))
    }
}

/// Why a job was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is no such preview.
    #[error("no such preview")]
    NotFound,
    /// The preview's state does not allow it.
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
    /// The idempotency key was used with another body.
    #[error("the idempotency key was used with another body")]
    KeyReused,
    /// The store did not do it, or did not say so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an expiry was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// There is no such preview.
    #[error("no such preview")]
    NotFound,
    /// The preview's state does not allow it.
    #[error(transparent)]
    NoExtend(#[from] NoExtend),
    /// The store did not do it, or did not say so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a source was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Its state does not allow it, or it would change nothing.
    #[error(transparent)]
    NoChange(#[from] NoChange),
    /// The store did not do it, or did not say so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a parked saga was not discarded.
#[derive(Debug, thiserror::Error)]
pub enum DiscardError {
    /// There is no such preview.
    #[error("no such preview")]
    NotFound,
    /// Its state does not allow it.
    #[error(transparent)]
    NoDiscard(#[from] NoDiscard),
    /// The store did not do it, or did not say so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a claim was not given.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// There is no such preview.
    #[error("no such preview")]
    NotFound,
    /// The row does not allow it.
    #[error(transparent)]
    NoClaim(#[from] NoClaim),
    /// The store did not do it, or did not say so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a holder's write was not made.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The lease was lost: let go without another call.
    #[error("the lease was lost to another claim")]
    Lost,
    /// Something else is wanted: turn to it. The row as it stands is enclosed.
    #[error("something else is wanted now")]
    Moved(Box<Row>),
    /// The store did not do it, or did not say so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no number was given.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// Every number of the pool is taken or to be avoided.
    #[error("the pool {0} is exhausted")]
    Exhausted(String),
    /// The store did not do it, or did not say so.
    #[error(transparent)]
    Store(#[from] StoreError),
}
