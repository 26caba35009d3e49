//! Why a store did not do what it was asked, and what its caller can do about it.

use tempus_model::github::NoChange;
use tempus_model::transition::accept::NotAccepted;
use tempus_model::transition::claim::NoClaim;
use tempus_model::transition::discard::NoDiscard;
use tempus_model::transition::extend::NoExtend;
use tempus_model::{PreviewId, Row, Timestamp};

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
