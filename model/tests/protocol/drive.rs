//! A holder driving its saga: the control flow of `worker/src/drive.rs`, `group.rs` and
//! `verify.rs`, one write or one set of calls at a time.

use tempus_model::transition::Seen;
use tempus_model::transition::settle::Settle;
use tempus_model::transition::turn::Turn;
use tempus_model::transition::vouch::Vouch;
use tempus_model::{
    Check, Course, Failure, Hint, InstallationId, JobStatus, Next, Parked, Receipt, Saga, StepId,
    StepState, Timestamp, next,
};

use crate::cloud::{Call, Effect, Thing};
use crate::held::{Direction, Doing, Held, Slot, Steps};
use crate::plan;
use crate::scope::{Breakage, Scope};
use crate::store::Write;
use crate::worker::Phase;
use crate::world::{CALL, LATE, LEASE, World};

impl World {
    /// A holder goes on: to its next write, its next calls, or its release. False if it has to
    /// wait for something.
    pub fn drive(&mut self, w: usize, held: &Held, heard: bool, scope: &Scope) -> bool {
        let mut held = held.clone();
        if let Some(write) = held.unheard.clone() {
            return heard && self.make(w, held, write, heard, scope);
        }
        match held.doing.clone() {
            Doing::Thinking => self.think(w, held, heard, scope),
            Doing::Removing => false,
            Doing::Releasing(write) => self.make(w, held, *write, heard, scope),
            Doing::Steps(steps) => {
                if steps.dirty {
                    held.doing = Doing::Steps(Steps {
                        dirty: false,
                        ..steps
                    });
                    let write = self.checkpoint(&held);
                    return self.make(w, held, write, heard, scope);
                }
                self.steps(w, held, steps, heard, scope)
            }
        }
    }

    fn think(&mut self, w: usize, mut held: Held, heard: bool, scope: &Scope) -> bool {
        loop {
            if held.has_moved() {
                let next = plan::turned(&held.row, &held.saga, self.now);
                return self.turn(w, held, next, heard, scope);
            }
            let now = self.now;
            match next(&mut held.saga, &held.ledger) {
                Next::Enter => {
                    held.saga.enter(&mut held.ledger, now);
                    if matches!(next(&mut held.saga, &held.ledger), Next::Execute(_)) {
                        let write = self.checkpoint(&held);
                        return self.make(w, held, write, heard, scope);
                    }
                }
                Next::Execute(steps) => {
                    return self.begin(w, held, Direction::Execute, steps, heard, scope);
                }
                Next::Compensate(steps) => {
                    return self.begin(w, held, Direction::Compensate, steps, heard, scope);
                }
                Next::TurnRound => {
                    let Some(failure) = held.saga.rejected.clone() else {
                        return false;
                    };
                    return self.turn_round(w, held, failure, heard, scope);
                }
                Next::Audit => return self.audit(w, held, heard, scope),
                Next::Stuck(steps) => {
                    let failure = Failure::rejected(&steps[0], "cannot be removed");
                    return self.park(w, held, failure, heard, scope);
                }
                Next::Finish => return self.settle(w, held, heard, scope),
            }
        }
    }

    /// The write that records progress, with a longer lease when a third of it is over.
    fn checkpoint(&mut self, held: &Held) -> Write {
        let mut progress = held.progress();
        if self.now >= held.renewal_due() {
            self.hide(held.message);
            progress.lease_until = self.now.after(LEASE);
        }
        Write::Checkpoint(progress)
    }

    /// The write that only keeps the lease.
    pub fn renewal(&mut self, held: &Held) -> Write {
        self.hide(held.message);
        Write::Renew(held.fence(), self.now.after(LEASE))
    }

    fn turn(&mut self, w: usize, held: Held, mut next: Saga, heard: bool, scope: &Scope) -> bool {
        let left = held
            .saga
            .job
            .filter(|job| next.job != Some(*job))
            .and_then(|job| self.job(job.id))
            .filter(|job| job.status == JobStatus::Queued)
            .cloned();
        let mut ledger = held.ledger.clone();
        next.enter(&mut ledger, self.now);
        let mut checkpoint = held.progress();
        checkpoint.ledger = ledger;
        let turn = Turn {
            checkpoint,
            next,
            left,
            seen: Seen::of(&held.row),
            now: self.now,
        };
        self.make(w, held, Write::Turn(Box::new(turn)), heard, scope)
    }

