//! Drives a claimed saga until it ends, waits, parks, or something takes the lease away.

use std::time::Duration;

use tempus_model::{Course, Failure, Next, StepId, Timestamp, broken, next};
use tokio_util::sync::CancellationToken;

use crate::attempt::Direction;
use crate::group::{GroupEnd, GroupRun};
use crate::held::{Held, NotWritten};
use crate::verify::AuditEnd;
use crate::{Parts, Tasks, WorkerConfig, metrics};

/// Verifies come in rounds, as many of them as fit into the delay before one: those of a round share
/// what a platform takes several of in one call, and nobody waits for a receipt.
const VERIFY_ROUNDS: u32 = 12;

/// How a claim ended.
#[derive(Debug)]
pub(crate) enum DriveEnd {
    /// The lease was given back in the write that said what happens next.
    Released,
    /// The lease was given back because the worker stops; another one goes on at once.
    HandedOver,
    /// The lease was lost. Nothing more was written, and the message is left alone.
    Lost,
}

/// One claim being carried out.
pub(crate) struct Drive<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) config: &'a WorkerConfig,
    pub(crate) tasks: &'a Tasks,
    pub(crate) stopping: CancellationToken,
    pub(crate) held: Held,
}

impl Drive<'_> {
    /// Carries the saga on as far as it goes.
    pub(crate) async fn run(&mut self) -> DriveEnd {
        loop {
            match self.advance().await {
                Ok(Some(end)) => return end,
                Ok(None) | Err(NotWritten::Moved) => {}
                Err(NotWritten::Lost) => {
                    tracing::warn!("the lease was lost: letting go");
                    metrics::lease_lost();
                    return DriveEnd::Lost;
                }
            }
        }
    }

    /// One move of the saga; `Some` if it was the last of this claim.
    async fn advance(&mut self) -> Result<Option<DriveEnd>, NotWritten> {
        let now = self.parts.now();
        if self.held.has_moved() {
            self.turn(now).await?;
            return Ok(None);
        }
        if self.stopping.is_cancelled() {
            return self.hand_over().await.map(Some);
        }
        match next(&mut self.held.saga, &self.held.ledger) {
            Next::Enter => {
                let held = &mut self.held;
                held.saga.enter(&mut held.ledger, now);
                // A stage whose steps are all done already needs no write: nothing is started.
                if matches!(next(&mut held.saga, &held.ledger), Next::Execute(_)) {
                    held.checkpoint().await?;
                }
                Ok(None)
            }
            Next::Execute(steps) => {
                let end = self.group(Direction::Execute, steps).await?;
                self.after_group(end).await
            }
            Next::Compensate(steps) => {
                self.note_removal(&steps).await?;
                let end = self.group(Direction::Compensate, steps).await?;
                // What was struck out is recorded before anything else is removed.
                if matches!(end, GroupEnd::Finished)
                    && matches!(
                        next(&mut self.held.saga, &self.held.ledger),
                        Next::Compensate(_) | Next::Audit
                    )
                {
                    self.held.checkpoint().await?;
                }
                self.after_group(end).await
            }
            Next::TurnRound => {
                let failure = self.held.saga.rejected.clone();
                match failure {
                    Some(failure) => self.turn_round(failure, now).await,
                    None => Ok(None),
                }
            }
            Next::Audit => match self.audit().await? {
                AuditEnd::Again | AuditEnd::Clear => Ok(None),
                AuditEnd::Vouched => Ok(Some(DriveEnd::Released)),
                AuditEnd::Wait(until) => self.wait(until).await.map(Some),
                AuditEnd::Stuck(failure) => self.park(failure).await.map(Some),
            },
            Next::Stuck(steps) => self.stuck(&steps).await,
            Next::Finish => self.settle().await.map(Some),
        }
    }

    /// Compensations cannot go on: looks what is in their way, and asks a person if that is nothing.
    async fn stuck(&mut self, steps: &[StepId]) -> Result<Option<DriveEnd>, NotWritten> {
        let progress = steps.first().and_then(|step| self.held.saga.progress(step));
        let reason = progress.and_then(|p| p.error.clone()).unwrap_or_default();
        match self.clear_the_way().await? {
            AuditEnd::Again => Ok(None),
            AuditEnd::Wait(until) => self.wait(until).await.map(Some),
            AuditEnd::Stuck(failure) => self.park(failure).await.map(Some),
            AuditEnd::Clear | AuditEnd::Vouched => match steps.first() {
                Some(step) => {
                    let failure = Failure::rejected(step, format!("cannot be removed: {reason}"));
                    self.park(failure).await.map(Some)
                }
                None => Ok(None),
            },
        }
    }

    /// Writes down, before the first call, that something is being removed that another spec may
    /// want again: half removed it must not count as done. An unwind never turns back.
    async fn note_removal(&mut self, steps: &[StepId]) -> Result<(), NotWritten> {
        if self.held.saga.course == Course::Unwind {
            return Ok(());
        }
        let ledger = &mut self.held.ledger;
        let noted = steps.iter().filter(|step| ledger.begin_removal(step));
        if noted.count() > 0 {
            self.held.checkpoint().await?;
        }
        Ok(())
    }

    async fn group(
        &mut self,
        direction: Direction,
        steps: Vec<StepId>,
    ) -> Result<GroupEnd, NotWritten> {
        let run = GroupRun {
            parts: self.parts,
            config: self.config,
            tasks: self.tasks,
            stopping: &self.stopping,
            direction,
        };
        run.run(&mut self.held, steps).await
    }

    async fn after_group(&mut self, end: GroupEnd) -> Result<Option<DriveEnd>, NotWritten> {
        match end {
            GroupEnd::Finished | GroupEnd::Moved => Ok(None),
            GroupEnd::Rejected(failure) => {
                if self.looks_again() {
                    tracing::warn!(
                        reason = %failure.reason,
                        "rejected, perhaps by what a late call did: looking at every step again"
                    );
                    self.held.look_again().await?;
                    return Ok(None);
                }
                let now = self.parts.now();
                self.turn_round(failure, now).await
            }
            GroupEnd::Wait { until, told: false } => self.wait(until).await.map(Some),
            // An event brings the next worker, or else the reminder.
            GroupEnd::Wait { until, told: true } => self.give_back(until).await.map(Some),
            GroupEnd::Stopping => self.hand_over().await.map(Some),
        }
    }

    /// Whether a rejection is not believed yet: what was done for a suspect row may have been undone.
    fn looks_again(&self) -> bool {
        let saga = &self.held.saga;
        self.held.is_suspect() && saga.course != Course::Unwind && !saga.looked_again
    }

    /// Points the saga at what is wanted now.
    async fn turn(&mut self, now: Timestamp) -> Result<(), NotWritten> {
        let planned = self
            .parts
            .turned(&self.held.snapshot, &self.held.saga, now)
            .await;
        match planned {
            Ok(saga) => {
                tracing::info!(
                    generation = %saga.generation,
                    course = ?saga.course,
                    "something else is wanted: turning the saga"
                );
                self.held.turn(saga, now).await
            }
            Err(error) => self.held.retry_later(&error).await,
        }
    }

    /// Turns a rejected saga round, or parks it where there is nothing to turn to.
    async fn turn_round(
        &mut self,
        failure: Failure,
        now: Timestamp,
    ) -> Result<Option<DriveEnd>, NotWritten> {
        // Noted first: should something else be wanted by now, the job that is left behind still
        // ends with what it met.
        let failure = self.held.saga.rejected.get_or_insert(failure).clone();
        let (snapshot, saga) = (&self.held.snapshot, &self.held.saga);
        match self
            .parts
            .turned_round(snapshot, saga, failure.clone(), now)
            .await
        {
            _ if self.held.has_moved() => Ok(None),
            Ok(Some(next)) => {
                tracing::warn!(reason = %failure.reason, course = ?next.course, "turning round");
                self.held.turn(next, now).await?;
                Ok(None)
            }
            Ok(None) => {
                // A replay tries again what was rejected, unless there is no plan to try.
                let saga = &mut self.held.saga;
                if saga.course == Course::Forward && !saga.stages.is_empty() {
                    saga.rejected = None;
                }
                self.park(failure).await.map(Some)
            }
            Err(error) => self.held.retry_later(&error).await.map(|()| None),
        }
    }

    /// When a verify of this row may come: later than any call that may still land.
    pub(crate) fn verify_at(&self, now: Timestamp) -> Timestamp {
        if broken!(VerifyAtOnce) {
            return now;
        }
        let delay = self.config.verify_delay;
        let delay = delay.unwrap_or_else(|| self.parts.platform.verify_delay());
        together(now.after(delay), delay / VERIFY_ROUNDS)
    }

    async fn settle(&mut self) -> Result<DriveEnd, NotWritten> {
        let now = self.parts.now();
        let verify_at = self.verify_at(now);
        let verifies = self.held.saga.course == Course::Unwind || self.held.is_suspect();
        if verifies && !broken!(LateHint) {
            self.send_ahead(verify_at).await;
        } else if let Some(sleep) = self.held.may_be_idle_after() {
            self.send_ahead(now.after(sleep)).await;
        }
        self.send_for_warning().await;
        self.held.settle(verify_at).await?;
        self.send_late(verifies && !broken!(LateHint)).await;
        let saga = &self.held.saga;
        tracing::info!(
            plan = %saga.plan,
            phase = %self.held.row().phase(),
            rejected = saga.rejected.is_some(),
            "settled"
        );
        self.after_release().await;
        Ok(DriveEnd::Released)
    }

    async fn wait(&mut self, until: Timestamp) -> Result<DriveEnd, NotWritten> {
        if !broken!(LateHint) {
            self.send_ahead(until).await;
        }
        let end = self.give_back(until).await?;
        if broken!(LateHint) {
            self.send_ahead(until).await;
        }
        Ok(end)
    }

    async fn give_back(&mut self, until: Timestamp) -> Result<DriveEnd, NotWritten> {
        self.held.wait(until).await?;
        self.after_release().await;
        Ok(DriveEnd::Released)
    }

    async fn park(&mut self, failure: Failure) -> Result<DriveEnd, NotWritten> {
        tracing::error!(
            reason = %failure.reason,
            step = failure.step.as_ref().map(tracing::field::display),
            "parked: this saga needs a person"
        );
        self.held.park(failure).await?;
        metrics::parked();
        self.after_release().await;
        Ok(DriveEnd::Released)
    }

    async fn hand_over(&mut self) -> Result<DriveEnd, NotWritten> {
        self.held.wait(self.parts.now()).await?;
        Ok(DriveEnd::HandedOver)
    }
}

/// The first round that is no earlier, of rounds that are so far apart, on every worker's clock.
fn together(earliest: Timestamp, apart: Duration) -> Timestamp {
    let apart = i64::try_from(apart.as_millis()).unwrap_or(i64::MAX).max(1);
    let into_round = earliest.millis().rem_euclid(apart);
    let left = if into_round == 0 {
        0
    } else {
        apart - into_round
    };
    Timestamp::from_millis(earliest.millis().saturating_add(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verify_comes_with_the_next_round_and_never_earlier() {
        let apart = Duration::from_secs(30);
        let at = |millis| together(Timestamp::from_millis(millis), apart).millis();
        assert_eq!(at(60_000), 60_000);
        assert_eq!(at(60_001), 90_000);
        assert_eq!(at(89_999), 90_000);
        let alone = together(Timestamp::from_millis(7), Duration::ZERO);
        assert_eq!(alone.millis(), 7, "no delay, no rounds");
    }
}
