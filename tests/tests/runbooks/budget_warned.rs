//! A preview that costs a quarter of a dollar a second, and a budget of one.

use rustix::process::Signal;
use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{Server, eventually};

use crate::{MINUTE, PATIENCE, plain};

#[tokio::test]
async fn budget_warned() {
    let page = Page::open("budget-warned.md");
    let mut server = Server::start(&[
        ("costs.vcpu_usd_per_hour", "3600"),
        ("costs.memory_usd_per_gb_hour", "0"),
        ("costs.monthly_usd", "1"),
    ])
    .await;
    let api = server.api();
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    watch.is_quiet("budget-warned").await;
    api.ready(&plain("first")).await;
    watch.fires("budget-warned", PATIENCE).await;
    let refused = eventually("a refusal", PATIENCE, async || {
        let answer = api.post("/preview/create", &plain("second")).send().await;
        (answer.status == 429).then(|| answer.json())
    });
    let refused = refused.await;
    assert_eq!(refused["type"], "urn:tempus:problem:budget", "{refused:#}");

    let mut desk = Desk::at(&api.url());
    let looked = desk.run(&page, "look").await;
    assert!(
        looked.contains("tempus_budgets{standing=\"spent\"} 1")
            && looked.contains("no new previews"),
        "{looked}"
    );
    desk.word("OWNER", "local");
    let of_owner = desk.run(&page, "owner").await;
    assert!(of_owner.contains("first"), "{of_owner}");
    desk.word("PREVIEW", "first");
    desk.run(&page, "destroy").await;

    server.terminate(Signal::TERM).await;
    server.set("costs.monthly_usd", "1000000");
    server.launch().await;
    let known = desk.run(&page, "know").await;
    assert!(known.contains("within"), "{known}");
    watch.clears("budget-warned", PATIENCE).await;
    page.is_done();
}
