//! The holder of a lease: the one serial writer of a claim.
//!
//! Every write of a claim, renewals included, goes through here one after the other, each with the
//! next sequence number. A write whose answer was lost is simply made again: the store recognises
//! it. What cannot be written within the lease is let go.

use std::sync::Arc;
use std::time::Duration;

use tempus_engine::{Handle, Store, StoreError, WriteError};
use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::claim::Claim;
use tempus_model::transition::settle::Settle;
use tempus_model::transition::turn::Turn;
use tempus_model::transition::vouch::Vouch;
use tempus_model::transition::{Fence, Seen};
use tempus_model::{
    Course, Failure, Identity, Job, JobId, JobStatus, Ledger, Parked, Receipt, Row, Saga, Snapshot,
    StepId, Timestamp, Ttl, broken,
};
use tokio::time::Instant;

use crate::backoff::pause;
use crate::{Parts, WorkerConfig, metrics};

/// A claimed row, as its holder knows it.
pub(crate) struct Held {
    parts: Parts,
    config: WorkerConfig,
    /// The row as the last answer showed it. Its saga and ledger may be behind the holder's own.
    pub(crate) snapshot: Snapshot,
    /// The preview, for the steps' surroundings.
    pub(crate) identity: Arc<Identity>,
    /// The saga as it stands.
    pub(crate) saga: Saga,
    /// The ledger as it stands.
    pub(crate) ledger: Ledger,
    /// Answers of the platform that were lost since the last write.
    pub(crate) lost_answers: u32,
    /// What the saga was last turned to.
    seen: Seen,
    /// The lease's end by our own clock, taken from before the write that set it was sent.
    lease_ends: Instant,
    /// The lease's end as the row has it.
    lease_until: Timestamp,
    /// The message behind the claim, kept invisible for longer than the lease.
    message: Option<Handle>,
}

/// Why a holder's write was not made.
#[derive(Debug)]
pub(crate) enum NotWritten {
    /// The lease is lost, or too short to be sure: let go.
    Lost,
    /// Something else is wanted: turn to it. The snapshot shows it.
    Moved,
}

/// A write of the holder, so that it can be made again unchanged.
enum Write {
    Renew(Fence, Timestamp),
    Checkpoint(Checkpoint),
    Turn(Box<Turn>),
    Wait(Checkpoint, Seen, Timestamp),
    Park(Checkpoint, Seen, Parked),
    Settle(Box<Settle>),
    Vouch(Box<Vouch>),
}

impl Write {
    async fn send(&self, store: &dyn Store) -> Result<Row, WriteError> {
        match self {
            Self::Renew(fence, until) => store.renew(fence, *until).await,
            Self::Checkpoint(progress) => store.checkpoint(progress).await,
            Self::Turn(turn) => store.turn(turn).await,
            Self::Wait(progress, seen, until) => store.wait(progress, *seen, *until).await,
            Self::Park(progress, seen, parked) => store.park(progress, *seen, parked.clone()).await,
            Self::Settle(settle) => store.settle(settle).await,
            Self::Vouch(vouch) => store.vouch(vouch).await,
        }
    }
}

impl Held {
    /// Takes over a row that was just claimed. `None` if it has no saga, which a claim never
    /// leaves so.
    pub(crate) fn new(
        parts: Parts,
        config: WorkerConfig,
        snapshot: Snapshot,
        claim: &Claim,
        sent: Instant,
        message: Option<Handle>,
    ) -> Option<Self> {
        let row = &snapshot.row;
        let saga = row.saga.clone()?;
        Some(Self {
            ledger: row.ledger.clone(),
            seen: Seen::by(&saga),
            saga,
            lost_answers: 0,
            lease_ends: sent + claim.lease,
            lease_until: claim.now.after(claim.lease),
            message,
            identity: Arc::new(snapshot.identity.clone()),
            snapshot,
            parts,
            config,
        })
    }

    /// The row as the last answer showed it.
    pub(crate) fn row(&self) -> &Row {
        &self.snapshot.row
    }

    /// Whether something else is wanted than what the saga was last turned to.
    pub(crate) fn has_moved(&self) -> bool {
        Seen::of(self.row()) != self.seen
    }

    /// Whether what the ledger says may not be all there is.
    pub(crate) fn is_suspect(&self) -> bool {
        self.lost_answers > 0 || self.row().suspicion > 0
    }

