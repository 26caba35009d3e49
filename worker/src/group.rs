//! A group of steps carried out, or compensated, at the same time.
//!
//! The group goes on until every step is done, or one is rejected, or all that is left must wait
//! for longer than the lease should be held, or something else is wanted, or the worker stops. In
//! every case the calls in flight come back first and are recorded: no call is abandoned.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tempus_model::{Failure, FailureKind, StepId, StepState, Timestamp, broken};
use tempus_steps::{Landed, Progress, StepError};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::attempt::{self, Attempt, Direction};
use crate::backoff::pause;
use crate::held::{Held, NotWritten};
use crate::metrics::{self, StepEnd};
use crate::{Parts, Tasks, WorkerConfig};

/// How a group ended. What it did is in the holder's saga and ledger; what is not written yet is
/// written with whatever the saga does next.
#[derive(Debug)]
pub(crate) enum GroupEnd {
    /// Every step is done, or stuck.
    Finished,
    /// A step was rejected.
    Rejected(Failure),
    /// Nothing can be done before this time.
    Wait {
        until: Timestamp,
        /// Whether the platform is expected to say when it is over.
        told: bool,
    },
    /// Something else is wanted now.
    Moved,
    /// The worker is stopping.
    Stopping,
}

/// What a group needs besides the row.
pub(crate) struct GroupRun<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) config: &'a WorkerConfig,
    pub(crate) tasks: &'a Tasks,
    pub(crate) stopping: &'a CancellationToken,
    pub(crate) direction: Direction,
}

struct Slot {
    /// When the next call may start.
    ready: Instant,
    failures: u32,
    in_flight: bool,
    /// Whether the platform is expected to say when that is.
    told: bool,
}

