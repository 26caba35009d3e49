//! What a preview's life costs: a preview of one service on ECS, step by step as the worker drives
//! it, from the create to the receipt, with rows as long as the real ones; one that is ready for a minute
//! and ends by its expiry, and one that somebody destroys long before it. Prints the table that `docs/aws.md` has,
//! and holds every number of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::value::RawValue;
use tempus_model::transition::Seen;
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::settle::Settle;
use tempus_model::transition::vouch::Vouch;
use tempus_model::{
    Actor, Check, Footprint, JobId, PlannedStep, Receipt, Removed, Row, Stage, StepId, StepState,
    Timestamp,
};
use uuid::Uuid;

use super::billing::{Bill, Billed};
use crate::conformance::{at, claim, new_preview, next_write};
use crate::testing::emulator::Emulator;
use crate::{Listener, NewPreview, Outgoing, Queue, Reserve, Store};

/// Rank, step, what is planned for it, what it makes.
const STEPS: [(u8, &str, &str, &str); 6] = [
    (
        0,
        "timer:1a2b3c4d5e6",
        r#"{"name":"tempus-3fa94c1e-7b0d9c52-1a2b3c4d5e6","fires_at":"2026-11-21T04:33:51.000Z"}"#,
        "null",
    ),
    (
        2,
        "target-group:web",
        r#"{"name":"t3fa94c1e-7b0d9c52-web","service":"web","port":8080,"health_path":"/"}"#,
        r#"{"arn":"arn:aws:elasticloadbalancing:ap-southeast-2:482913750264:targetgroup/t3fa94c1e-7b0d9c52-web/50dc6c495c0c9188","health_path":"/"}"#,
    ),
    (
        2,
        "task-definition:web.91b2c3d4",
        r#"{"family":"tempus-3fa94c1e-7b0d9c52-web-91b2c3d4","service":"web","spec":"f3a9b1c2d4e5f607"}"#,
        r#"{"arn":"arn:aws:ecs:ap-southeast-2:482913750264:task-definition/tempus-3fa94c1e-7b0d9c52-web-91b2c3d4:1"}"#,
    ),
    (
        3,
        "rule:web.a7c1e5d9",
        r#"{"name":"tempus-3fa94c1e-7b0d9c52-web-a7c1e5d9","service":"web","listener":"arn:aws:elasticloadbalancing:ap-southeast-2:482913750264:listener/app/previews-a1/9d3f0e1b2c4a5d68/7c6b5a4938271605","target_group":"t3fa94c1e-7b0d9c52-web","condition":{"hosts":["pr-412.a1.example.com"],"paths":[]},"pool":"priority/a1","priorities":[49536,49922]}"#,
        r#"{"arn":"arn:aws:elasticloadbalancing:ap-southeast-2:482913750264:listener-rule/app/previews-a1/9d3f0e1b2c4a5d68/7c6b5a4938271605/e4d3c2b1a0f98765"}"#,
    ),
    (
        4,
        "service:web",
        r#"{"name":"tempus-3fa94c1e-7b0d9c52-web","service":"web","family":"tempus-3fa94c1e-7b0d9c52-web-91b2c3d4","port":8080,"target_group":"t3fa94c1e-7b0d9c52-web","mesh":null}"#,
        r#"{"arn":"arn:aws:ecs:ap-southeast-2:482913750264:service/previews/tempus-3fa94c1e-7b0d9c52-web","port":8080}"#,
    ),
    (
        5,
        "healthy:web",
        r#"{"name":"tempus-3fa94c1e-7b0d9c52-web","service":"web","family":"tempus-3fa94c1e-7b0d9c52-web-91b2c3d4","spec":"f3a9b1c2d4e5f607","target_group":"t3fa94c1e-7b0d9c52-web"}"#,
        "null",
    ),
];

/// Of the smallest task, as its row has it.
const FOOTPRINT: Footprint = Footprint {
    cpu: 256,
    memory: 512,
    tasks: 1,
};

/// When the preview is ready, in seconds after its create; a few seconds early, as its worker counts.
const READY_AT: i64 = 60;

/// A preview on its way, as its worker has it.
struct Story<'b> {
    store: Arc<dyn Store>,
    bill: &'b mut Bill,
    row: Row,
    now: i64,
}

