//! The sagas that a row calls for: what `worker/src/plan.rs` does, for the model's one plan.

use std::sync::Arc;

use tempus_model::transition::claim::Fresh;
use tempus_model::{
    Course, Desired, Failure, JobKind, JobRef, PlanId, PlanKind, PlannedStep, Row, Saga, SpecId,
    Stage, State, TIMER_RANK, Timestamp, Work,
};

use crate::cloud::Thing;
use crate::world::spec;

fn stages(target: SpecId, expires_at: Timestamp) -> Vec<Stage> {
    let n = usize::from(target == spec(1));
    let things = [
        Thing::Alarm(expires_at),
        Thing::Definition(n),
        Thing::Service(n),
    ];
    let stage = |(rank, thing): (u8, Thing)| Stage {
        rank,
        steps: vec![PlannedStep {
            step: thing.step(),
            planned: Some(thing.planned()),
        }],
    };
    (TIMER_RANK..).zip(things).map(stage).collect()
}

fn empty(row: &Row, kind: PlanKind, job: Option<JobRef>, now: Timestamp) -> Saga {
    Saga {
        plan: PlanId { kind, version: 1 },
        job,
        generation: row.generation,
        expires_at: row.expires_at,
        wakefulness: row.wakefulness,
        sleep: None,
        course: Course::Forward,
        target: None,
        footprint: None,
        stages: Vec::new(),
        at: 0,
        entered: false,
        started_at: now,
        rejected: None,
        vouches: None,
        looked_again: false,
        progress: Vec::new(),
    }
}

fn towards(row: &Row, kind: PlanKind, target: SpecId, job: Option<JobRef>, now: Timestamp) -> Saga {
    Saga {
        target: Some(target),
        stages: stages(target, row.expires_at)
            .into_iter()
            .map(Arc::new)
            .collect(),
        ..empty(row, kind, job, now)
    }
}

fn unwinding(row: &Row, kind: PlanKind, job: Option<JobRef>, now: Timestamp) -> Saga {
    Saga {
        course: Course::Unwind,
        ..empty(row, kind, job, now)
    }
}

fn towards_desired(row: &Row, kind: PlanKind, job: Option<JobRef>, now: Timestamp) -> Saga {
    match row.desired {
        Desired::Present(spec) => towards(row, kind, spec, job, now),
        Desired::Absent(_) => unwinding(row, kind, job, now),
    }
}

/// The saga to begin for this row, its first stage entered.
pub fn fresh(row: &Row, now: Timestamp) -> Option<Fresh> {
    let (kind, job) = match row.work(now) {
        Work::Begin(job) => {
            let kind = match job.kind {
                JobKind::Create => PlanKind::Create,
                JobKind::Update => PlanKind::Update,
                JobKind::Destroy => PlanKind::Destroy,
            };
            (kind, Some(job))
        }
        Work::MoveTimer | Work::SleepOrWake => (PlanKind::Update, None),
        Work::Verify => (PlanKind::Verify, None),
        Work::Expire
        | Work::Resume
        | Work::Turn
        | Work::LookIfIdle
        | Work::Warn
        | Work::Nothing => {
            return None;
        }
    };
    let mut ledger = row.ledger.clone();
    let mut saga = towards_desired(row, kind, job, now);
    if kind == PlanKind::Verify {
        saga.vouches = Some(row.suspicion);
        ledger.doubt_all();
    }
    saga.enter(&mut ledger, now);
    Some(Fresh { saga, ledger })
}

/// The saga that this one turns to because something else is wanted.
pub fn turned(row: &Row, saga: &Saga, now: Timestamp) -> Saga {
    if saga.generation == row.generation {
        let kind = if saga.plan.kind == PlanKind::Verify {
            PlanKind::Update
        } else {
            saga.plan.kind
        };
        let mut next = towards_desired(row, kind, saga.job, now);
        next.progress.clone_from(&saga.progress);
        if saga.rejected.is_some() && next.rejected.is_none() {
            next.rejected.clone_from(&saga.rejected);
            next.course = saga.course;
        }
        return next;
    }
    let kind = match (&row.desired, row.settled.state) {
        (Desired::Absent(_), _) => PlanKind::Destroy,
        (Desired::Present(_), State::Never) => PlanKind::Create,
        (Desired::Present(_), _) => PlanKind::Update,
    };
    towards_desired(row, kind, row.pending, now)
}

/// The saga that a rejected one turns to; `None` if a person is needed.
pub fn turned_round(row: &Row, saga: &Saga, failure: Failure, now: Timestamp) -> Option<Saga> {
    let mut next = match (row.settled.state, row.settled.spec) {
        (State::Never, _) => unwinding(row, PlanKind::Destroy, saga.job, now),
        (State::Ready, Some(spec)) if saga.course == Course::Forward && saga.job.is_some() => {
            let back = towards(row, PlanKind::Update, spec, saga.job, now);
            Saga {
                course: Course::RollBack,
                ..back
            }
        }
        _ => return None,
    };
    next.progress.clone_from(&saga.progress);
    next.rejected = saga.rejected.clone().or(Some(failure));
    Some(next)
}
