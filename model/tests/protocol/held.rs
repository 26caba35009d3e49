//! A claim as its holder knows it: what `worker/src/held.rs` keeps.

use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::{Fence, Seen};
use tempus_model::{Failure, Ledger, Row, Saga, StepId, Timestamp};

use crate::scope::{Breakage, Scope};
use crate::store::Write;
use crate::worker::{Closing, End, Phase};
use crate::world::{LEASE, World};

/// A claimed row.
#[derive(Debug, Clone)]
pub struct Held {
    /// The row as the last answer showed it.
    pub row: Row,
    /// The saga as it stands.
    pub saga: Saga,
    /// The ledger as it stands.
    pub ledger: Ledger,
    /// Answers of the cloud that were lost since the last write.
    pub lost_answers: u32,
    /// What the saga was last turned to.
    pub seen: Seen,
    /// The lease's end.
    pub lease_ends: Timestamp,
    /// The message behind the claim.
    pub message: u32,
    /// What it is doing.
    pub doing: Doing,
    /// A write whose answer was lost: made again before anything else.
    pub unheard: Option<Write>,
}

/// What a holder is doing.
#[derive(Debug, Clone)]
pub enum Doing {
    /// It decides what comes next.
    Thinking,
    /// It carries steps out, or compensates them.
    Steps(Steps),
    /// It waits for the removal of something that no ledger knows.
    Removing,
    /// It has sent the next hint, and is about to write what gives the lease back.
    Releasing(Box<Write>),
}

/// Steps of one stage.
#[derive(Debug, Clone)]
pub struct Steps {
    /// Whether they are carried out or compensated.
    pub direction: Direction,
    /// Those that are not finished.
    pub open: Vec<Slot>,
    /// The first refusal.
    pub rejected: Option<Failure>,
    /// Whether something is to be written before anything else happens.
    pub dirty: bool,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Execute,
    Compensate,
}

/// One open step.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Which.
    pub step: StepId,
    /// When its next call may start.
    pub ready: Timestamp,
    /// Whether its call is under way.
    pub called: bool,
}

impl Held {
    /// Takes a claimed row over.
    pub fn new(row: &Row, message: u32, sent: Timestamp) -> Option<Self> {
        let saga = row.saga.clone()?;
        Some(Self {
            ledger: row.ledger.clone(),
            seen: Seen::by(&saga),
            saga,
            lost_answers: 0,
            lease_ends: sent.after(LEASE),
            message,
            doing: Doing::Thinking,
            unheard: None,
            row: row.clone(),
        })
    }

    /// Whether something else is wanted than what the saga was last turned to.
    pub fn has_moved(&self) -> bool {
        Seen::of(&self.row) != self.seen
    }

    /// Whether what the ledger says may not be all there is.
    pub fn is_suspect(&self) -> bool {
        self.lost_answers > 0 || self.row.suspicion > 0
    }

    /// The next write's name.
    pub fn fence(&self) -> Fence {
        Fence {
            preview: self.row.preview,
            epoch: self.row.epoch,
            nonce: self.row.nonce,
            wseq: self.row.wseq + 1,
        }
    }

    /// The progress so far.
    pub fn progress(&self) -> Checkpoint {
        Checkpoint {
            fence: self.fence(),
            saga: self.saga.clone(),
            ledger: self.ledger.clone(),
            lost_answers: self.lost_answers,
            lease_until: self.lease_ends,
        }
    }

    /// When the lease should be renewed: half-way, so that it is a whole second.
    pub fn renewal_due(&self) -> Timestamp {
        Timestamp::from_millis(self.lease_ends.millis() - millis(LEASE / 2))
    }
}

/// A duration in milliseconds.
pub fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap()
}

impl World {
    /// Makes a write of a holder and goes on with its answer. False if it was refused although
    /// nobody would hear of it.
    pub fn make(
        &mut self,
        w: usize,
        mut held: Held,
        write: Write,
        heard: bool,
        scope: &Scope,
    ) -> bool {
        let answer = self.write(&write, scope);
        if !heard {
            let made = answer.is_ok();
            held.unheard = Some(write);
            self.workers[w] = Phase::Driving(Box::new(held));
            return made;
        }
        self.workers[w] = match answer {
            Ok(row) => {
                held.row = row;
                held.unheard = None;
                if matches!(write, Write::Renew(..)) {
                    self.look_at_expiry(&mut held);
                }
                written(held, write, scope)
            }
            Err(tempus_model::transition::Refused::Moved(row)) => {
                // What was sent ahead of a release is of no use now.
                self.causes += usize::from(matches!(held.doing, Doing::Releasing(_)));
                held.row = *row;
                held.unheard = None;
                held.doing = Doing::Thinking;
                Phase::Driving(Box::new(held))
            }
            Err(_) => {
                self.let_go(w);
                Phase::Idle
            }
        };
        true
    }

    /// Whoever has renewed looks at the expiry: the reminder passes over what is held.
    fn look_at_expiry(&mut self, held: &mut Held) {
        if !held.row.is_expired(self.now) {
            return;
        }
        self.expire(held.row.expires_at);
        if (self.row.epoch, self.row.wseq) == (held.row.epoch, held.row.wseq) {
            held.row = self.row.clone();
        }
    }

    /// A worker's calls have nobody any more who waits for them.
    pub fn let_go(&mut self, w: usize) {
        for call in &mut self.calls {
            if call.by == Some(w) {
                call.by = None;
            }
        }
        self.calls.sort_by_key(|call| (call.lands_by, call.effect));
    }
}

/// A holder after a write that was answered.
fn written(mut held: Held, write: Write, scope: &Scope) -> Phase {
    match write {
        Write::Renew(_, until) => {
            held.lease_ends = until;
            if scope.lacks(Breakage::RenewalIsSeen) {
                held.seen = Seen::of(&held.row);
            }
        }
        Write::Checkpoint(progress) => {
            held.lost_answers = 0;
            held.lease_ends = progress.lease_until;
        }
        Write::Turn(turn) => {
            held.lost_answers = 0;
            held.saga = turn.next;
            held.ledger = turn.checkpoint.ledger;
            held.seen = turn.seen;
            held.doing = Doing::Thinking;
        }
        Write::HandOver(..) => {
            return Phase::Closing(Closing::with(held.message, End::Release));
        }
        Write::Wait(..) | Write::Park(..) | Write::Settle(_) | Write::Vouch(_) => {
            let parks = matches!(write, Write::Park(..));
            let mut closing = Closing::delete(held.message);
            closing.after_release = Some(held.row.expires_at);
            let foreseen = matches!(held.doing, Doing::Releasing(_));
            if let Some(verify_at) = held.row.verify_at.filter(|_| !foreseen && !parks) {
                let until = verify_at.min(held.row.due_at.unwrap_or(verify_at));
                closing.unforeseen = Some((tempus_model::Hint::look(held.row.preview), until));
            }
            if scope.lacks(Breakage::HintAfterRelease)
                && let Some(due) = held.row.due_at
            {
                closing.late_hint = Some((tempus_model::Hint::look(held.row.preview), due));
            }
            return Phase::Closing(closing);
        }
    }
    Phase::Driving(Box::new(held))
}
