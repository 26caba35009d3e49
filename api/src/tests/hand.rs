//! A worker by hand: carries sagas out that have no calls to make.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tempus_engine::sqlite::SqliteEngine;
use tempus_engine::{Clock, DeadLetter, DeadLetterId, Store, SystemClock};
use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::claim::{Claim, Fresh};
use tempus_model::transition::settle::Settle;
use tempus_model::transition::sleep::Idleness;
use tempus_model::transition::vouch::Vouch;
use tempus_model::transition::{Fence, Seen};
use tempus_model::{
    Course, Desired, Failure, Job, Nonce, Parked, PlanId, PlanKind, PreviewId, Receipt, Row, Saga,
    StepId, StepState, Timestamp, WorkerId,
};

pub(super) struct Hand {
    engine: SqliteEngine,
}

impl Hand {
    pub fn new(engine: SqliteEngine) -> Self {
        Self { engine }
    }

    pub fn store(&self) -> Arc<dyn Store> {
        self.engine.store()
    }

    /// How many previews have been read since the start.
    pub fn read(&self) -> u64 {
        self.engine.stats().given_out
    }

    pub async fn row(&self, preview: &str) -> Row {
        let id: PreviewId = preview.parse().unwrap();
        self.store().get(id).await.unwrap().unwrap().row
    }

    pub async fn hints(&self) -> usize {
        let depth = self.engine.queue().depth().await.unwrap();
        usize::try_from(depth.visible).unwrap()
    }

    /// Takes the hints that there are, and how many those were.
    pub async fn take_hints(&self) -> usize {
        let queue = self.engine.queue();
        let taken = queue.receive(10, Duration::ZERO).await.unwrap();
        let handles: Vec<_> = taken.into_iter().map(|hint| hint.handle).collect();
        queue.delete(&handles).await.unwrap();
        handles.len()
    }

    /// Carries the newest job out: the preview is ready.
    pub async fn make(&self, preview: &str) {
        let (row, now) = self.begin(preview, Course::Forward, PlanKind::Create).await;
        self.settle(row, now).await;
    }

    /// Carries the newest job out: the preview is ready, and its one process has run since then.
    pub async fn run(&self, preview: &str, since: Timestamp) {
        let (row, now) = self.begin(preview, Course::Forward, PlanKind::Create).await;
        let mut write = written(row, now);
        let planned = RawValue::from_string("1".to_owned()).unwrap();
        let generation = write.saga.generation;
        write
            .ledger
            .enter(&process(), 1, planned.clone().into(), generation);
        write.ledger.finish(&process(), planned.into());
        finish(&mut write, StepState::Done, since);
        let row = self.store().checkpoint(&write).await.unwrap();
        self.settle(row, now).await;
    }

    /// Carries the destroy out: its one process has ended then.
    pub async fn end(&self, preview: &str, at: Timestamp) {
        let (row, now) = self.begin(preview, Course::Unwind, PlanKind::Destroy).await;
        let mut write = written(row, now);
        write.ledger.strike_out(&process());
        finish(&mut write, StepState::Removed, at);
        let row = self.store().checkpoint(&write).await.unwrap();
        self.settle(row, now).await;
    }

    /// Carries the newest job out: the preview is gone, and its verify is due.
    pub async fn remove(&self, preview: &str) {
        let (row, now) = self.begin(preview, Course::Unwind, PlanKind::Destroy).await;
        self.settle(row, now).await;
    }

    /// Writes the receipt of a preview that is gone.
    pub async fn prove(&self, preview: &str) {
        let (row, now) = self.begin(preview, Course::Unwind, PlanKind::Verify).await;
        let receipt = Receipt {
            preview_id: row.preview,
            installation: self.engine.installation(),
            generation: row.generation,
            destroyed_at: now,
            verified_at: now,
            checks: Vec::new(),
            removed: Vec::new(),
            found_late: Vec::new(),
        };
        let vouch = Vouch {
            seen: Seen::of(&row),
            checkpoint: written(row, now),
            receipt: Some(receipt),
            verify_at: now,
            now,
        };
        self.store().vouch(&vouch).await.unwrap();
    }

