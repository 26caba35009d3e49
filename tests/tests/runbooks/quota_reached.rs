//! One slot, and two who want it.

use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::Server;

use crate::{MINUTE, PATIENCE, plain};

#[tokio::test]
async fn quota_reached() {
    let page = Page::open("quota-reached.md");
    let server = Server::start(&[("quota.per_owner", "1")]).await;
    let api = server.api();
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    api.ready(&plain("first")).await;
    watch.is_quiet("quota-reached").await;

    let refused = api.post("/preview/create", &plain("second")).send().await;
    refused.expect(429);
    watch.fires("quota-reached", PATIENCE).await;

    let mut desk = Desk::at(&api.url());
    let looked = desk.run(&page, "look").await;
    assert!(
        looked.contains("quota") && looked.contains("first"),
        "{looked}"
    );
    desk.word("OWNER", "local");
    let of_owner = desk.run(&page, "owner").await;
    assert!(of_owner.contains("first"), "{of_owner}");
    desk.word("PREVIEW", "first");
    desk.run(&page, "destroy").await;
    desk.run(&page, "know").await;
    watch.clears("quota-reached", PATIENCE).await;
    page.is_done();
}
