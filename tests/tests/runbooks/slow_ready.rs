//! Applications that do not listen in time.

use serde_json::json;
use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{Server, app, text};

use crate::{MINUTE, PATIENCE};

#[tokio::test]
async fn slow_ready() {
    let page = Page::open("slow-ready.md");
    let server = Server::start(&[("previews.ready_within", "2s")]).await;
    let api = server.api();
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    watch.is_quiet("slow-ready").await;

    let never = app::request(&server, "never", &json!({"START_AFTER": "600"}));
    let accepted = api.create(&never).await;
    let mut desk = Desk::at(&api.url());
    desk.word("PREVIEW", "never");
    let lines = desk.run(&page, "logs").await;
    assert!(lines.is_empty() || lines.contains("starting"), "{lines}");
    let job = text(&accepted, "job_id");
    let ended = api.job_ended(job).await;
    assert_eq!(ended["status"], "failed", "{ended:#}");
    watch.fires("slow-ready", PATIENCE).await;

    let looked = desk.run(&page, "look").await;
    assert!(looked.contains("never"), "{looked}");
    desk.word("JOB", job);
    let shown = desk.ends(&page, "job", 4).await;
    assert!(shown.stdout.contains("healthy:web"), "{shown:?}");
    desk.run(&page, "know").await;
    watch.clears("slow-ready", PATIENCE).await;
    page.is_done();
}
