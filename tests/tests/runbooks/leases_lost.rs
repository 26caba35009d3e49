//! A worker that hangs holds five leases, which run out one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempus_engine::testing::wire::{Fate, Request, Wire};
use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{eventually, text};

use crate::{MINUTE, PATIENCE, plain, site};

const HELD: usize = 5;

#[tokio::test]
async fn leases_lost() {
    let page = Page::open("leases-lost.md");
    let site = site("leases", &[("worker.lease", "3s")]).await;
    let emulator = site.account.calls().endpoint().to_owned();
    // A wire on which no service is ever made: what goes by it stays where it is.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let wire = Wire::to(&emulator, move |request: &Request| {
        if request.call == "ecs.CreateService" {
            count.fetch_add(1, Ordering::Relaxed);
            return Fate::IsNeverAnswered;
        }
        Fate::Passes
    });
    let wire = wire.await.unwrap();
    let mut first = site.start_plainly("api");
    let hangs = site.start("worker", "hangs", wire.endpoint());
    let accepting = first.api().await;
    let mut jobs = Vec::new();
    for number in 0..HELD {
        let accepted = accepting.create(&plain(&format!("held-{number}"))).await;
        jobs.push(text(&accepted, "job_id").to_owned());
    }
    eventually("five leases are held", PATIENCE, async || {
        (asked.load(Ordering::Relaxed) >= HELD).then_some(())
    })
    .await;
    hangs.freeze();

    let mut server = site.start_plainly("serve");
    let api = server.api().await;
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    watch.fires("leases-lost", PATIENCE).await;

    let mut desk = Desk::for_site(&site, &api.url(), &emulator);
    let looked = desk.run(&page, "look").await;
    assert!(looked.contains("tempus_leases_expired_total"), "{looked}");
    let shown = desk.run(&page, "workers").await;
    let line = shown.lines().find(|line| {
        let mut columns = line.split_ascii_whitespace();
        columns.next() == Some(&hangs.id().to_string())
    });
    let line = line.unwrap_or_else(|| panic!("{} is not in {shown}", hangs.id()));
    assert!(
        line.split_ascii_whitespace()
            .nth(1)
            .unwrap()
            .starts_with('T'),
        "{line}"
    );
    // No worker is a task here, so the list is empty.
    desk.run(&page, "tasks").await;
    desk.word("PID", hangs.id().to_string());
    desk.run(&page, "end").await;
    desk.run(&page, "start").await;
    for job in &jobs {
        let job = api.job_ended(job).await;
        assert_eq!(job["status"], "succeeded", "{job:#}");
    }
    watch.clears("leases-lost", PATIENCE).await;
    desk.run(&page, "know").await;
    page.is_done();
    server.stops_cleanly().await;
}
