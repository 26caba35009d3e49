//! The alarm is about five minutes and more, which no test waits for; its page's commands are run on a
//! preview whose time is over, and on one that is sent away early.

use serde_json::json;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{Server, eventually, text};

use crate::{PATIENCE, newest_job, plain};

#[tokio::test]
async fn late_expiry() {
    let page = Page::open("late-expiry.md");
    let server = Server::start(&[]).await;
    let api = server.api();
    let over = api.create(&json!({"name": "over", "ttl": "3s"})).await;
    api.ready(&plain("early")).await;
    let over = text(&over, "preview_id");
    eventually("its time is over", PATIENCE, async || {
        (api.preview(over).await["phase"] == "destroyed").then_some(())
    })
    .await;

    let mut desk = Desk::at(&api.url());
    let looked = desk.run(&page, "look").await;
    assert!(
        looked.contains("tempus_expiry_late_seconds_count 1"),
        "{looked}"
    );
    desk.word("JOB", newest_job(&api, over).await);
    desk.run(&page, "job").await;
    desk.word("PREVIEW", "early");
    desk.run(&page, "destroy").await;
    let known = desk.run(&page, "know").await;
    assert!(known.contains("LOOKED FOR"), "{known}");
    page.is_done();
}