    /// Lets it be idle, and puts it to sleep.
    pub async fn put_to_sleep(&self, preview: &str) {
        let row = self.row(preview).await;
        let (id, idle) = (row.preview, row.idle_at.unwrap());
        let store = self.store();
        let dozed = store.doze(id, row.version, Idleness::Idle, idle).await;
        assert!(dozed.unwrap());
        let (row, now) = self.begin(preview, Course::Forward, PlanKind::Update).await;
        self.settle(row, now).await;
    }

    /// Parks the newest job's saga on a step whose resource the preview owns, or not.
    pub async fn park(&self, preview: &str, owns: Option<&str>) {
        let (row, now) = self.begin(preview, Course::Unwind, PlanKind::Destroy).await;
        let seen = Seen::of(&row);
        let mut write = written(row, now);
        let step = StepId::single("process");
        if let Some(name) = owns {
            let planned = RawValue::from_string(format!("{name:?}")).unwrap();
            let generation = write.saga.generation;
            write.ledger.enter(&step, 1, planned.into(), generation);
        }
        write.saga.begin(&step, StepState::Stuck, now);
        let parked = Parked {
            failure: Failure::rejected(&step, "it does not end"),
            since: now,
        };
        self.store().park(&write, seen, parked).await.unwrap();
    }

    pub async fn unreadable_message(&self, id: &str) {
        let letter = DeadLetter {
            id: DeadLetterId(id.to_owned()),
            body: "{".to_owned(),
            reason: "not a message".to_owned(),
            at: SystemClock.now(),
        };
        self.store().put_dead_letter(&letter).await.unwrap();
    }

    /// Claims the row and begins a saga without steps.
    async fn begin(&self, preview: &str, course: Course, kind: PlanKind) -> (Row, Timestamp) {
        let row = self.row(preview).await;
        let now = SystemClock.now().max(row.due_at.unwrap());
        let target = match &row.desired {
            Desired::Present(spec) => Some(*spec),
            Desired::Absent(_) => None,
        };
        let spec = match target {
            Some(spec) => self.store().spec(row.preview, spec).await.unwrap(),
            None => None,
        };
        let footprint = spec.map(|spec| spec.footprint());
        let saga = Saga {
            plan: PlanId { kind, version: 1 },
            job: row.pending,
            generation: row.generation,
            expires_at: row.expires_at,
            wakefulness: row.wakefulness,
            sleep: match target {
                Some(id) => {
                    self.store()
                        .spec(row.preview, id)
                        .await
                        .unwrap()
                        .unwrap()
                        .sleep
                }
                None => None,
            },
            course,
            target,
            footprint,
            stages: Vec::new(),
            at: 0,
            entered: false,
            started_at: now,
            rejected: None,
            vouches: (kind == PlanKind::Verify).then_some(row.suspicion),
            looked_again: false,
            progress: Vec::new(),
        };
        let claim = Claim {
            worker: WorkerId("hand".to_owned()),
            nonce: Nonce(7),
            message: None,
            looked_at: row.version,
            fresh: Some(Fresh {
                saga,
                ledger: row.ledger,
            }),
            now,
            lease: Duration::from_secs(30),
            margin: Duration::ZERO,
        };
        (self.store().claim(row.preview, &claim).await.unwrap(), now)
    }

    async fn settle(&self, row: Row, now: Timestamp) {
        let job = self.job(&row).await;
        let settle = Settle {
            seen: Seen::of(&row),
            checkpoint: written(row, now),
            job,
            verify_at: now.after(Duration::from_secs(2)),
            now,
        };
        self.store().settle(&settle).await.unwrap();
    }

    async fn job(&self, row: &Row) -> Option<Job> {
        let job = row.saga.as_ref().unwrap().job?;
        self.store().job(job.id).await.unwrap()
    }
}

fn process() -> StepId {
    StepId::of("process", "web")
}

/// The process's step has come to this, then.
fn finish(write: &mut Checkpoint, state: StepState, at: Timestamp) {
    write.saga.begin(&process(), state, at);
    let progress = write.saga.progress_mut(&process()).unwrap();
    progress.state = state;
    progress.finished_at = Some(at);
}

/// The holder's next write.
fn written(row: Row, now: Timestamp) -> Checkpoint {
    Checkpoint {
        fence: Fence {
            preview: row.preview,
            epoch: row.epoch,
            nonce: row.nonce,
            wseq: row.wseq + 1,
        },
        saga: row.saga.unwrap(),
        ledger: row.ledger,
        lost_answers: 0,
        lease_until: now,
    }
}