    /// A rejection of a suspect row's saga is not believed at once: every step is looked at again.
    fn rejected(
        &mut self,
        w: usize,
        mut held: Held,
        failure: Failure,
        heard: bool,
        scope: &Scope,
    ) -> bool {
        let course = held.saga.course;
        if !held.is_suspect() || course == Course::Unwind || held.saga.looked_again {
            return self.turn_round(w, held, failure, heard, scope);
        }
        held.saga.look_again(&mut held.ledger);
        held.saga.looked_again = true;
        held.doing = Doing::Thinking;
        let write = self.checkpoint(&held);
        self.make(w, held, write, heard, scope)
    }

    fn turn_round(
        &mut self,
        w: usize,
        mut held: Held,
        failure: Failure,
        heard: bool,
        scope: &Scope,
    ) -> bool {
        let failure = held.saga.rejected.get_or_insert(failure).clone();
        held.doing = Doing::Thinking;
        if held.has_moved() {
            return self.think(w, held, heard, scope);
        }
        let next = plan::turned_round(&held.row, &held.saga, failure.clone(), self.now);
        if let Some(next) = next {
            return self.turn(w, held, next, heard, scope);
        }
        if held.saga.course == Course::Forward && !held.saga.stages.is_empty() {
            held.saga.rejected = None;
        }
        self.park(w, held, failure, heard, scope)
    }

    fn park(&mut self, w: usize, held: Held, failure: Failure, heard: bool, scope: &Scope) -> bool {
        let parked = Parked {
            failure,
            since: self.now,
        };
        let write = Write::Park(held.progress(), held.seen, parked);
        self.make(w, held, write, heard, scope)
    }

    /// Sends the hint for the row's next due time, then gives the lease back.
    fn release(&mut self, w: usize, mut held: Held, until: Timestamp, write: Write, scope: &Scope) {
        let until = if held.row.desired.is_present() {
            until.min(held.row.expires_at)
        } else {
            until
        };
        if !scope.lacks(Breakage::HintAfterRelease) {
            let hint = Hint::Look {
                preview: held.row.preview,
                sent_by: Some(held.row.nonce),
                reminds: false,
            };
            let at = until.max(self.now);
            self.send(hint, at);
        }
        held.doing = Doing::Releasing(Box::new(write));
        self.workers[w] = Phase::Driving(Box::new(held));
    }

    fn settle(&mut self, w: usize, held: Held, heard: bool, scope: &Scope) -> bool {
        let verify_at = self.verify_at(scope);
        let verifies = held.saga.course == Course::Unwind || held.is_suspect();
        let job = held.saga.job.and_then(|job| self.job(job.id));
        let settle = Settle {
            checkpoint: held.progress(),
            job: job.filter(|job| job.status == JobStatus::Queued).cloned(),
            seen: held.seen,
            verify_at,
            now: self.now,
        };
        let write = Write::Settle(Box::new(settle));
        if !verifies {
            return self.make(w, held, write, heard, scope);
        }
        self.release(w, held, verify_at, write, scope);
        heard
    }

    fn begin(
        &mut self,
        w: usize,
        mut held: Held,
        direction: Direction,
        steps: Vec<StepId>,
        heard: bool,
        scope: &Scope,
    ) -> bool {
        let mut dirty = false;
        let mut open = Vec::new();
        for step in steps {
            let state = match direction {
                Direction::Execute => StepState::Running,
                Direction::Compensate => StepState::Removing,
            };
            let ready = held.saga.progress(&step).and_then(|p| p.retry_at);
            held.saga.begin(&step, state, self.now);
            if direction == Direction::Execute && scope.lacks(Breakage::DoneBeforeTheCall) {
                held.ledger.finish(&step, raw_null());
                dirty = true;
            }
            let never_made = held.ledger.get(&step).is_some_and(|entry| !entry.done);
            if direction == Direction::Compensate && held.saga.course != Course::Unwind {
                // Half removed and wanted again, it must not count as done.
                dirty |= held.ledger.begin_removal(&step);
            }
            if direction == Direction::Compensate
                && scope.lacks(Breakage::UnwindSkipsWhatIsUnderWay)
                && never_made
            {
                held.ledger.strike_out(&step);
                continue;
            }
            open.push(Slot {
                step,
                ready: ready.unwrap_or(self.now),
                called: false,
            });
        }
        let steps = Steps {
            direction,
            open,
            rejected: None,
            dirty,
        };
        held.doing = Doing::Steps(steps.clone());
        if dirty {
            self.workers[w] = Phase::Driving(Box::new(held));
            return heard;
        }
        self.steps(w, held, steps, heard, scope)
    }

