//! A store that is damaged for real, and a backup that is older than what has happened since.

use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{Api, Server, app, eventually, text};

use crate::{PATIENCE, control_plane, does_not_start, is_up, letter, site};

#[tokio::test]
async fn restore_a_backup() {
    let page = Page::open("restore-a-backup.md");
    let mut server = Server::start(&[("worker.sweep_every", "1s")]).await;
    let api = server.api();
    made(&server, "untouched").await;
    let updated = made(&server, "updated").await;
    let destroyed = made(&server, "destroyed").await;
    // A clean stop puts everything into the one file; until then most of it is in the log beside it.
    assert!(server.terminate(Signal::TERM).await.success());
    server.launch().await;
    for name in ["untouched", "updated", "destroyed"] {
        is_up(&api, name).await;
    }
    let process = says(&api, "untouched", "/pid").await;

    let mut desk = Desk::at(&api.url());
    let copy = desk.folder().join("elsewhere").display().to_string();
    desk.word("DATA", server.data().display().to_string());
    desk.word("COPY", copy.as_str());
    let looked = desk.run(&page, "look").await;
    assert!(looked.contains("tempus.db"), "{looked}");
    let told = desk.run(&page, "backup").await;
    assert!(told.contains("with 3 previews"), "{told}");

    // What has happened since.
    let update = format!("/preview/{}/update", text(&updated, "preview_id"));
    let update = api.post(&update, &json!({"env": {"VERSION": "2"}})).send();
    let job = update.await.expect(202);
    api.job_ended(text(&job, "job_id")).await;
    assert_eq!(says(&api, "updated", "/").await, "web 2");
    let job = api.destroy(text(&destroyed, "preview_id")).await;
    api.job_ended(&job).await;
    let created = made(&server, "created").await;

    server.kill();
    damage(&server.data());
    let said = does_not_start(&server).await;
    assert!(
        said.contains("is damaged") && said.contains("runbooks/restore-a-backup.md"),
        "{said}"
    );

    desk.run(&page, "away").await;
    let told = desk.run(&page, "restore").await;
    assert!(told.contains("with 3 previews"), "{told}");
    server.launch().await;
    assert!(server.log().contains("restored from a backup"));
    // Each as the page says.
    for name in ["untouched", "updated", "destroyed"] {
        is_up(&api, name).await;
    }
    eventually("what it ran before", PATIENCE, async || {
        (says(&api, "updated", "/").await == "web 1").then_some(())
    })
    .await;
    assert_eq!(
        says(&api, "untouched", "/pid").await,
        process,
        "it was not touched"
    );
    let orphan = letter(&api, "orphan").await;
    assert_eq!(
        text(&orphan, "id"),
        format!("orphan-{}", text(&created, "preview_id"))
    );
    let witness = server.witness();
    let still_runs = witness.processes();
    let of_created = still_runs
        .iter()
        .filter(|p| p.preview == text(&created, "preview_id"));
    assert!(of_created.count() > 0, "never unasked");
    let known = desk.run(&page, "know").await;
    assert!(
        known.contains("untouched") && known.contains("orphan-"),
        "{known}"
    );

    // A log that is gone. SQLite itself says nothing.
    server.kill();
    std::fs::remove_file(server.data().join("tempus.db-wal")).unwrap();
    let said = does_not_start(&server).await;
    assert!(
        said.contains("has lost its newest") && said.contains("runbooks/restore-a-backup.md"),
        "{said}"
    );
    let damaged = server.data().join("damaged");
    std::fs::rename(&damaged, server.data().join("damaged-before")).unwrap();
    desk.run(&page, "away").await;
    let told = desk.run(&page, "restore itself").await;
    assert!(told.contains("with 3 previews"), "{told}");
    server.launch().await;
    for name in ["untouched", "updated", "destroyed"] {
        is_up(&api, name).await;
    }

    // The parts about the other engine.
    let site = site("restored", &[]).await;
    let desk = Desk::for_site(&site, &api.url(), site.account.calls().endpoint());
    let looked = desk.run(&page, "look aws").await;
    assert!(looked.contains("PointInTimeRecoveryStatus"), "{looked}");
    control_plane(&site).await;
    desk.run(&page, "stop all").await;
    desk.run(&page, "point in time").await;
    desk.run(&page, "sweep").await;
    page.is_done();
}

async fn says(api: &Api, name: &str, path: &str) -> String {
    api.visit(name, path).send().await.text()
}

/// What a failing disk leaves: both files have their length, and little else.
fn damage(data: &Path) {
    let file = data.join("tempus.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let first_page = 4096;
    assert!(bytes.len() > first_page, "there is something to damage");
    bytes[first_page..].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
}

async fn made(server: &Server, name: &str) -> Value {
    let request = app::request(server, name, &json!({}));
    server.api().ready(&request).await
}
