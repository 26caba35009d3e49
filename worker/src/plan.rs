//! Makes the saga that a row calls for.

use std::sync::Arc;

use tempus_engine::StoreError;
use tempus_model::transition::claim::Fresh;
use tempus_model::{
    Course, Desired, Failure, FailureKind, Footprint, JobKind, JobRef, PlanId, PlanKind, Row, Saga,
    Snapshot, SpecId, Stage, State, Timestamp, Ttl, Wakefulness, Work,
};
use tempus_steps::{PlanRequest, StepError};

use crate::Parts;

impl Parts {
    /// The saga to begin for this row, which has none, with its first stage entered. `None` when
    /// the row calls for nothing new.
    pub(crate) async fn fresh(
        &self,
        snapshot: &Snapshot,
        work: Work,
        now: Timestamp,
    ) -> Result<Option<Fresh>, StoreError> {
        let row = &snapshot.row;
        let (kind, job) = match work {
            Work::Begin(job) => (plan_kind(job.kind), Some(job)),
            Work::MoveTimer | Work::SleepOrWake => (PlanKind::Update, None),
            Work::Verify => (PlanKind::Verify, None),
            Work::Expire
            | Work::Resume
            | Work::Turn
            | Work::LookIfIdle
            | Work::Warn
            | Work::Nothing => {
                return Ok(None);
            }
        };
        let mut ledger = row.ledger.clone();
        let mut saga = self.towards_desired(snapshot, kind, job, now).await?;
        if kind == PlanKind::Verify {
            saga.vouches = Some(row.suspicion);
            ledger.doubt_all();
        }
        saga.enter(&mut ledger, now);
        Ok(Some(Fresh { saga, ledger }))
    }

    /// The saga that the row's saga turns to because something else is wanted now.
    pub(crate) async fn turned(
        &self,
        snapshot: &Snapshot,
        saga: &Saga,
        now: Timestamp,
    ) -> Result<Saga, StoreError> {
        let row = &snapshot.row;
        if saga.generation == row.generation {
            // Only the expiry moved, or it shall sleep or wake: the same job goes on, on the same
            // course, with another timer.
            let kind = if saga.plan.kind == PlanKind::Verify {
                PlanKind::Update
            } else {
                saga.plan.kind
            };
            let mut next = self.towards_desired(snapshot, kind, saga.job, now).await?;
            next.started_at = saga.started_at;
            next.progress.clone_from(&saga.progress);
            if saga.rejected.is_some() && next.rejected.is_none() {
                next.rejected.clone_from(&saga.rejected);
                next.course = saga.course;
            }
            return Ok(next);
        }
        let kind = match (&row.desired, row.settled.state) {
            (Desired::Absent(_), _) => PlanKind::Destroy,
            (Desired::Present(_), State::Never) => PlanKind::Create,
            (Desired::Present(_), _) => PlanKind::Update,
        };
        self.towards_desired(snapshot, kind, row.pending, now).await
    }

    /// The saga that a rejected one turns to: back to the last ready spec, or away with all of it.
    /// `None` if there is nothing to turn to and a person is needed.
    pub(crate) async fn turned_round(
        &self,
        snapshot: &Snapshot,
        saga: &Saga,
        failure: Failure,
        now: Timestamp,
    ) -> Result<Option<Saga>, StoreError> {
        let row = &snapshot.row;
        let mut next = match (row.settled.state, row.settled.spec) {
            (State::Never, _) => self.unwinding(row, saga.job, now),
            (State::Ready, Some(spec)) if saga.course == Course::Forward && saga.job.is_some() => {
                let plan = self.platform.newest(PlanKind::Update, row.wakefulness);
                let mut back = self.towards(snapshot, plan, spec, saga.job, now).await?;
                if back.rejected.is_some() {
                    return Ok(None);
                }
                back.course = Course::RollBack;
                back
            }
            _ => return Ok(None),
        };
        next.started_at = saga.started_at;
        next.progress.clone_from(&saga.progress);
        next.rejected = saga.rejected.clone().or(Some(failure));
        Ok(Some(next))
    }

    async fn towards_desired(
        &self,
        snapshot: &Snapshot,
        kind: PlanKind,
        job: Option<JobRef>,
        now: Timestamp,
    ) -> Result<Saga, StoreError> {
        let plan = self.platform.newest(kind, snapshot.row.wakefulness);
        match snapshot.row.desired {
            Desired::Present(spec) => self.towards(snapshot, plan, spec, job, now).await,
            Desired::Absent(_) => {
                let saga = self.unwinding(&snapshot.row, job, now);
                Ok(Saga { plan, ..saga })
            }
        }
    }

    async fn towards(
        &self,
        snapshot: &Snapshot,
        plan: PlanId,
        spec_id: SpecId,
        job: Option<JobRef>,
        now: Timestamp,
    ) -> Result<Saga, StoreError> {
        let mut saga = empty(&snapshot.row, plan, job, now);
        saga.target = Some(spec_id);
        match self.stages(snapshot, plan, spec_id).await? {
            Ok((stages, footprint, sleep)) => {
                saga.stages = stages.into_iter().map(Arc::new).collect();
                saga.footprint = Some(footprint);
                saga.sleep = sleep;
            }
            // Kept in the saga, so that a crash before the turn cannot lose it: an empty plan
            // that was not rejected would count as done.
            Err(failure) => saga.rejected = Some(failure),
        }
        Ok(saga)
    }

    async fn stages(
        &self,
        snapshot: &Snapshot,
        plan: PlanId,
        spec_id: SpecId,
    ) -> Result<Result<(Vec<Stage>, Footprint, Option<Ttl>), Failure>, StoreError> {
        let identity = &snapshot.identity;
        let Some(spec) = self.store.spec(identity.id, spec_id).await? else {
            return Ok(Err(unplannable(format!(
                "its specification {spec_id} is missing"
            ))));
        };
        let request = PlanRequest {
            installation: self.store.installation(),
            identity,
            spec: &spec,
            spec_id,
            expires_at: snapshot.row.expires_at,
            wakefulness: snapshot.row.wakefulness,
        };
        let stages = self.platform.stages(plan, &request);
        Ok(stages
            .map(|stages| (stages, spec.footprint(), spec.sleep))
            .map_err(|error| match error {
                StepError::Rejected { reason, detail } => Failure {
                    detail,
                    ..unplannable(reason)
                },
                other => unplannable(other.to_string()),
            }))
    }

    fn unwinding(&self, row: &Row, job: Option<JobRef>, now: Timestamp) -> Saga {
        let plan = self.platform.newest(PlanKind::Destroy, Wakefulness::Awake);
        Saga {
            course: Course::Unwind,
            ..empty(row, plan, job, now)
        }
    }
}

fn empty(row: &Row, plan: PlanId, job: Option<JobRef>, now: Timestamp) -> Saga {
    Saga {
        plan,
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

fn plan_kind(job: JobKind) -> PlanKind {
    match job {
        JobKind::Create => PlanKind::Create,
        JobKind::Update => PlanKind::Update,
        JobKind::Destroy => PlanKind::Destroy,
    }
}

fn unplannable(reason: String) -> Failure {
    Failure {
        kind: FailureKind::Rejected,
        step: None,
        reason,
        detail: Vec::new(),
    }
}
