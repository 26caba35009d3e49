//! One program is stopped and another takes its place: what is under way goes on, and a store with a
//! newer schema is refused in words, until the backup from before is put back.
//!
//! There is only one build here, so it plays both: what an older *build* does with what a newer one
//! wrote is shown only as far as the schema's number goes.

use rustix::process::Signal;
use serde_json::json;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{Server, app, text};

use crate::{control_plane, does_not_start, is_up, site};

#[tokio::test]
async fn roll_a_release_back() {
    let page = Page::open("roll-a-release-back.md");
    let mut server = Server::start(&[]).await;
    let api = server.api();
    api.ready(&app::request(&server, "before", &json!({})))
        .await;
    let mut desk = Desk::at(&api.url());
    desk.word("DATA", server.data().display().to_string());
    desk.word("COPY", desk.folder().join("copy").display().to_string());
    let looked = desk.run(&page, "look").await;
    assert!(looked.contains("tempus_build_info"), "{looked}");
    desk.run(&page, "backup").await;

    // In the middle of a create.
    let slowly = app::request(&server, "under-way", &json!({"START_AFTER": "3"}));
    let job = api.create(&slowly).await;
    assert!(server.terminate(Signal::TERM).await.success());
    server.launch().await;
    let job = api.job_ended(text(&job, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");

    // The newer release had a newer schema.
    assert!(server.terminate(Signal::TERM).await.success());
    let db = rusqlite::Connection::open(server.data().join("tempus.db")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    db.close().unwrap();
    let said = does_not_start(&server).await;
    assert!(said.contains("has schema 99"), "{said}");
    desk.run(&page, "restore").await;
    server.launch().await;
    is_up(&api, "before").await;
    let known = desk.run(&page, "know").await;
    assert!(known.contains("before"), "{known}");

    let site = site("rolled-back", &[]).await;
    control_plane(&site).await;
    let desk = Desk::for_site(&site, &api.url(), site.account.calls().endpoint());
    let services = desk.run(&page, "services").await;
    for role in ["api", "worker"] {
        let older = format!("{}-{role}:1", site.account.name);
        assert!(services.contains(&older), "{older} is not in {services}");
    }
    page.is_done();
}
