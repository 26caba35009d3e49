//! Requests are accepted, and there is no worker.

use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::text;

use crate::{MINUTE, PATIENCE, control_plane, plain, site};

#[tokio::test]
async fn queue_age() {
    let page = Page::open("queue-age.md");
    let site = site("waiting", &[]).await;
    let mut server = site.start_plainly("api");
    let api = server.api().await;
    let watch = Watch::start(MINUTE);
    watch.target("api", &api.url());
    watch.is_quiet("queue-age").await;

    let accepted = api.create(&plain("waits")).await;
    watch.fires("queue-age", PATIENCE).await;

    let desk = Desk::for_site(&site, &api.url(), site.account.calls().endpoint());
    let looked = desk.run(&page, "look").await;
    assert!(
        looked.contains("ready") && looked.contains("waits"),
        "{looked}"
    );
    desk.run(&page, "workers").await;
    control_plane(&site).await;
    let service = desk.run(&page, "service").await;
    assert!(service.contains(r#""wanted": 1"#), "{service}");
    desk.run(&page, "deploy").await;
    desk.run(&page, "start").await;
    assert_eq!(desk.witness().processes().len(), 1, "a worker was started");
    let job = api.job_ended(text(&accepted, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    watch.clears("queue-age", PATIENCE).await;
    desk.run(&page, "know").await;
    page.is_done();
    server.stops_cleanly().await;
}
