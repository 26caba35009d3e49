//! What a saga calls for next: a pure function of the saga and the ledger.

use crate::{Course, Ledger, LedgerEntry, PlanKind, Saga, StepId, StepState};

/// The rank of the timer: first to be made, last to be removed.
pub const TIMER_RANK: u8 = 0;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
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
pub fn next(saga: &mut Saga, ledger: &Ledger) -> Next {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Failure, Generation, PlanId, PlannedStep, Stage, Timestamp, Wakefulness};
    use serde_json::value::RawValue;

    fn raw(text: &str) -> Arc<RawValue> {
        Arc::from(RawValue::from_string(text.to_owned()).unwrap())
    }

    fn saga(course: Course, stages: &[(u8, &[&str])]) -> Saga {
        let stage = |(rank, steps): &(u8, &[&str])| Stage {
            rank: *rank,
            steps: steps
                .iter()
                .map(|step| PlannedStep {
                    step: StepId::single(step),
                    planned: Some(raw("1")),
                })
                .collect(),
        };
        Saga {
            plan: PlanId {
                kind: PlanKind::Create,
                version: 1,
            },
            job: None,
            generation: Generation(1),
            expires_at: Timestamp::default(),
            wakefulness: Wakefulness::Awake,
            sleep: None,
            course,
            target: None,
            footprint: None,
            stages: stages.iter().map(stage).map(Arc::new).collect(),
            at: 0,
            entered: false,
            started_at: Timestamp::default(),
            rejected: None,
            vouches: None,
            looked_again: false,
            progress: Vec::new(),
        }
    }

    fn ids(steps: &[&str]) -> Vec<StepId> {
        steps.iter().map(|step| StepId::single(step)).collect()
    }

    fn owning(entries: &[(u8, &str)]) -> Ledger {
        let mut ledger = Ledger::default();
        for (rank, step) in entries {
            ledger.enter(&StepId::single(step), *rank, raw("1"), Generation(1));
            ledger.finish(&StepId::single(step), raw("null"));
        }
        ledger
    }

    #[test]
    fn stages_go_forward_and_then_what_the_plan_has_not_goes() {
        let mut saga = saga(Course::Forward, &[(0, &["timer"]), (2, &["web", "api"])]);
        let mut ledger = owning(&[(0, "timer"), (0, "old-timer"), (2, "old-web")]);
        saga.enter(&mut ledger, Timestamp::default());
        assert_eq!(
            next(&mut saga, &ledger),
            Next::Enter,
            "the timer stands already"
        );
        saga.enter(&mut ledger, Timestamp::default());
        assert_eq!(
            next(&mut saga, &ledger),
            Next::Execute(ids(&["web", "api"]))
        );
        ledger.finish(&StepId::single("web"), raw("null"));
        assert_eq!(next(&mut saga, &ledger), Next::Execute(ids(&["api"])));
        ledger.finish(&StepId::single("api"), raw("null"));
        assert_eq!(
            next(&mut saga, &ledger),
            Next::Compensate(ids(&["old-web"]))
        );
        ledger.strike_out(&StepId::single("old-web"));
        assert_eq!(
            next(&mut saga, &ledger),
            Next::Compensate(ids(&["old-timer"]))
        );
        ledger.strike_out(&StepId::single("old-timer"));
        assert_eq!(next(&mut saga, &ledger), Next::Finish);
    }

    #[test]
    fn an_unwind_goes_in_reverse_and_a_stuck_step_keeps_the_timer_and_nothing_else() {
        let mut saga = saga(Course::Unwind, &[]);
        let mut ledger = owning(&[(0, "timer"), (2, "group"), (3, "rule"), (4, "web")]);
        assert_eq!(next(&mut saga, &ledger), Next::Compensate(ids(&["web"])));
        let web = StepId::single("web");
        saga.begin(&web, StepState::Removing, Timestamp::default());
        saga.progress_mut(&web).unwrap().state = StepState::Stuck;
        assert_eq!(next(&mut saga, &ledger), Next::Compensate(ids(&["rule"])));
        ledger.strike_out(&StepId::single("rule"));
        ledger.strike_out(&StepId::single("group"));
        assert_eq!(next(&mut saga, &ledger), Next::Stuck(ids(&["web"])));
        saga.retry_anew();
        assert_eq!(next(&mut saga, &ledger), Next::Compensate(ids(&["web"])));
        ledger.strike_out(&web);
        assert_eq!(next(&mut saga, &ledger), Next::Compensate(ids(&["timer"])));
        ledger.strike_out(&StepId::single("timer"));
        assert_eq!(next(&mut saga, &ledger), Next::Finish);
    }

    #[test]
    fn looking_again_carries_out_what_was_done_and_never_turns_an_unwind() {
        let stages: &[(u8, &[&str])] = &[(0, &["timer"]), (4, &["web"]), (5, &["healthy"])];
        let mut forward = saga(Course::Forward, stages);
        forward.at = 2;
        forward.entered = true;
        let mut ledger = owning(&[(0, "timer"), (4, "web")]);
        forward.look_again(&mut ledger);
        assert_eq!(next(&mut forward, &ledger), Next::Enter);
        for step in ["timer", "web", "healthy"] {
            forward.enter(&mut ledger, Timestamp::default());
            assert_eq!(next(&mut forward, &ledger), Next::Execute(ids(&[step])));
            ledger.finish(&StepId::single(step), raw("null"));
            next(&mut forward, &ledger);
        }

        let mut unwind = saga(Course::Unwind, &[]);
        let mut ledger = owning(&[(0, "timer"), (4, "web")]);
        unwind.look_again(&mut ledger);
        assert!(ledger.entries().iter().all(|entry| entry.done));
    }

    #[test]
    fn a_refused_plan_never_looks_finished() {
        let mut saga = saga(Course::Forward, &[]);
        assert_eq!(next(&mut saga, &Ledger::default()), Next::Finish);
        saga.rejected = Some(Failure::rejected(&StepId::single("x"), "no"));
        assert_eq!(next(&mut saga, &Ledger::default()), Next::TurnRound);
        saga.course = Course::Unwind;
        saga.plan.kind = PlanKind::Verify;
        assert_eq!(next(&mut saga, &Ledger::default()), Next::Audit);
    }
}