    fn steps(
        &mut self,
        w: usize,
        mut held: Held,
        mut steps: Steps,
        heard: bool,
        scope: &Scope,
    ) -> bool {
        if steps.open.is_empty() && steps.rejected.is_none() {
            held.doing = Doing::Thinking;
            let more = matches!(
                next(&mut held.saga, &held.ledger),
                Next::Compensate(_) | Next::Audit
            );
            if steps.direction == Direction::Compensate && more {
                let write = self.checkpoint(&held);
                return self.make(w, held, write, heard, scope);
            }
            return self.think(w, held, heard, scope);
        }
        let under_way = steps.open.iter().any(|slot| slot.called);
        if let Some(failure) = &steps.rejected {
            let failure = failure.clone();
            return !under_way && self.rejected(w, held, failure, heard, scope);
        }
        if held.has_moved() {
            held.doing = Doing::Thinking;
            return !under_way && self.think(w, held, heard, scope);
        }
        let now = self.now;
        let startable = steps
            .open
            .iter()
            .any(|slot| !slot.called && slot.ready <= now);
        if startable {
            if now.after(CALL) >= held.lease_ends {
                let write = self.renewal(&held);
                return self.make(w, held, write, heard, scope);
            }
            for slot in steps
                .open
                .iter_mut()
                .filter(|slot| !slot.called && slot.ready <= now)
            {
                slot.called = true;
                if let Some(progress) = held.saga.progress_mut(&slot.step) {
                    progress.retry_at = None;
                }
                if let Some(entry) = held.ledger.get(&slot.step) {
                    let thing = Thing::of(entry);
                    let effect = match steps.direction {
                        Direction::Execute => Effect::Make(thing),
                        Direction::Compensate => Effect::Remove(thing),
                    };
                    self.start(w, effect);
                }
            }
            held.doing = Doing::Steps(steps);
            self.workers[w] = Phase::Driving(Box::new(held));
            return heard;
        }
        if under_way {
            return false;
        }
        let until = steps
            .open
            .iter()
            .map(|slot| slot.ready)
            .min()
            .unwrap_or(now);
        self.wait(w, held, until, scope);
        heard
    }

    /// Gives the lease back until a time.
    pub fn wait(&mut self, w: usize, held: Held, until: Timestamp, scope: &Scope) {
        let write = Write::Wait(held.progress(), held.seen, until);
        self.release(w, held, until, write, scope);
    }

    /// Starts a call.
    pub fn start(&mut self, w: usize, effect: Effect) {
        let lands_by = self.now.after(LATE);
        self.calls.push(Call {
            by: Some(w),
            effect,
            lands_by,
        });
        self.calls.sort_by_key(|call| (call.lands_by, call.effect));
    }

    /// Compares with what exists, removes what no ledger knows, and vouches.
    fn audit(&mut self, w: usize, mut held: Held, heard: bool, scope: &Scope) -> bool {
        if self.now.after(CALL) >= held.lease_ends {
            let write = self.renewal(&held);
            return self.make(w, held, write, heard, scope);
        }
        let stray = self
            .cloud
            .things()
            .into_iter()
            .find(|thing| !thing.is_expected(&held.ledger));
        if let Some(stray) = stray.filter(|_| !scope.lacks(Breakage::NoListing)) {
            self.start(w, Effect::Remove(stray));
            held.doing = Doing::Removing;
            self.workers[w] = Phase::Driving(Box::new(held));
            return heard;
        }
        let receipt = (held.saga.course == Course::Unwind).then(|| Receipt {
            preview_id: held.row.preview,
            installation: InstallationId::new(0),
            generation: held.row.generation,
            destroyed_at: held.row.settled.at,
            verified_at: self.now,
            checks: Vec::<Check>::new(),
            removed: Vec::new(),
            found_late: Vec::new(),
        });
        let verify_at = self.verify_at(scope);
        let trusted = held.saga.vouches == Some(held.row.suspicion) && held.lost_answers == 0;
        let vouch = Vouch {
            checkpoint: held.progress(),
            seen: held.seen,
            receipt,
            verify_at,
            now: self.now,
        };
        let write = Write::Vouch(Box::new(vouch));
        if trusted {
            return self.make(w, held, write, heard, scope);
        }
        self.release(w, held, verify_at, write, scope);
        heard
    }
}

/// What a step returns.
pub fn raw_null() -> std::sync::Arc<serde_json::value::RawValue> {
    std::sync::Arc::from(serde_json::value::RawValue::NULL.to_owned())
}
