//! The store: carries out what the product's own transitions decide, and notes what does not hold.

use tempus_model::invariant::{self, Predicate, Violation};
use tempus_model::transition::accept::{self, DestroyReason};
use tempus_model::transition::checkpoint::{self, Checkpoint};
use tempus_model::transition::extend::Extended;
use tempus_model::transition::settle::{self, Settle};
use tempus_model::transition::turn::{self, Turn};
use tempus_model::transition::vouch::{self, Vouch};
use tempus_model::transition::{Change, Fence, Refused, Seen, Slots, extend, rest};
use tempus_model::{Actor, Job, Parked, Row, Timestamp};

use crate::scope::{Breakage, Scope};
use crate::world::{World, spec};

/// A write of a holder, kept until it is answered so that it can be made again unchanged.
#[derive(Debug, Clone)]
pub enum Write {
    Renew(Fence, Timestamp),
    Checkpoint(Checkpoint),
    Turn(Box<Turn>),
    Wait(Checkpoint, Seen, Timestamp),
    HandOver(Checkpoint, Seen),
    Park(Checkpoint, Seen, Parked),
    Settle(Box<Settle>),
    Vouch(Box<Vouch>),
}

impl Write {
    fn fence_mut(&mut self) -> &mut Fence {
        match self {
            Self::Renew(fence, _) => fence,
            Self::Checkpoint(write)
            | Self::Wait(write, ..)
            | Self::HandOver(write, _)
            | Self::Park(write, ..) => &mut write.fence,
            Self::Turn(turn) => &mut turn.checkpoint.fence,
            Self::Settle(settle) => &mut settle.checkpoint.fence,
            Self::Vouch(vouch) => &mut vouch.checkpoint.fence,
        }
    }

    fn decide(&self, row: &Row, now: Timestamp) -> Result<Change, Refused> {
        match self {
            Self::Renew(fence, until) => checkpoint::renew(row, fence, *until),
            Self::Checkpoint(write) => checkpoint::checkpoint(row, write),
            Self::Turn(turn) => turn::turn(row, turn),
            Self::Wait(write, seen, until) => rest::wait(row, write, *seen, *until),
            Self::HandOver(write, seen) => rest::wait(row, write, *seen, now),
            Self::Park(write, seen, parked) => rest::park(row, write, *seen, parked.clone()),
            Self::Settle(settle) => settle::settle(row, settle),
            Self::Vouch(vouch) => vouch::vouch(row, vouch),
        }
    }
}

impl World {
    /// Makes a holder's write. The row as it stands afterwards, or why the write was not made.
    pub fn write(&mut self, write: &Write, scope: &Scope) -> Result<Row, Refused> {
        let mut write = write.clone();
        let meant = *write.fence_mut();
        if scope.lacks(Breakage::NoFence) {
            let fence = write.fence_mut();
            fence.epoch = self.row.epoch;
            fence.nonce = self.row.nonce;
            fence.wseq = self.row.wseq + 1;
        }
        if scope.lacks(Breakage::SettleUnseen)
            && let Write::Settle(settle) = &mut write
        {
            settle.seen = Seen::of(&self.row);
        }
        match write.decide(&self.row, self.now) {
            Ok(change) => {
                self.holds(invariant::of_write(&self.row, &meant, &change.row));
                self.apply(change);
                Ok(self.row.clone())
            }
            Err(Refused::Already(row)) => Ok(*row),
            Err(refused) => Err(refused),
        }
    }

    /// Carries a decision out.
    pub fn apply(&mut self, change: Change) {
        self.holds(invariant::of_change(&self.row, &change.row));
        self.holds(invariant::of_claim(&self.row, &change.row, self.now));
        for job in change.jobs {
            self.put_job(job);
        }
        let nothing_left = self.cloud.is_empty() && !self.calls.iter().any(crate::Call::makes);
        if (change.receipt.is_some() || change.reservations == Slots::Free) && !nothing_left {
            let seen = "the receipt is written while something exists, or may still come";
            self.breaks(Predicate::Receipt.violated(seen));
        }
        self.row = change.row;
    }

    /// Notes what did not hold.
    fn holds(&mut self, held: Result<(), Violation>) {
        if let Err(violation) = held {
            self.breaks(violation);
        }
    }

    fn put_job(&mut self, job: Job) {
        self.holds(invariant::of_outcome(self.job(job.id), &job));
        match self.jobs.iter_mut().find(|stored| stored.id == job.id) {
            Some(stored) => *stored = job,
            None => self.jobs.push(job),
        }
    }

    fn pending(&self) -> Option<Job> {
        let pending = self.row.pending?;
        self.job(pending.id).cloned()
    }

    /// Somebody asks for the other spec. False if that is not accepted.
    pub fn update(&mut self) -> bool {
        let to = spec(usize::from(
            self.row.desired == tempus_model::Desired::Present(spec(0)),
        ));
        let (pending, new) = (self.pending(), self.new_job());
        let accepted = accept::update(&self.row, pending.as_ref(), to, None, &new);
        accepted.map(|change| self.apply(change)).is_ok()
    }

    /// Somebody asks for the preview's end. False if that is not accepted.
    pub fn destroy(&mut self) -> bool {
        let (pending, new) = (self.pending(), self.new_job());
        let accepted = accept::destroy(&self.row, pending.as_ref(), DestroyReason::Asked, &new);
        accepted.map(|change| self.apply(change)).is_ok()
    }

    /// Somebody asks for the other expiry. False if that is not accepted.
    pub fn extend(&mut self) -> bool {
        let to = self.expiries[usize::from(self.row.expires_at == self.expiries[0])];
        let asked = Extended::To(to);
        let extended = extend::extend(&self.row, &asked, Actor::Worker, self.now);
        to > self.now && extended.map(|change| self.apply(change)).is_ok()
    }

    /// Somebody notices that the time is over.
    pub fn expire(&mut self, expires_at: Timestamp) {
        let (pending, new) = (self.pending(), self.new_job());
        let why = DestroyReason::Expired(expires_at);
        if let Ok(change) = accept::destroy(&self.row, pending.as_ref(), why, &new) {
            self.apply(change);
        }
    }
}