impl Story<'_> {
    async fn claims(&mut self, requests: usize) {
        self.now += 1;
        let preview = self.row.preview;
        let looked = self.store.get(preview).await.unwrap().unwrap().row;
        let mut claim = claim(&looked, at(self.now));
        claim.worker.0 = "ip-10-0-3-17.ap-southeast-2.compute.internal/4821".to_owned();
        claim.message = Some(tempus_model::MessageId(Uuid::new_v4().to_string()));
        if let Some(fresh) = &mut claim.fresh
            && looked.desired.is_present()
        {
            fresh.saga.stages = stages().into_iter().map(Arc::new).collect();
            fresh.saga.footprint = Some(FOOTPRINT);
            fresh.saga.enter(&mut fresh.ledger, at(self.now));
        }
        self.row = self.store.claim(preview, &claim).await.unwrap();
        let cost = billed(requests, 1.0);
        self.bill.took("look and claim", cost).await;
    }

    /// The next write with a step carried out or, in an unwind, compensated.
    fn with(&mut self, place: usize) -> tempus_model::transition::checkpoint::Checkpoint {
        self.now += 1;
        let (rank, step, planned, output) = STEPS[place];
        let mut write = next_write(&self.row, at(self.now));
        let id = step_id(step);
        let unwinds = !self.row.desired.is_present();
        let state = if unwinds {
            StepState::Removing
        } else {
            StepState::Running
        };
        write.saga.begin(&id, state, at(self.now));
        if unwinds {
            write.ledger.strike_out(&id);
        } else {
            write.ledger.finish(&id, raw(output));
        }
        let named = serde_json::from_str::<serde_json::Value>(planned).unwrap();
        let named = named.get("name").or_else(|| named.get("family")).unwrap();
        let progress = write.saga.progress_mut(&id).unwrap();
        progress.state = if unwinds {
            StepState::Removed
        } else {
            StepState::Done
        };
        progress.attempts += 1;
        progress.finished_at = Some(at(self.now + 1));
        progress.resource = named.as_str().map(Arc::from);
        let last_of_stage = STEPS.get(place + 1).is_none_or(|next| next.0 != rank);
        if !unwinds && last_of_stage {
            write.saga.at += 1;
            write.saga.enter(&mut write.ledger, at(self.now));
        }
        write
    }

    async fn checkpoints(&mut self, place: usize) {
        let write = self.with(place);
        self.row = self.store.checkpoint(&write).await.unwrap();
        let part = format!("checkpoint: {}", STEPS[place].1);
        self.bill.took(&part, billed(1, 1.0)).await;
    }

    /// The number that the rule's step takes from its pool.
    async fn reserves(&mut self) {
        let ask = Reserve {
            preview: self.row.preview,
            pool: "priority/a1".to_owned(),
            item: "web.a7c1e5d9".to_owned(),
            range: 49_536..=49_922,
            avoid: BTreeSet::new(),
        };
        self.store.reserve(&ask).await.unwrap();
        self.bill.took("reserve a priority", billed(4, 2.0)).await;
    }

    /// Waits for the service, until an event says that it is up.
    async fn waits(&mut self) {
        let write = next_write(&self.row, at(self.now));
        let until = at(self.now + 45);
        let waits = self.store.wait(&write, Seen::of(&self.row), until);
        self.row = waits.await.unwrap();
        self.now += 30;
        self.bill.took("wait", billed(1, 1.0)).await;
        let woken = self.store.wake(self.row.preview, at(self.now)).await;
        assert!(woken.unwrap());
        self.bill.took("an event", billed(2, 1.0)).await;
        self.claims(2).await;
    }

    async fn settles(&mut self, place: usize, part: &str, cost: Billed) {
        let checkpoint = self.with(place);
        let job = checkpoint.saga.job.unwrap();
        let settle = Settle {
            checkpoint,
            job: self.store.job(job.id).await.unwrap(),
            seen: Seen::of(&self.row),
            verify_at: at(self.now + 360),
            now: at(self.now),
        };
        self.row = self.store.settle(&settle).await.unwrap();
        self.bill.took(part, cost).await;
    }
}

fn stages() -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for (rank, step, planned, _) in STEPS {
        let planned = PlannedStep {
            step: step_id(step),
            planned: Some(raw(planned)),
        };
        match stages.last_mut() {
            Some(stage) if stage.rank == rank => stage.steps.push(planned),
            _ => stages.push(Stage {
                rank,
                steps: vec![planned],
            }),
        }
    }
    stages
}

fn raw(text: &str) -> Arc<RawValue> {
    Arc::from(RawValue::from_string(text.to_owned()).unwrap())
}

/// How a life ends, and what that costs: moving the due time in its index costs two units each time, and
/// is left out within a quarter of an hour.
struct End {
    ready_for: i64,
    expires: bool,
    settle_ready: f64,
    destroy: f64,
    life: f64,
}

/// Ready for a minute, until it expires.
#[tokio::test]
async fn a_life_of_a_minute_is_counted() {
    let end = End {
        ready_for: 60,
        expires: true,
        settle_ready: 2.0,
        destroy: 2.0,
        life: 50.0,
    };
    a_life(&end).await;
}

/// Destroyed by somebody while its expiry is far away.
#[tokio::test]
async fn a_life_that_is_cut_short_is_counted() {
    let end = End {
        ready_for: 600,
        expires: false,
        settle_ready: 4.0,
        destroy: 4.0,
        life: 54.0,
    };
    a_life(&end).await;
}

