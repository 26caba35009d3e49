//! A store that is older than a preview: the preview runs, and nobody knows it.

use rustix::process::Signal;
use tempus_tests::alerts::Watch;
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{Leftovers, Server, eventually, tempus, text};

use crate::{MINUTE, PATIENCE, letter, plain};

#[tokio::test]
async fn sweep_found_orphans() {
    let page = Page::open("sweep-found-orphans.md");
    let mut server = Server::start(&[("worker.sweep_every", "1s")]).await;
    let api = server.api();
    let watch = Watch::start(MINUTE);
    watch.target("server", &api.url());
    watch.is_quiet("sweep-found-orphans").await;

    let copy = server.root().join("copy").display().to_string();
    let done = tempus(server.root(), &api.url(), &["backup", &copy]).await;
    assert_eq!(done.exit, 0, "{done:?}");
    let made = api.ready(&plain("forgotten")).await;
    let preview = text(&made, "preview_id");
    // Killed, and not stopped, it leaves the preview running.
    server.kill();
    let data = server.data();
    for file in ["tempus.db", "tempus.db-wal", "tempus.db-shm"] {
        std::fs::remove_file(data.join(file)).unwrap();
    }
    let (url, data) = (api.url(), data.display().to_string());
    let restored = tempus(server.root(), &url, &["restore", &copy, "--data", &data]).await;
    assert_eq!(restored.exit, 0, "{restored:?}");
    server.launch().await;
    watch.fires("sweep-found-orphans", PATIENCE).await;

    let mut desk = Desk::at(&api.url());
    let listed = desk.run(&page, "list").await;
    let id = text(&letter(&api, "orphan").await, "id").to_owned();
    assert_eq!(id, format!("orphan-{preview}"));
    assert!(
        listed.contains(&id) && listed.contains("process tempus-"),
        "{listed}"
    );
    assert_ne!(
        server.witness().leftovers(),
        Leftovers::default(),
        "never unasked"
    );
    desk.word("ID", &id);
    // Forgotten only, it is reported again by the next sweep.
    desk.run(&page, "forget").await;
    letter(&api, "orphan").await;
    desk.run(&page, "remove").await;
    watch.clears("sweep-found-orphans", PATIENCE).await;
    let known = desk.run(&page, "know").await;
    assert!(known.contains("nothing needs a person"), "{known}");
    page.is_done();
    let witness = server.witness();
    eventually("nothing is left", PATIENCE, async || {
        (witness.leftovers() == Leftovers::default()).then_some(())
    })
    .await;
    assert!(server.terminate(Signal::TERM).await.success());
}
