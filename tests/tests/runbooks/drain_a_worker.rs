//! A worker is told to stop in the middle of a saga, and another goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempus_engine::testing::wire::{Fate, Request, Wire};
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{eventually, text};

use crate::{PATIENCE, control_plane, plain, site};

#[tokio::test]
async fn drain_a_worker() {
    let page = Page::open("drain-a-worker.md");
    let site = site("drained", &[]).await;
    let emulator = site.account.calls().endpoint().to_owned();
    // The first worker gets no further than the service.
    let asked = Arc::new(AtomicBool::new(false));
    let was_asked = Arc::clone(&asked);
    let wire = Wire::to(&emulator, move |request: &Request| {
        if request.call == "ecs.CreateService" {
            was_asked.store(true, Ordering::Relaxed);
            return Fate::IsLost;
        }
        Fate::Passes
    });
    let wire = wire.await.unwrap();
    let mut front = site.start_plainly("api");
    let mut first = site.start("worker", "first", wire.endpoint());
    let api = front.api().await;
    let accepted = api.create(&plain("handed-over")).await;
    eventually("the saga is on its way", PATIENCE, async || {
        asked.load(Ordering::Relaxed).then_some(())
    })
    .await;
    let mut second = site.start_plainly("serve");
    let other = second.api().await;

    let mut desk = Desk::for_site(&site, &other.url(), &emulator);
    desk.word("PID", first.id().to_string());
    desk.word("JOB", text(&accepted, "job_id"));
    let looked = desk.run(&page, "look").await;
    assert!(looked.contains(&first.id().to_string()), "{looked}");
    let told = Instant::now();
    desk.run(&page, "drain").await;
    let exit = eventually("it has ended", PATIENCE, async || first.exit()).await;
    assert_eq!(exit, 0, "{}", first.log());
    let within = told.elapsed();
    assert!(within < Duration::from_secs(20), "{within:?}");
    let job = api.job_ended(text(&accepted, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    let known = desk.run(&page, "know").await;
    assert!(known.contains("succeeded"), "{known}");
    // Given back and not run out: nobody has to wonder what the first one still did.
    let metrics = other.get("/metrics").send().await.text();
    assert!(
        metrics.contains("\ntempus_leases_expired_total 0\n"),
        "{metrics}"
    );

    control_plane(&site).await;
    let tasks = desk.run(&page, "tasks").await;
    let task = tasks.split('"').find(|part| part.contains(":task/"));
    desk.word("TASK", task.unwrap_or_else(|| panic!("no task in {tasks}")));
    let stopped = desk.run(&page, "stop task").await;
    assert!(stopped.contains("drained by hand"), "{stopped}");
    page.is_done();
    second.stops_cleanly().await;
    front.stops_cleanly().await;
}
