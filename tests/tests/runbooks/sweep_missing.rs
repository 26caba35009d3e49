//! The schedule of the sweep is deleted.

use std::time::Duration;

use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};

use crate::{PATIENCE, site};

/// An hour without a sweep takes ten seconds.
const MINUTE: Duration = Duration::from_millis(170);

#[tokio::test]
async fn sweep_missing() {
    let page = Page::open("sweep-missing.md");
    let site = site("unswept", &[]).await;
    let mut server = site.start_plainly("serve");
    let api = server.api().await;
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    let desk = Desk::for_site(&site, &api.url(), site.account.calls().endpoint());

    // What the schedule does every quarter of an hour, as long as there is one.
    let queue = site.setting("aws.queue_url");
    let swept = async || {
        for _ in 0..4 {
            site.send(queue, r#"{"kind":"sweep"}"#).await;
            tokio::time::sleep(MINUTE * 5).await;
        }
    };
    swept().await;
    watch.is_quiet("sweep-missing").await;
    desk.run(&page, "schedule").await;
    let path = format!("/schedules/sweep?groupName={}", site.account.name);
    site.account.calls().delete_schedule(&path).await;
    watch.fires("sweep-missing", PATIENCE).await;

    desk.run(&page, "outcomes").await;
    let missing = desk.ends(&page, "schedule", 255).await;
    assert!(
        missing.stderr.contains("ResourceNotFoundException"),
        "{missing:?}"
    );
    desk.run(&page, "make schedule").await;
    desk.run(&page, "schedule").await;
    desk.run(&page, "now").await;
    watch.clears("sweep-missing", PATIENCE).await;
    desk.run(&page, "know").await;
    page.is_done();
    server.stops_cleanly().await;
}