    /// How long after its saga has ended the preview may be idle, if it is put to sleep then.
    pub(crate) fn may_be_idle_after(&self) -> Option<Duration> {
        let saga = &self.saga;
        let awake = saga.course != Course::Unwind && saga.wakefulness.is_awake();
        saga.sleep.filter(|_| awake).map(Ttl::duration)
    }

    /// When to look whether anybody uses the preview, once its verify has ended.
    pub(crate) fn idle_at(&self) -> Option<Timestamp> {
        let awake = self.saga.course != Course::Unwind && self.saga.wakefulness.is_awake();
        self.row().idle_at.filter(|_| awake)
    }

    /// Whether a call that takes up to `call` may start now.
    fn has_time_for(&self, call: Duration) -> bool {
        self.lease_ends.saturating_duration_since(Instant::now()) > call
    }

    /// Renews the lease until there is time for such a call. A renewal that took longer than the lease (this
    /// process stood still) leaves none, and meanwhile the row may be its own again under another claim.
    pub(crate) async fn make_time_for(&mut self, call: Duration) -> Result<(), NotWritten> {
        while !self.has_time_for(call) {
            self.renew().await?;
        }
        Ok(())
    }

    /// When the lease should be renewed: after a third of it.
    pub(crate) fn renewal_due(&self) -> Instant {
        self.lease_ends
            .checked_sub(self.config.lease * 2 / 3)
            .unwrap_or(self.lease_ends)
    }

    /// Keeps the lease. What the answer shows is not taken for seen.
    pub(crate) async fn renew(&mut self) -> Result<(), NotWritten> {
        let (sent, until) = self.keep_message_hidden().await;
        self.write(Write::Renew(self.fence(), until)).await?;
        self.lease_is(sent, until);
        if broken!(RenewalSees) {
            self.seen = Seen::of(self.row());
        }
        // The reminder passes over what is held, and an alarm may be lost.
        let (row, now) = (self.row(), self.parts.now());
        if row.is_expired(now) {
            self.parts.expire(row.preview, row.expires_at, now).await;
            self.look().await;
        }
        Ok(())
    }

    /// Records progress. The lease is prolonged by the same write when a third of it is over.
    pub(crate) async fn checkpoint(&mut self) -> Result<(), NotWritten> {
        let renewed = if Instant::now() >= self.renewal_due() {
            Some(self.keep_message_hidden().await)
        } else {
            None
        };
        let mut progress = self.progress();
        if let Some((_, until)) = renewed {
            progress.lease_until = until;
        }
        self.write(Write::Checkpoint(progress)).await?;
        self.lost_answers = 0;
        if let Some((sent, until)) = renewed {
            self.lease_is(sent, until);
        }
        Ok(())
    }

    /// Has the saga carry every step out again, once, on what exists.
    pub(crate) async fn look_again(&mut self) -> Result<(), NotWritten> {
        self.saga.look_again(&mut self.ledger);
        self.saga.looked_again = true;
        self.checkpoint().await
    }

    /// Points the saga elsewhere, with the first stage entered already.
    pub(crate) async fn turn(&mut self, mut next: Saga, now: Timestamp) -> Result<(), NotWritten> {
        let left = match self.saga.job {
            Some(job) if next.job != Some(job) => self.job(job.id).await?,
            _ => None,
        };
        let seen = Seen::of(self.row());
        let mut ledger = self.ledger.clone();
        next.enter(&mut ledger, now);
        let checkpoint = Checkpoint {
            ledger: ledger.clone(),
            ..self.progress()
        };
        let ended = left.clone();
        let turn = Turn {
            checkpoint,
            next: next.clone(),
            left,
            seen,
            now,
        };
        self.write(Write::Turn(Box::new(turn))).await?;
        if let Some(job) = ended {
            metrics::left(&job, &self.saga);
        }
        self.lost_answers = 0;
        self.saga = next;
        self.ledger = ledger;
        self.seen = seen;
        Ok(())
    }

    /// Gives the lease back until a time.
    pub(crate) async fn wait(&mut self, until: Timestamp) -> Result<(), NotWritten> {
        self.write(Write::Wait(self.progress(), self.seen, until))
            .await
    }

    /// Gives the lease back until a person replays the saga.
    pub(crate) async fn park(&mut self, failure: Failure) -> Result<(), NotWritten> {
        let parked = Parked {
            failure,
            since: self.parts.now(),
        };
        self.write(Write::Park(self.progress(), self.seen, parked))
            .await
    }

