//! What the properties are told with: a fresh engine, and shorthands for what is done to it.

use tempus_model::transition::accept::DestroyReason;
use tempus_model::{Job, JobId, JobStatus, PreviewId, Receipt, Row, Snapshot, Timestamp};

use super::{Harness, Ports};
use crate::{Accepted, ClaimError};

mod hand;
mod things;

pub(super) use hand::Hand;
pub(crate) use hand::claim;
#[cfg(test)]
pub(crate) use hand::next_write;
pub(super) use things::{LEASE, LIFE, job, key, owner, refusal, spec, stuck, update};
pub(crate) use things::{at, new_preview};

/// A fresh engine, and shorthands for what is done to it.
pub(super) struct World {
    pub(super) ports: Ports,
}

impl World {
    pub(super) async fn of(harness: &dyn Harness) -> Self {
        Self {
            ports: harness.fresh().await,
        }
    }

    /// A preview of `ada`'s that was just accepted, at the beginning.
    pub(super) async fn created(&self, name: &str) -> Accepted {
        let new = new_preview(name, at(0));
        self.ports.store.create(new).await.unwrap()
    }

    /// A preview of `ada`'s that is ready, a second after the beginning.
    pub(super) async fn ready(&self, name: &str) -> PreviewId {
        let preview = self.created(name).await.preview;
        self.settle(preview, at(1)).await;
        preview
    }

    /// A preview that is gone but has no receipt yet: its verify is due two seconds later.
    pub(super) async fn destroyed(&self, name: &str, now: Timestamp) -> PreviewId {
        let preview = self.ready(name).await;
        self.destroy(preview, now).await;
        self.settle(preview, now).await;
        preview
    }

    /// Asks for a destroy.
    pub(super) async fn destroy(&self, preview: PreviewId, now: Timestamp) -> Accepted {
        let store = &self.ports.store;
        let asked = store.destroy(preview, DestroyReason::Asked, job(now), None);
        asked.await.unwrap()
    }

    /// Claims the row, begins what it calls for, and ends it well.
    pub(super) async fn settle(&self, preview: PreviewId, now: Timestamp) {
        let hand = self.claim(preview, now).await;
        let settle = hand.settle(now).await;
        self.ports.store.settle(&settle).await.unwrap();
    }

    /// Lets a verify find nothing, and gives the receipt.
    pub(super) async fn prove(&self, preview: PreviewId, now: Timestamp) {
        let hand = self.claim(preview, now).await;
        let receipt = self.proof(&hand.row, now);
        let vouch = hand.vouch(Some(receipt), now);
        self.ports.store.vouch(&vouch).await.unwrap();
    }

    /// A receipt for this row.
    pub(super) fn proof(&self, row: &Row, now: Timestamp) -> Receipt {
        Receipt {
            preview_id: row.preview,
            installation: self.ports.store.installation(),
            generation: row.generation,
            destroyed_at: row.settled.at,
            verified_at: now,
            checks: Vec::new(),
            removed: Vec::new(),
            found_late: Vec::new(),
        }
    }

    pub(super) async fn snapshot(&self, preview: PreviewId) -> Snapshot {
        self.ports.store.get(preview).await.unwrap().unwrap()
    }

    pub(super) async fn row(&self, preview: PreviewId) -> Row {
        self.snapshot(preview).await.row
    }

    pub(super) async fn job(&self, id: JobId) -> Job {
        self.ports.store.job(id).await.unwrap().unwrap()
    }

    pub(super) async fn status(&self, id: JobId) -> JobStatus {
        self.job(id).await.status
    }

    /// Takes the lease of a due row.
    pub(super) async fn claim(&self, preview: PreviewId, now: Timestamp) -> Hand<'_> {
        self.try_claim(preview, now).await.unwrap()
    }

    /// Tries to take the lease, with the saga that the row calls for.
    pub(super) async fn try_claim(
        &self,
        preview: PreviewId,
        now: Timestamp,
    ) -> Result<Hand<'_>, ClaimError> {
        let row = self.row(preview).await;
        let row = self.ports.store.claim(preview, &claim(&row, now)).await?;
        Ok(Hand::of(self, row))
    }
}
