//! A GitHub that stops answering while pull requests have previews.

use tempus_tests::alerts::Watch;
use tempus_tests::github::Hub;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{Server, eventually};

use crate::{MINUTE, PATIENCE};

#[tokio::test]
async fn github_unreachable() {
    let page = Page::open("github-unreachable.md");
    let hub = Hub::start().await;
    hub.change(7, |pull| pull.sha = "a".repeat(40));
    let folder = tempfile::tempdir().unwrap();
    let mut settings = hub.settings(folder.path());
    // No delivery tells of anything here: the pass finds it.
    settings.push(("github.pass_every", "1s".to_owned()));
    let settings: Vec<_> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let server = Server::start(&settings).await;
    let api = server.api();
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    said(&hub, ": ready").await;
    watch.is_quiet("github-unreachable").await;

    hub.set_down(true);
    watch.fires("github-unreachable", PATIENCE).await;
    let mut desk = Desk::at(&api.url());
    desk.word("PREVIEW", "pr-7-shop");
    let looked = desk.run(&page, "look").await;
    assert!(looked.contains("unavailable"), "{looked}");
    desk.run(&page, "destroy").await;

    hub.set_down(false);
    watch.clears("github-unreachable", PATIENCE).await;
    desk.run(&page, "know").await;
    // What was not said meanwhile is said now.
    said(&hub, "seen to be gone").await;
    assert_eq!(hub.reports(7).len(), 1);
    page.is_done();
}

async fn said(hub: &Hub, what: &str) {
    eventually(&format!("it is said: {what}"), PATIENCE, async || {
        let reports = hub.reports(7);
        let found = reports.iter().any(|comment| comment.text.contains(what));
        found.then_some(())
    })
    .await;
}
