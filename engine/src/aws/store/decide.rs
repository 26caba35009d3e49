//! Decide and write: the one loop behind every verb that changes nothing but a row and what
//! follows from it.

use std::time::Duration;

use tempus_model::transition::{Change, Refused};
use tempus_model::{PreviewId, Row};

use super::DynamoStore;
use super::row::{Outcome, TRIES};
use crate::{StoreError, WriteError};

/// What a verb may begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The row as this process saw it last: right more often than not for who holds its lease.
    Remembered,
    /// The row as it is.
    Stored,
}

impl DynamoStore {
    /// Lets a pure rule decide on the row and makes its change, on the condition that the row is
    /// still the one the decision was made on; where it is not, decides on what it has become.
    /// `None` if there is no such preview. A refusal is always one of the row as it is.
    pub(super) async fn decide<E: From<StoreError>>(
        &self,
        preview: PreviewId,
        start: Start,
        rule: impl Fn(&Row) -> Result<Change, E> + Send + Sync,
    ) -> Result<Option<Row>, E> {
        let mut at = match start {
            Start::Remembered => self.seen.get(preview),
            Start::Stored => None,
        };
        let mut remembered = at.is_some();
        for attempt in 0..TRIES {
            breathe(attempt).await;
            let stored = match at.take() {
                Some(stored) => stored,
                None => match self.load(preview).await? {
                    Some(stored) => stored,
                    None => return Ok(None),
                },
            };
            let change = match rule(&stored.row) {
                Ok(change) => change,
                Err(_) if remembered => {
                    remembered = false;
                    continue;
                }
                Err(refused) => return Err(refused),
            };
            // Boxed: it is by far the largest part of what every verb's future holds.
            at = match Box::pin(self.apply(&stored, change, Vec::new())).await? {
                Outcome::Written(row) => return Ok(Some(*row)),
                Outcome::Beaten(stored) => Some(*stored),
                Outcome::Spoiled => None,
            };
            remembered = false;
        }
        Err(contended(preview).into())
    }

    /// A change that a row may call for: the row as it is then, if it did.
    pub(super) async fn change_if(
        &self,
        preview: PreviewId,
        start: Start,
        rule: impl Fn(&Row) -> Option<Change> + Send + Sync,
    ) -> Result<Option<Row>, StoreError> {
        let decided = self.decide(preview, start, |row| rule(row).ok_or(NotCalledFor::No));
        match decided.await {
            Ok(row) => Ok(row),
            Err(NotCalledFor::No) => Ok(None),
            Err(NotCalledFor::Store(error)) => Err(error),
        }
    }

    /// Makes a fenced write. One that was made before, and whose answer was lost, succeeds again.
    pub(super) async fn fenced(
        &self,
        preview: PreviewId,
        rule: impl Fn(&Row) -> Result<Change, Refused> + Send + Sync,
    ) -> Result<Row, WriteError> {
        let decided = self.decide(preview, Start::Remembered, |row| {
            rule(row).map_err(NotWritten::Rule)
        });
        match decided.await {
            Ok(Some(row)) => Ok(row),
            // Rows outlive their leases: who holds one that is not here holds it in another store.
            Ok(None) | Err(NotWritten::Rule(Refused::Lost)) => Err(WriteError::Lost),
            Err(NotWritten::Rule(Refused::Already(row))) => Ok(*row),
            Err(NotWritten::Rule(Refused::Moved(row))) => Err(WriteError::Moved(row)),
            Err(NotWritten::Store(error)) => Err(error.into()),
        }
    }
}

/// The pause before a decision is made again: none for the first few, who were merely unlucky.
pub(super) async fn breathe(attempt: usize) {
    if let Some(unlucky @ 1..) = attempt.checked_sub(2) {
        let most = Duration::from_millis(5).saturating_mul(u32::try_from(unlucky).unwrap_or(1));
        tokio::time::sleep(most.mul_f64(rand::random())).await;
    }
}

/// It keeps changing under our hands; nothing was done.
pub(super) fn contended(preview: PreviewId) -> StoreError {
    StoreError::Unavailable(format!("preview {preview} keeps changing; try again"))
}

enum NotCalledFor {
    No,
    Store(StoreError),
}

impl From<StoreError> for NotCalledFor {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

enum NotWritten {
    Rule(Refused),
    Store(StoreError),
}

impl From<StoreError> for NotWritten {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
