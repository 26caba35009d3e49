//! A worker that is asked to stop in the middle of a saga, as Fargate Spot and a deployment do, gives
//! the saga to another at once.
//!
//! Leases hold for half an hour here: whoever goes on within the test's patience was handed the saga,
//! and has not waited for a lease to run out.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tempus_engine::testing::emulator::{Emulator, Kind};
use tempus_engine::testing::wire::{Fate, Judge, Request, Wire};
use tempus_tests::aws::{Account, Site};
use tempus_tests::server::{eventually, proved, text};
use tokio::sync::Semaphore;

/// The call that the first worker is in the middle of when it is asked to stop.
const HELD: &str = "ecs.CreateService";
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_worker_that_is_asked_to_stop_hands_its_saga_over() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "handover").await;
    let settings = [("worker.lease", "30m"), ("worker.reminder", "1h")];
    let site = Site::bootstrap(account, &settings).await;
    let notes = [Notes::holding(HELD), Notes::default()].map(Arc::new);
    let wires = [wire(&site, &notes[0]).await, wire(&site, &notes[1]).await];

    let mut api = site.start_plainly("api");
    let client = api.api().await;
    let mut first = site.start("worker", "first", wires[0].endpoint());
    let created = client
        .create(&json!({"name": "hello", "image": "nginx"}))
        .await;
    eventually("the first worker's call", PATIENCE, async || {
        notes[0].has(HELD)
    })
    .await;
    let mut second = site.start("worker", "second", wires[1].endpoint());
    let asks = "sqs.ReceiveMessage";
    eventually("the second worker", PATIENCE, async || notes[1].has(asks)).await;

    let (status, ()) = tokio::join!(first.terminate(), notes[0].let_go_later());
    assert_eq!(status, Some(0), "{}", first.log());

    let job = client.job_ended(text(&created, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    // What the first was in the middle of was finished and written down by it, and not done twice.
    assert_eq!(notes[1].has(HELD), None, "{:?}", notes[1].calls());
    // What came after it was the second's.
    let next = "ecs.DescribeServices";
    assert_eq!(notes[0].has(next), None, "{:?}", notes[0].calls());
    assert_eq!(notes[1].has(next), Some(()), "{:?}", notes[1].calls());

    let preview = text(&created, "preview_id");
    client.destroy(preview).await;
    proved(&client, preview, PATIENCE).await;
    assert!(site.listing().await.is_empty());
    second.stops_cleanly().await;
    api.stops_cleanly().await;
}

async fn wire(site: &Site, notes: &Arc<Notes>) -> Wire {
    let endpoint = site.setting("aws.endpoint");
    Wire::to(endpoint, Holding(Arc::clone(notes)))
        .await
        .unwrap()
}

/// Which calls a worker has made, and the one that is held on its way.
struct Notes {
    calls: Mutex<Vec<String>>,
    held: Option<&'static str>,
    gate: Semaphore,
}

impl Default for Notes {
    fn default() -> Self {
        Self {
            calls: Mutex::default(),
            held: None,
            gate: Semaphore::new(0),
        }
    }
}

impl Notes {
    fn holding(call: &'static str) -> Self {
        Self {
            held: Some(call),
            ..Self::default()
        }
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn has(&self, call: &str) -> Option<()> {
        let calls = self.calls.lock().unwrap();
        calls.iter().any(|made| made == call).then_some(())
    }

    /// Once the worker has surely been told: what it does then, it does as one that is to stop.
    async fn let_go_later(&self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.gate.close();
    }
}

struct Holding(Arc<Notes>);

#[async_trait]
impl Judge for Holding {
    async fn before(&self, request: &Request) -> Fate {
        self.0.calls.lock().unwrap().push(request.call.clone());
        if self.0.held == Some(&*request.call) {
            // Closed is what lets it go; there never is a permit.
            let _ = self.0.gate.acquire().await;
        }
        Fate::Passes
    }
}
