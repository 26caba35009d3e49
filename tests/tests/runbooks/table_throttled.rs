//! A table with a limit, which is reached; the page takes the limit away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempus_engine::testing::wire::{Fate, Refusal, Request, Wire};
use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};

use crate::{MINUTE, PATIENCE, plain, site};

#[tokio::test]
async fn table_throttled() {
    let page = Page::open("table-throttled.md");
    let site = site("throttled", &[]).await;
    let limited = Arc::new(AtomicBool::new(false));
    let limit = Arc::clone(&limited);
    // Every fifth query is too much, until the table is told to take any number. With more of them a
    // scrape, which asks the table too, takes longer than the rule's five minutes do here.
    let wire = Wire::to(site.account.calls().endpoint(), move |request: &Request| {
        if request.call == "dynamodb.UpdateTable" && request.mentions("PAY_PER_REQUEST") {
            limit.store(false, Ordering::Relaxed);
        }
        let is_query = request.call == "dynamodb.Query" && request.number.is_multiple_of(5);
        if is_query && limit.load(Ordering::Relaxed) {
            return Fate::IsRefused(Refusal::Throttled);
        }
        Fate::Passes
    });
    let wire = wire.await.unwrap();
    let mut server = site.start("serve", "serve", wire.endpoint());
    let api = server.api().await;
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    api.ready(&plain("before")).await;
    watch.is_quiet("table-throttled").await;

    limited.store(true, Ordering::Relaxed);
    watch.fires("table-throttled", PATIENCE).await;

    let desk = Desk::for_site(&site, &api.url(), wire.endpoint());
    let looked = desk.run(&page, "look").await;
    assert!(looked.contains("ACTIVE"), "{looked}");
    // The emulator has neither loads nor limits of tables on demand; the commands are at least right.
    desk.run(&page, "load").await;
    desk.run(&page, "no limit").await;
    desk.run(&page, "on demand").await;
    watch.clears("table-throttled", PATIENCE).await;
    desk.run(&page, "know").await;
    api.ready(&plain("after")).await;
    page.is_done();
    server.stops_cleanly().await;
}
