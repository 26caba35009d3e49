//! What a preview's life costs in requests and capacity units. Prints the table; holds the parts
//! of it that are promised.

use std::sync::Arc;

use serde_json::value::RawValue;
use tempus_model::transition::Seen;
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::transition::checkpoint::Checkpoint;
use tempus_model::transition::settle::Settle;
use tempus_model::transition::vouch::Vouch;
use tempus_model::{JobId, PreviewId, Receipt, Row, StepId, Timestamp};
use uuid::Uuid;

use super::super::{AwsEngine, Usage};
use super::fresh;
use crate::conformance::{at, claim, new_preview, next_write};
use crate::testing::emulator::Emulator;
use crate::{Outgoing, Queue, Store};

const STEPS: [&str; 6] = [
    "timer",
    "target_group",
    "rule",
    "task_definition",
    "service",
    "healthy",
];

/// Adds up what each part of the story took.
struct Ledger<'e> {
    engine: &'e AwsEngine,
    before: Usage,
}

impl Ledger<'_> {
    /// The table's requests, read and write units since the last time.
    fn took(&mut self, part: &str) -> (u64, f64, f64) {
        let now = self.engine.usage();
        let dynamo = |usage: &Usage| -> u64 {
            let all = usage.requests.iter();
            all.filter(|(name, _)| name.starts_with("DynamoDB"))
                .map(|(_, count)| count)
                .sum()
        };
        let took = (
            dynamo(&now) - dynamo(&self.before),
            now.read_units - self.before.read_units,
            now.write_units - self.before.write_units,
        );
        println!(
            "{part:<34} {:>3} requests {:>6.1} read units {:>6.1} write units",
            took.0, took.1, took.2
        );
        self.before = now;
        took
    }
}

fn raw(text: &str) -> Arc<RawValue> {
    Arc::from(RawValue::from_string(text.to_owned()).unwrap())
}

/// A step's outcome, about as long as the real ones.
fn made(write: &mut Checkpoint, step: &str) {
    let step = StepId::single(step);
    let planned = raw(&format!(
        r#"{{"name":"tempus-12345678-abcdef01-{step}","port":8080}}"#
    ));
    let output = raw(&format!(
        r#""arn:aws:ecs:us-east-1:123456789012:{step}/tempus-12345678-abcdef01""#
    ));
    write.ledger.enter(&step, 1, planned, write.saga.generation);
    write.ledger.finish(&step, output);
}

async fn claimed(store: &dyn Store, preview: PreviewId, now: Timestamp) -> Row {
    let row = store.get(preview).await.unwrap().unwrap().row;
    store.claim(preview, &claim(&row, now)).await.unwrap()
}

async fn settled(store: &dyn Store, row: &Row, now: Timestamp) {
    let job = row.saga.as_ref().unwrap().job.unwrap();
    let settle = Settle {
        checkpoint: next_write(row, now),
        job: store.job(job.id).await.unwrap(),
        seen: Seen::of(row),
        verify_at: now,
        now,
    };
    store.settle(&settle).await.unwrap();
}

/// From the create to the receipt. A checkpoint is one request, and the table is the only thing
/// that it writes to.
#[tokio::test]
async fn a_life_is_counted() {
    let engine = fresh(Emulator::shared().endpoint()).await;
    let (store, queue) = (engine.store(), engine.queue());
    let before = engine.usage();
    let mut costs = Ledger {
        engine: &engine,
        before,
    };
    let preview = store
        .create(new_preview("app", at(0)))
        .await
        .unwrap()
        .preview;
    costs.took("create");
    hint(&*queue).await;

    let mut row = claimed(&*store, preview, at(1)).await;
    let (requests, ..) = costs.took("look and claim");
    assert_eq!(requests, 2);
    for step in STEPS {
        let mut write = next_write(&row, at(2));
        made(&mut write, step);
        row = store.checkpoint(&write).await.unwrap();
        let (requests, reads, writes) = costs.took(&format!("checkpoint: {step}"));
        assert_eq!(requests, 1);
        assert!(reads.abs() < 0.1, "{reads}");
        assert!(writes <= 4.0, "{writes}");
    }
    let size = serde_json::to_string(&row).unwrap().len();
    println!("the row is {size} bytes by now");
    let wait = next_write(&row, at(3));
    store.wait(&wait, Seen::of(&row), at(8)).await.unwrap();
    costs.took("wait");
    let row = claimed(&*store, preview, at(8)).await;
    costs.took("look and claim");
    settled(&*store, &row, at(9)).await;
    costs.took("settle");

    let job = NewJob {
        id: JobId::new(Uuid::new_v4()),
        now: at(20),
    };
    let why = DestroyReason::Asked;
    store.destroy(preview, why, job, None).await.unwrap();
    costs.took("destroy");
    let mut row = claimed(&*store, preview, at(21)).await;
    costs.took("look and claim");
    for step in STEPS.iter().rev() {
        let mut write = next_write(&row, at(22));
        write.ledger.strike_out(&StepId::single(step));
        row = store.checkpoint(&write).await.unwrap();
    }
    costs.took("six compensations");
    settled(&*store, &row, at(23)).await;
    costs.took("settle");

    let row = claimed(&*store, preview, at(24)).await;
    costs.took("look and claim");
    let vouch = Vouch {
        checkpoint: next_write(&row, at(25)),
        seen: Seen::of(&row),
        receipt: Some(receipt(&engine, &row)),
        verify_at: at(30),
        now: at(25),
    };
    let row = store.vouch(&vouch).await.unwrap();
    assert_eq!(row.receipt_at, Some(at(25)));
    costs.took("receipt");

    let all = engine.usage();
    for (name, count) in &all.requests {
        println!("{count:>4} {name}");
    }
    println!(
        "{:.1} read units, {:.1} write units",
        all.read_units, all.write_units
    );
}

/// Sent, received, deleted: three requests.
async fn hint(queue: &dyn Queue) {
    let body = "{}".to_owned();
    let now = Outgoing {
        body,
        group: Some("ada".to_owned()),
        delay: std::time::Duration::ZERO,
    };
    queue.send(&[now]).await.unwrap();
    let wait = std::time::Duration::from_secs(5);
    let received = queue.receive(10, wait).await.unwrap();
    let handles: Vec<_> = received.into_iter().map(|message| message.handle).collect();
    queue.delete(&handles).await.unwrap();
}

fn receipt(engine: &AwsEngine, row: &Row) -> Receipt {
    Receipt {
        preview_id: row.preview,
        installation: engine.installation(),
        generation: row.generation,
        destroyed_at: at(23),
        verified_at: at(25),
        checks: Vec::new(),
        removed: Vec::new(),
        found_late: Vec::new(),
    }
}
