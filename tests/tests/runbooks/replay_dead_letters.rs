//! Messages that mean nothing to anybody, in the queue of hints and where SQS puts things aside.

use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{eventually, text};

use crate::{MINUTE, PATIENCE, letter, site};

#[tokio::test]
async fn dead_letters() {
    let page = Page::open("replay-dead-letters.md");
    let site = site("letters", &[]).await;
    let mut server = site.start_plainly("serve");
    let api = server.api().await;
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    watch.is_quiet("dead-letters").await;

    site.send(site.setting("aws.queue_url"), "no hint of ours")
        .await;
    watch.fires("dead-letters", PATIENCE).await;

    let mut desk = Desk::for_site(&site, &api.url(), site.account.calls().endpoint());
    let listed = desk.run(&page, "list").await;
    assert!(listed.contains("no hint of ours"), "{listed}");
    let id = text(&letter(&api, "message").await, "id").to_owned();
    desk.word("ID", &id);
    // Nothing is parked, and a message is no saga.
    let nothing = desk.run(&page, "replay all").await;
    assert!(nothing.contains("nothing is parked"), "{nothing}");
    let refused = desk.ends(&page, "replay one", 3).await;
    assert!(refused.stdout.contains("only discarded"), "{refused:?}");
    desk.run(&page, "discard").await;
    watch.clears("dead-letters", PATIENCE).await;
    let known = desk.run(&page, "know").await;
    assert!(known.contains("nothing needs a person"), "{known}");
    page.is_done();

    // What SQS has put aside by itself comes into the same list.
    site.send(site.setting("aws.dead_letter_url"), "put aside")
        .await;
    eventually("it is taken in", PATIENCE * 2, async || {
        let letter = letter(&api, "message").await;
        (letter["body"] == "put aside").then_some(())
    })
    .await;
    server.stops_cleanly().await;
}
