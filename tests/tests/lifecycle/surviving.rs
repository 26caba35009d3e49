//! What dies by itself while its preview is wanted comes back.

use std::time::Duration;

use serde_json::json;
use tempus_tests::server::{Api, Server, app, eventually, text};

const BACK: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_process_that_dies_is_started_again() {
    let server = Server::start(&[]).await;
    let api = server.api();
    api.ready(&app::request(&server, "shop", &json!({}))).await;
    let old = api.visit("shop", "/pid").send().await.text();
    assert!(server.witness().kill(old.parse().unwrap()));
    is_back(&api, &old).await;
}

#[tokio::test]
async fn a_process_whose_shim_dies_is_started_again() {
    let settings = [("worker.sweep_every", "1s"), ("worker.sweep_age", "0s")];
    let server = Server::start(&settings).await;
    let api = server.api();
    let accepted = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let old = api.visit("shop", "/pid").send().await.text();
    let witness = server.witness();
    let processes = witness.processes();
    let shim = processes.iter().find(|process| process.role == "shim");
    assert!(witness.kill(shim.unwrap().pid));
    is_back(&api, &old).await;
    assert_eq!(witness.processes().len(), 2, "{:?}", witness.processes());
    let view = api.preview(text(&accepted, "preview_id")).await;
    assert_eq!(view["phase"], "ready");
}

#[tokio::test]
async fn a_process_whose_shim_dies_before_it_is_ready_is_started_again() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let slow = app::request(&server, "shop", &json!({"START_AFTER": "1"}));
    let accepted = api.create(&slow).await;
    let witness = server.witness();
    let app = eventually("it starts", BACK, async || {
        let processes = witness.processes();
        processes.into_iter().find(|process| process.role == "app")
    });
    app.await;
    let processes = witness.processes();
    let shim = processes.iter().find(|process| process.role == "shim");
    assert!(witness.kill(shim.unwrap().pid));
    let job = api.job_ended(text(&accepted, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    assert_eq!(api.visit("shop", "/").send().await.text(), "web 1");
    assert_eq!(witness.processes().len(), 2, "{:?}", witness.processes());
}

/// A service that died now and then in its life, and is down at the very moment that the server
/// comes back, is not given up for what it did long ago.
#[tokio::test]
async fn what_died_before_is_not_held_against_it_after_a_restart() {
    let mut server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let mut pid = String::new();
    for _ in 0..4 {
        is_back(&api, &pid).await;
        pid = api.visit("shop", "/pid").send().await.text();
        assert!(server.witness().kill(pid.parse().unwrap()));
    }
    server.kill();
    server.launch().await;
    is_back(&api, &pid).await;
    let view = api.preview(text(&accepted, "preview_id")).await;
    assert_eq!(
        (&view["phase"], &view["parked"]),
        (&json!("ready"), &json!(false))
    );
}

/// Until it is, the proxy asks for patience.
async fn is_back(api: &Api, old: &str) {
    eventually("another process answers", BACK, async || {
        let answer = api.visit("shop", "/pid").send().await;
        if answer.status != 200 {
            assert!([502, 503].contains(&answer.status), "{}", answer.text());
            return None;
        }
        (answer.text() != old).then_some(())
    })
    .await;
}
