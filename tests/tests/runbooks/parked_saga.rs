//! Two previews whose folder was taken away while the server was down cannot be brought up again.

use rustix::process::Signal;
use serde_json::json;
use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{Leftovers, Server, app, text};

use crate::{MINUTE, PATIENCE, is_up, letter, newest_job};

#[tokio::test]
async fn parked_saga() {
    let page = Page::open("parked-saga.md");
    let mut server = Server::start(&[("previews.ready_within", "5s")]).await;
    let api = server.api();
    let shop = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let cafe = api.ready(&app::request(&server, "cafe", &json!({}))).await;
    let (shop, cafe) = (text(&shop, "preview_id"), text(&cafe, "preview_id"));
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    watch.is_quiet("parked-saga").await;

    let (folder, away) = (server.folder("app"), server.root().join("away"));
    assert!(server.terminate(Signal::TERM).await.success());
    std::fs::rename(&folder, &away).unwrap();
    server.launch().await;
    watch.fires("parked-saga", PATIENCE).await;

    let mut desk = Desk::at(&api.url());
    let listed = desk.run(&page, "list").await;
    assert!(listed.contains(shop) && listed.contains(cafe), "{listed}");
    assert!(listed.contains("healthy:web"), "{listed}");
    desk.word("PREVIEW", "shop");
    desk.word("ID", text(&letter(&api, "saga").await, "id"));
    desk.word("JOB", newest_job(&api, shop).await);
    let shown = desk.run(&page, "look").await;
    assert!(shown.contains("parked"), "{shown}");
    let refused = desk.ends(&page, "discard", 3).await;
    assert!(refused.stderr.contains("still owns"), "{refused:?}");

    // What the reason names is mended. One is worth going on with, the other is not.
    std::fs::rename(&away, &folder).unwrap();
    desk.word("ID", "shop");
    let replayed = desk.run(&page, "replay").await;
    assert!(replayed.contains("goes on"), "{replayed}");
    is_up(&api, "shop").await;
    desk.word("PREVIEW", "cafe");
    desk.run(&page, "destroy").await;
    watch.clears("parked-saga", PATIENCE).await;
    let known = desk.run(&page, "know").await;
    assert!(known.contains("nothing needs a person"), "{known}");
    assert!(known.contains("destroyed"), "{known}");
    desk.run(&page, "receipt").await;
    page.is_done();

    api.job_ended(&api.destroy(shop).await).await;
    assert_eq!(server.witness().leftovers(), Leftovers::default());
}