/// From the create to the receipt.
async fn a_life(end: &End) {
    let mut bill = Bill::open(Emulator::shared()).await;
    let (store, queue) = (bill.engine.store(), bill.engine.queue());
    let mut new = NewPreview {
        listeners: vec![Listener {
            name: "a1".to_owned(),
            slots: Some(95),
            url: "https://pr-412.a1.example.com/".to_owned(),
        }],
        ..new_preview("pr-412", at(0))
    };
    new.identity.origin.repository = Some("example/shop".to_owned());
    new.identity.origin.pr_number = Some(412);
    new.warn_before = Some(std::time::Duration::from_hours(1));
    new.job.by = somebody("pushed");
    if end.expires {
        new.expires_at = at(READY_AT + end.ready_for);
    }
    let preview = store.create(new).await.unwrap().preview;
    bill.took("create", billed(7, 17.0)).await;
    hint(&*queue).await;

    let row = store.get(preview).await.unwrap().unwrap().row;
    let mut story = Story {
        store: Arc::clone(&store),
        bill: &mut bill,
        row,
        now: 1,
    };
    story.bill.forget().await;
    story.claims(2).await;
    for (place, (_, step, ..)) in STEPS.iter().enumerate().take(5) {
        if step.starts_with("rule:") {
            story.reserves().await;
        }
        story.checkpoints(place).await;
    }
    story.waits().await;
    let ready = billed(5, end.settle_ready);
    story.settles(5, "settle: ready", ready).await;
    assert!(story.now <= READY_AT, "{}", story.now);

    story.now = READY_AT + end.ready_for;
    let job = NewJob {
        id: JobId::new(Uuid::new_v4()),
        by: somebody("closed"),
        now: at(story.now),
    };
    let why = if end.expires {
        DestroyReason::Expired(story.row.expires_at)
    } else {
        DestroyReason::Asked
    };
    store.destroy(preview, why, job, None).await.unwrap();
    let destroy = billed(4, end.destroy);
    story.bill.took("destroy", destroy).await;
    story.row = store.get(preview).await.unwrap().unwrap().row;
    story.bill.forget().await;
    story.claims(2).await;
    for place in [5, 4, 3, 2, 1] {
        story.checkpoints(place).await;
    }
    let gone = billed(8, 4.0);
    story.settles(0, "settle: gone", gone).await;

    story.now += 360;
    story.claims(3).await;
    let vouch = Vouch {
        checkpoint: next_write(&story.row, at(story.now)),
        seen: Seen::of(&story.row),
        receipt: Some(receipt(&story.row, at(story.now))),
        verify_at: at(story.now + 360),
        now: at(story.now),
    };
    let row = store.vouch(&vouch).await.unwrap();
    assert_eq!(row.receipt_at, Some(at(story.now)));
    story.bill.took("receipt", billed(10, 7.0)).await;
    bill.total(end.life);
}

/// As long as the real ones.
fn somebody(did: &str) -> Actor {
    let by = serde_json::json!({
        "person": {"id": 21_031_067, "login": "codertocat-the-third"}, "did": did,
    });
    Actor::on_github(Some(&serde_json::from_value(by).unwrap()))
}

/// Sent, received, deleted: three requests.
async fn hint(queue: &dyn Queue) {
    let body = "{}".to_owned();
    let now = Outgoing {
        body,
        group: Some("ada".to_owned()),
        delay: std::time::Duration::ZERO,
        trace: None,
    };
    queue.send(&[now]).await.unwrap();
    let wait = std::time::Duration::from_secs(5);
    let received = queue.receive(10, wait).await.unwrap();
    let handles: Vec<_> = received.into_iter().map(|message| message.handle).collect();
    queue.delete(&handles).await.unwrap();
}

/// As long as the real ones.
fn receipt(row: &Row, now: Timestamp) -> Receipt {
    let check = |kind: &str| Check {
        kind: kind.to_owned(),
        by: "tag".to_owned(),
        found: Vec::new(),
    };
    let kinds = [
        "schedule",
        "target group",
        "listener rule",
        "task definition",
        "service",
    ];
    let removed = |(_, step, ..): (u8, &str, &str, &str)| Removed {
        step: step.to_owned(),
        resource: format!("tempus-3fa94c1e-7b0d9c52-{step}"),
        at: now,
    };
    Receipt {
        preview_id: row.preview,
        installation: tempus_model::InstallationId::new(0x3fa9_4c1e),
        generation: row.generation,
        destroyed_at: now,
        verified_at: now,
        checks: kinds.map(check).to_vec(),
        removed: STEPS.map(removed).to_vec(),
        found_late: Vec::new(),
    }
}

fn step_id(text: &str) -> StepId {
    let (kind, item) = text.split_once(':').unwrap();
    StepId::of(kind, item)
}

const fn billed(requests: usize, units: f64) -> Billed {
    Billed { requests, units }
}
