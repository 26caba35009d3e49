//! What a saga calls for next: a pure function of the saga and the ledger.

use tempus_model::{Course, Ledger, LedgerEntry, PlanKind, Saga, StepId, StepState};
use tempus_steps::common::TIMER_RANK;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// List the current stage's steps in the ledger.
    Enter,
    /// Carry these steps out, at the same time.
    Execute(Vec<StepId>),
    /// Compensate these steps, at the same time.
    Compensate(Vec<StepId>),
    /// The saga was rejected and has not been turned round yet.
    TurnRound,
    /// Compare with what really exists.
    Audit,
    /// Everything that can be done is done, but these compensations are stuck.
    Stuck(Vec<StepId>),
    /// Done.
    Finish,
}

/// What comes next. Moves `saga.at` over stages that are done.
pub(crate) fn next(saga: &mut Saga, ledger: &Ledger) -> Next {
    if saga.course == Course::Forward && saga.rejected.is_some() {
        return Next::TurnRound;
    }
    if saga.course != Course::Unwind {
        while let Some(stage) = saga.stages.get(saga.at) {
            if !saga.entered {
                return Next::Enter;
            }
            let is_open = |step: &StepId| ledger.get(step).is_some_and(|entry| !entry.done);
            let open: Vec<_> = stage
                .steps
                .iter()
                .map(|s| s.step.clone())
                .filter(is_open)
                .collect();
            if !open.is_empty() {
                return Next::Execute(open);
            }
            saga.at += 1;
            saga.entered = false;
        }
    }
    let excess: Vec<_> = ledger
        .entries()
        .iter()
        .filter(|entry| saga.course == Course::Unwind || !saga.plans(&entry.step))
        .collect();
    match compensate(saga, &excess) {
        Some(next) => next,
        None if saga.plan.kind == PlanKind::Verify => Next::Audit,
        None => Next::Finish,
    }
}

/// The highest rank that can still be compensated. A stuck step does not stop the ranks below it,
/// but the timer goes only when nothing else is left: it is what destroys what remains.
fn compensate(saga: &Saga, excess: &[&LedgerEntry]) -> Option<Next> {
    let is_stuck = |entry: &LedgerEntry| {
        saga.progress(&entry.step)
            .is_some_and(|p| p.state == StepState::Stuck)
    };
    let only_timers = excess.iter().all(|entry| entry.rank == TIMER_RANK);
    let free = || {
        let allowed = |entry: &&&LedgerEntry| entry.rank != TIMER_RANK || only_timers;
        excess
            .iter()
            .filter(allowed)
            .filter(|entry| !is_stuck(entry))
    };
    let Some(rank) = free().map(|entry| entry.rank).max() else {
        let stuck: Vec<_> = excess
            .iter()
            .filter(|e| is_stuck(e))
            .map(|e| e.step.clone())
            .collect();
        return (!stuck.is_empty()).then_some(Next::Stuck(stuck));
    };
    let steps = free()
        .filter(|entry| entry.rank == rank)
        .map(|entry| entry.step.clone());
    Some(Next::Compensate(steps.collect()))
}
