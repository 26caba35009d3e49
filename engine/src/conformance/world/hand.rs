//! The hand of whoever holds a lease: what it last saw, and what it would write next.

use std::time::Duration;

use tempus_model::transition::Fence;
use tempus_model::transition::Seen;
use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::claim::{Claim, Fresh};
use tempus_model::transition::settle::Settle;
use tempus_model::transition::turn::Turn;
use tempus_model::transition::vouch::Vouch;
use tempus_model::{
    Course, Desired, JobKind, Ledger, Nonce, PlanId, PlanKind, Receipt, Row, Saga, StepId,
    Timestamp, Work, WorkerId,
};

use super::World;
use super::things::{LEASE, MARGIN, at, raw, refusal};
use crate::WriteError;

/// A claim of a row as it was looked at.
pub(crate) fn claim(row: &Row, now: Timestamp) -> Claim {
    Claim {
        worker: WorkerId("worker".to_owned()),
        nonce: Nonce(rand::random()),
        message: None,
        looked_at: row.version,
        fresh: begin(row, now).map(|saga| Fresh {
            saga,
            ledger: row.ledger.clone(),
        }),
        now,
        lease: LEASE,
        margin: MARGIN,
    }
}

/// The next write of whoever has just claimed this row, or written it.
pub(crate) fn next_write(row: &Row, now: Timestamp) -> Checkpoint {
    Checkpoint {
        fence: Fence {
            preview: row.preview,
            epoch: row.epoch,
            nonce: row.nonce,
            wseq: row.wseq + 1,
        },
        saga: row.saga.clone().or_else(|| begin(row, now)).unwrap(),
        ledger: row.ledger.clone(),
        lost_answers: 0,
        lease_until: now.after(LEASE),
    }
}

/// The saga that a row without one calls for.
fn begin(row: &Row, now: Timestamp) -> Option<Saga> {
    let present = row.desired.is_present();
    let (kind, job) = match row.work(now) {
        Work::Begin(job) => match job.kind {
            JobKind::Create => (PlanKind::Create, Some(job)),
            JobKind::Update => (PlanKind::Update, Some(job)),
            JobKind::Destroy => (PlanKind::Destroy, Some(job)),
        },
        Work::MoveTimer | Work::SleepOrWake => (PlanKind::Update, None),
        Work::Verify => (PlanKind::Verify, None),
        _ => return None,
    };
    let target = match row.desired {
        Desired::Present(spec) => Some(spec),
        Desired::Absent(_) => None,
    };
    Some(Saga {
        plan: PlanId { kind, version: 1 },
        job,
        generation: row.generation,
        expires_at: row.expires_at,
        wakefulness: row.wakefulness,
        sleep: None,
        course: if present {
            Course::Forward
        } else {
            Course::Unwind
        },
        target,
        footprint: None,
        stages: Vec::new(),
        at: 0,
        entered: false,
        started_at: now,
        rejected: None,
        vouches: (kind == PlanKind::Verify).then_some(row.suspicion),
        looked_again: false,
        progress: Vec::new(),
    })
}

/// The hand of a lease's holder: what it last saw, and what it would write next.
#[derive(Clone)]
pub(in crate::conformance) struct Hand<'w> {
    world: &'w World,
    pub(in crate::conformance) row: Row,
    pub(in crate::conformance) saga: Saga,
    pub(in crate::conformance) ledger: Ledger,
    pub(in crate::conformance) seen: Seen,
}

impl<'w> Hand<'w> {
    pub(super) fn of(world: &'w World, row: Row) -> Self {
        let saga = row.saga.clone().unwrap();
        Self {
            world,
            saga,
            ledger: row.ledger.clone(),
            seen: Seen::of(&row),
            row,
        }
    }

    /// The next write's fence.
    pub(in crate::conformance) fn fence(&self) -> Fence {
        next_write(&self.row, at(0)).fence
    }

    /// The next write.
    pub(in crate::conformance) fn write(&self, now: Timestamp) -> Checkpoint {
        Checkpoint {
            saga: self.saga.clone(),
            ledger: self.ledger.clone(),
            ..next_write(&self.row, now)
        }
    }

    /// Notes that a step has made something.
    pub(in crate::conformance) fn make(&mut self, step: &str) {
        let step = StepId::single(step);
        let generation = self.saga.generation;
        self.ledger.enter(&step, 1, raw("{}"), generation);
        self.ledger.finish(&step, raw("\"made\""));
    }

    /// Writes what there is to write, as a checkpoint.
    pub(in crate::conformance) async fn checkpoint(
        &mut self,
        now: Timestamp,
    ) -> Result<(), WriteError> {
        self.row = self.world.ports.store.checkpoint(&self.write(now)).await?;
        Ok(())
    }

    /// The end of the saga.
    pub(in crate::conformance) async fn settle(&self, now: Timestamp) -> Settle {
        let job = match self.saga.job {
            Some(job) => Some(self.world.job(job.id).await),
            None => None,
        };
        Settle {
            checkpoint: self.write(now),
            job,
            seen: self.seen,
            verify_at: now.after(Duration::from_secs(2)),
            now,
        }
    }

    /// The end of a verify.
    pub(in crate::conformance) fn vouch(&self, receipt: Option<Receipt>, now: Timestamp) -> Vouch {
        Vouch {
            checkpoint: self.write(now),
            seen: self.seen,
            receipt,
            verify_at: now.after(Duration::from_secs(2)),
            now,
        }
    }

    /// A turn to what the row, as it was read last, wants.
    pub(in crate::conformance) async fn turn(&self, now: Timestamp) -> Turn {
        let idle = Row {
            saga: None,
            ..self.row.clone()
        };
        let left = match self.saga.job {
            Some(job) => Some(self.world.job(job.id).await),
            None => None,
        };
        Turn {
            checkpoint: self.write(now),
            next: begin(&idle, now).unwrap(),
            left,
            seen: Seen::of(&self.row),
            now,
        }
    }

    /// A turn round, because something was rejected: everything made so far goes.
    pub(in crate::conformance) fn turn_round(&self, now: Timestamp) -> Turn {
        Turn {
            checkpoint: self.write(now),
            next: Saga {
                course: Course::Unwind,
                target: None,
                footprint: None,
                rejected: Some(refusal()),
                ..self.saga.clone()
            },
            left: None,
            seen: self.seen,
            now,
        }
    }

    /// Carries a turn out, and goes on from there.
    pub(in crate::conformance) async fn turned(&mut self, turn: &Turn) -> Result<(), WriteError> {
        let row = self.world.ports.store.turn(turn).await?;
        *self = Self::of(self.world, row);
        Ok(())
    }
}