    /// Ends the saga.
    pub(crate) async fn settle(&mut self, verify_at: Timestamp) -> Result<(), NotWritten> {
        let job = match self.saga.job {
            Some(job) => self.job(job.id).await?,
            None => None,
        };
        let (checkpoint, now) = (self.progress(), self.parts.now());
        let settle = Settle {
            checkpoint,
            job: job.clone(),
            seen: self.seen,
            verify_at,
            now,
        };
        self.write(Write::Settle(Box::new(settle))).await?;
        if broken!(SettleInTwo) {
            self.write(Write::Renew(self.fence(), now)).await?;
        }
        if let Some(job) = job {
            metrics::settled(&job, &self.saga, self.row(), now);
        }
        Ok(())
    }

    /// Ends a verify.
    pub(crate) async fn vouch(
        &mut self,
        receipt: Option<Receipt>,
        verify_at: Timestamp,
    ) -> Result<(), NotWritten> {
        let (checkpoint, now) = (self.progress(), self.parts.now());
        let vouch = Vouch {
            checkpoint,
            seen: self.seen,
            receipt,
            verify_at,
            now,
        };
        self.write(Write::Vouch(Box::new(vouch))).await
    }

    /// Reads what is wanted now, without taking it for seen.
    pub(crate) async fn look(&mut self) {
        if let Ok(Some(snapshot)) = self.parts.store.get(self.snapshot.identity.id).await
            && snapshot.row.epoch == self.row().epoch
            && snapshot.row.wseq == self.row().wseq
        {
            self.snapshot = snapshot;
        }
    }

    /// Sleeps a little because the store could not be read; lost if the lease is too short.
    pub(crate) async fn retry_later(&self, error: &StoreError) -> Result<(), NotWritten> {
        self.pause_before_retry(1, error).await
    }

    /// The name of what a step makes.
    pub(crate) fn resource_name(&self, step: &StepId) -> Option<Arc<str>> {
        let planned = &self.ledger.get(step)?.planned;
        let resource = self.parts.platform.step(step.kind())?.resource(planned)?;
        Some(resource.name.into())
    }

    fn progress(&self) -> Checkpoint {
        Checkpoint {
            fence: self.fence(),
            saga: self.saga.clone(),
            ledger: self.ledger.clone(),
            lost_answers: self.lost_answers,
            lease_until: self.lease_until,
        }
    }

    fn fence(&self) -> Fence {
        let row = self.row();
        Fence {
            preview: row.preview,
            epoch: row.epoch,
            nonce: row.nonce,
            wseq: row.wseq + 1,
        }
    }

    /// Makes one write, again and again until it is answered or the lease is nearly over.
    async fn write(&mut self, write: Write) -> Result<(), NotWritten> {
        let mut failures = 0;
        loop {
            match write.send(&*self.parts.store).await {
                Ok(row) => {
                    self.snapshot.row = row;
                    return Ok(());
                }
                Err(WriteError::Lost) => return Err(NotWritten::Lost),
                Err(WriteError::Moved(row)) => {
                    self.snapshot.row = *row;
                    return Err(NotWritten::Moved);
                }
                Err(WriteError::Store(error)) => {
                    failures += 1;
                    self.pause_before_retry(failures, &error).await?;
                }
            }
        }
    }

    async fn pause_before_retry(
        &self,
        failures: u32,
        error: &StoreError,
    ) -> Result<(), NotWritten> {
        let pause = pause(self.config.backoff, self.config.backoff_most, failures);
        if !self.has_time_for(pause) {
            tracing::warn!(%error, "the store did not answer within the lease: letting go");
            return Err(NotWritten::Lost);
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    async fn job(&self, job: JobId) -> Result<Option<Job>, NotWritten> {
        let mut failures = 0;
        loop {
            match self.parts.store.job(job).await {
                Ok(job) => return Ok(job.filter(|job| job.status == JobStatus::Queued)),
                Err(error) => {
                    failures += 1;
                    self.pause_before_retry(failures, &error).await?;
                }
            }
        }
    }

    /// Keeps the message behind the claim invisible for longer than the lease about to be
    /// written: were it the other way round, the message would come back to a live lease.
    async fn keep_message_hidden(&self) -> (Instant, Timestamp) {
        let (sent, now) = (Instant::now(), self.parts.now());
        if let Some(message) = &self.message {
            let how_long = self.config.hidden_for();
            self.parts.keep_hidden(message, how_long).await;
        }
        (sent, now.after(self.config.lease))
    }

    fn lease_is(&mut self, sent: Instant, until: Timestamp) {
        self.lease_ends = sent + self.config.lease;
        self.lease_until = until;
    }
}