impl GroupRun<'_> {
    pub(crate) async fn run(
        mut self,
        held: &mut Held,
        steps: Vec<StepId>,
    ) -> Result<GroupEnd, NotWritten> {
        let (now, start) = (self.parts.now(), Instant::now());
        let mut slots: BTreeMap<StepId, Slot> = BTreeMap::new();
        for step in steps {
            let state = match self.direction {
                Direction::Execute => StepState::Running,
                Direction::Compensate => StepState::Removing,
            };
            let retry_at = held
                .saga
                .progress(&step)
                .and_then(|progress| progress.retry_at);
            let waited_for = retry_at.map_or(Duration::ZERO, |at| now.until(at));
            held.saga.begin(&step, state, now);
            slots.insert(
                step,
                Slot {
                    ready: start + waited_for,
                    failures: 0,
                    in_flight: false,
                    told: false,
                },
            );
        }
        let mut calls = FuturesUnordered::new();
        let mut rejected = None;

        while !slots.is_empty() {
            let stop = rejected.is_some() || held.has_moved() || self.stopping.is_cancelled();
            if !stop {
                self.start_ready(held, &mut slots, &mut calls).await?;
            }
            if rejected.is_some() && broken!(DropSiblings) {
                break;
            }
            if calls.is_empty() {
                if stop {
                    break;
                }
                let next = slots.values().map(|slot| slot.ready).min().unwrap_or(start);
                let pause = next.saturating_duration_since(Instant::now());
                if pause > self.config.in_place {
                    return Ok(GroupEnd::Wait {
                        until: self.parts.now().after(pause),
                        told: slots.values().all(|slot| slot.told),
                    });
                }
                self.pause(held, next).await?;
                continue;
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(held.renewal_due()) => held.renew().await?,
                Some(attempt) = calls.next() => {
                    // Only the death of the whole worker ends a call early.
                    let Ok(attempt) = attempt else { return Err(NotWritten::Lost) };
                    let finished = self.note(held, &mut slots, &mut rejected, attempt);
                    // The write that ends or turns the group carries the last step's outcome.
                    let last = slots.is_empty() || rejected.is_some();
                    if finished && !last {
                        held.checkpoint().await?;
                    }
                }
            }
        }

        Ok(match rejected {
            Some(failure) => GroupEnd::Rejected(failure),
            None if slots.is_empty() => GroupEnd::Finished,
            None if held.has_moved() => GroupEnd::Moved,
            None => GroupEnd::Stopping,
        })
    }

    /// Starts the calls whose time has come, each only with more lease left than it may take.
    async fn start_ready(
        &mut self,
        held: &mut Held,
        slots: &mut BTreeMap<StepId, Slot>,
        calls: &mut FuturesUnordered<JoinHandle<Attempt>>,
    ) -> Result<(), NotWritten> {
        let now = Instant::now();
        for (step, slot) in slots
            .iter_mut()
            .filter(|(_, s)| !s.in_flight && s.ready <= now)
        {
            held.make_time_for(self.config.call).await?;
            if let Some(progress) = held.saga.progress_mut(step) {
                progress.since.get_or_insert(self.parts.now());
                progress.retry_at = None;
            }
            if broken!(RecordFirst)
                && step.kind() == "definition"
                && self.direction == Direction::Execute
            {
                let made = serde_json::value::to_raw_value(&1).ok().map(Arc::from);
                held.finished(step, made, self.parts.now());
                held.checkpoint().await?;
            }
            slot.in_flight = true;
            calls.push(attempt::start(
                self.parts,
                self.tasks,
                held,
                step,
                self.direction,
            ));
        }
        Ok(())
    }

    /// Sleeps in place, then looks whether something else is wanted.
    async fn pause(&mut self, held: &mut Held, until: Instant) -> Result<(), NotWritten> {
        let renewal = held.renewal_due();
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(until) => held.look().await,
            () = tokio::time::sleep_until(renewal) => held.renew().await?,
            () = self.stopping.cancelled() => {}
        }
        Ok(())
    }

    /// Notes how an attempt ended. True if its step is finished, for better or worse.
    fn note(
        &self,
        held: &mut Held,
        slots: &mut BTreeMap<StepId, Slot>,
        rejected: &mut Option<Failure>,
        attempt: Attempt,
    ) -> bool {
        let Attempt { step, outcome } = attempt;
        let now = self.parts.now();
        let Some(slot) = slots.get_mut(&step) else {
            return false;
        };
        slot.in_flight = false;
        slot.told = matches!(outcome, Ok(Progress::Wait { told: true, .. }));
        match outcome {
            Ok(Progress::Done(output)) => {
                slots.remove(&step);
                held.finished(&step, output, now);
                self.measure(held, &step, StepEnd::Ok, now);
                return true;
            }
            Ok(Progress::Wait { after, reason, .. }) => {
                slot.ready = Instant::now() + after;
                held.waits(
                    &step,
                    StepState::Waiting,
                    reason,
                    now.after(after),
                    self.direction,
                );
            }
            Err(StepError::Rejected { reason, detail }) => {
                slots.remove(&step);
                let failure = Failure {
                    detail,
                    ..Failure::rejected(&step, reason)
                };
                self.give_up(held, &step, failure, rejected, now);
                return true;
            }
            Err(StepError::Overdue { reason, detail }) => {
                slots.remove(&step);
                let failure = Failure {
                    kind: FailureKind::Deadline,
                    detail,
                    ..Failure::rejected(&step, reason)
                };
                self.give_up(held, &step, failure, rejected, now);
                return true;
            }
            Err(error) => {
                slot.failures += 1;
                let most = match error {
                    StepError::Throttled(_) => self.config.backoff_most * 2,
                    _ => self.config.backoff_most,
                };
                if matches!(
                    error,
                    StepError::Transient {
                        landed: Landed::Unknown,
                        ..
                    }
                ) {
                    held.lost_answers += u32::from(!broken!(TrustLostAnswers));
                }
                let total = held.saga.progress_mut(&step).map_or(1, |progress| {
                    progress.attempts += 1;
                    progress.attempts
                });
                let after = pause(self.config.backoff, most, total);
                slot.ready = Instant::now() + after;
                if let Some(progress) = held.saga.progress_mut(&step) {
                    progress.pause(now, now.after(after));
                }
                let state = held
                    .saga
                    .progress(&step)
                    .map_or(StepState::Running, |p| p.state);
                held.waits(
                    &step,
                    state,
                    error.to_string(),
                    now.after(after),
                    self.direction,
                );
            }
        }
        if let Some(failure) = self.overdue(held, &step, now) {
            slots.remove(&step);
            self.give_up(held, &step, failure, rejected, now);
            return true;
        }
        false
    }

    /// The failure of a step whose deadline has passed. Judged only after an attempt, so that a
    /// machine that slept through the deadline gives the step one more chance.
    fn overdue(&self, held: &Held, step: &StepId, now: Timestamp) -> Option<Failure> {
        let progress = held.saga.progress(step)?;
        let deadline = self.parts.platform.step(step.kind())?.deadline();
        if progress.since?.after(deadline) > now {
            return None;
        }
        let last = progress.error.as_deref().unwrap_or("no answer");
        Some(Failure {
            kind: FailureKind::Deadline,
            step: Some(step.clone()),
            reason: format!("not done within {} s: {last}", deadline.as_secs()),
            detail: Vec::new(),
        })
    }

    /// Measures a step that has ended.
    fn measure(&self, held: &Held, step: &StepId, end: StepEnd, now: Timestamp) {
        let began = held.saga.progress(step).map(|progress| {
            let undone = progress.undo_started_at;
            let undone = undone.filter(|_| self.direction == Direction::Compensate);
            undone.unwrap_or(progress.started_at)
        });
        let took = began.map_or(Duration::ZERO, |began| began.until(now));
        metrics::step(step, self.direction, end, took);
    }

    /// A rejected execution turns the saga; a compensation is never given up, it is set aside for
    /// a person.
    fn give_up(
        &self,
        held: &mut Held,
        step: &StepId,
        failure: Failure,
        rejected: &mut Option<Failure>,
        now: Timestamp,
    ) {
        let end = match failure.kind {
            FailureKind::Deadline => StepEnd::Overdue,
            _ => StepEnd::Rejected,
        };
        self.measure(held, step, end, now);
        if let Some(progress) = held.saga.progress_mut(step) {
            progress.error = Some(failure.reason.clone());
            progress.retry_at = None;
            progress.state = match self.direction {
                Direction::Execute => {
                    progress.finished_at = Some(now);
                    StepState::Failed
                }
                Direction::Compensate => StepState::Stuck,
            };
        }
        match self.direction {
            Direction::Execute => {
                tracing::warn!(step = %step, reason = %failure.reason, "step rejected");
                rejected.get_or_insert(failure);
            }
            Direction::Compensate => {
                tracing::error!(step = %step, reason = %failure.reason, "compensation stuck");
            }
        }
    }
}

impl Held {
    fn finished(
        &mut self,
        step: &StepId,
        output: Option<Arc<serde_json::value::RawValue>>,
        now: Timestamp,
    ) {
        let resource = self.resource_name(step);
        let state = if let Some(output) = output {
            self.ledger.finish(step, output);
            StepState::Done
        } else {
            self.ledger.strike_out(step);
            StepState::Removed
        };
        if let Some(progress) = self.saga.progress_mut(step) {
            progress.state = state;
            progress.attempts += 1;
            progress.finished_at = Some(now);
            progress.error = None;
            progress.retry_at = None;
            progress.resource = resource;
        }
    }

    fn waits(
        &mut self,
        step: &StepId,
        state: StepState,
        reason: String,
        until: Timestamp,
        direction: Direction,
    ) {
        if let Some(progress) = self.saga.progress_mut(step) {
            if direction == Direction::Execute {
                progress.state = state;
            }
            progress.error = Some(reason);
            progress.retry_at = Some(until);
        }
    }
}
