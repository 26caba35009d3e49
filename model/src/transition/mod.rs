//! Every change that a row can undergo, each a pure function in a file of its own.
//!
//! A function takes the row as it is stored and says what the row becomes and which other items
//! change with it ([`Change`]), or why it must not change. An engine makes the change in one
//! transaction, conditional on the row being the one the decision was made on.
//!
//! Two sides write a row. Users and timers say what is wanted: [`accept`], [`extend`], [`sleep`],
//! [`replay`]. ([`warn`](warn::warn) is on their side: it says of an end that it is near, and holds no
//! lease.)
//! The holder of the lease says what was done: [`checkpoint`], [`turn`], [`rest`], [`settle`],
//! [`vouch`]. The holder's writes are fenced ([`Fence`]); those that would end its claim, or turn
//! it, also require that what is wanted is still what the holder last saw ([`Seen`]).

use serde::{Deserialize, Serialize};

use crate::{
    Deed, Epoch, Generation, Job, Nonce, PreviewId, Receipt, Row, Saga, Timestamp, Wakefulness,
};

pub mod accept;
mod account;
pub mod checkpoint;
pub mod claim;
pub mod discard;
pub mod doubt;
pub mod extend;
pub mod replay;
pub mod rest;
pub mod settle;
pub mod sleep;
pub mod turn;
pub mod vouch;
pub mod warn;

#[cfg(test)]
mod tests;

/// What a transition changes, besides the row itself. All of it is written, or none.
#[derive(Debug, Clone)]
pub struct Change {
    /// The row as it becomes.
    pub row: Row,
    /// Jobs that end with this change, or begin with it.
    pub jobs: Vec<Job>,
    /// Whether the owner's quota slots are given back.
    pub quota: Slots,
    /// Whether everything that the cloud might still have held is given back: the listener slot
    /// and what its steps reserved.
    pub reservations: Slots,
    /// The proof to store.
    pub receipt: Option<Receipt>,
    /// What was done, where no job tells it. Kept under the row's new version, which no other write
    /// has.
    pub deed: Option<Box<Deed>>,
}

/// Whether slots stay taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slots {
    /// They stay taken.
    Keep,
    /// They are given back.
    Free,
}

impl Change {
    pub(crate) fn of(mut row: Row) -> Self {
        row.version = row.version.saturating_add(1);
        Self {
            row,
            jobs: Vec::new(),
            quota: Slots::Keep,
            reservations: Slots::Keep,
            receipt: None,
            deed: None,
        }
    }
}

/// Names a claim. Every write of the holder carries it, and the sequence number of that write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// The preview.
    pub preview: PreviewId,
    /// The claim's epoch.
    pub epoch: Epoch,
    /// The claim's nonce.
    pub nonce: Nonce,
    /// The number of this write: one more than the row's.
    pub wseq: u64,
}

/// What the holder last turned its saga to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The generation.
    pub generation: Generation,
    /// The expiry.
    pub expires_at: Timestamp,
    /// Whether it should run.
    #[serde(default, skip_serializing_if = "Wakefulness::is_awake")]
    pub wakefulness: Wakefulness,
}

impl Seen {
    /// What this row says is wanted.
    pub const fn of(row: &Row) -> Self {
        Self {
            generation: row.generation,
            expires_at: row.expires_at,
            wakefulness: row.wakefulness,
        }
    }

    /// What this saga was last turned to.
    pub const fn by(saga: &Saga) -> Self {
        Self {
            generation: saga.generation,
            expires_at: saga.expires_at,
            wakefulness: saga.wakefulness,
        }
    }
}

/// Why a holder's write is not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// Somebody else has claimed the row since: let go without another call.
    #[error("the lease was lost to another claim")]
    Lost,
    /// Something else is wanted now: turn to it. The row as it stands is enclosed.
    #[error("something else is wanted now")]
    Moved(Box<Row>),
    /// This very write was made before and its answer was lost: it counts as success. The row
    /// as it stands is enclosed.
    #[error("already written")]
    Already(Box<Row>),
}

impl Fence {
    /// Holds this write against the row.
    fn check(&self, row: &Row) -> Result<(), Refused> {
        if (row.epoch != self.epoch || row.nonce != self.nonce) && !crate::broken!(NoEpoch) {
            return Err(Refused::Lost);
        }
        if row.wseq == self.wseq {
            return Err(Refused::Already(Box::new(row.clone())));
        }
        if row.wseq.saturating_add(1) != self.wseq || row.lease.is_none() {
            return Err(Refused::Lost);
        }
        Ok(())
    }

    /// The fence, and that nothing else is wanted than what was seen.
    fn check_seen(&self, row: &Row, seen: Seen) -> Result<(), Refused> {
        self.check(row)?;
        if Seen::of(row) == seen {
            Ok(())
        } else {
            Err(Refused::Moved(Box::new(row.clone())))
        }
    }
}
