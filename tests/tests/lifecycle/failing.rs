//! Creates that fail: they say why in the application's own words, and leave nothing.

use std::time::Duration;

use serde_json::{Value, json};
use tempus_tests::server::{Leftovers, Server, eventually, proved_gone, text};

/// Creates what cannot become ready, and shows that nothing stays of it.
async fn fails(server: &Server, request: Value) -> Value {
    let api = server.api();
    let accepted = api.create(&request).await;
    let preview = text(&accepted, "preview_id");
    let job = api.job_ended(text(&accepted, "job_id")).await;
    assert_eq!(job["status"], "failed", "{job:#}");
    let view = api.preview(preview).await;
    assert_eq!(
        (&view["phase"], &view["ending"]),
        (&json!("failed"), &json!("failed"))
    );
    assert_eq!(view["error"], job["error"]);
    proved_gone(&api, preview, Duration::from_secs(10)).await;
    let witness = server.witness();
    let nothing = async || (witness.leftovers() == Leftovers::default()).then_some(());
    eventually("nothing is left", Duration::from_secs(3), nothing).await;
    let page = api
        .visit(text(&request, "name"), "/")
        .header("accept", "text/html");
    let page = page.send().await;
    assert_eq!(
        (page.status, page.header("x-tempus")),
        (410, Some("failed"))
    );
    job["error"].clone()
}

#[tokio::test]
async fn what_cannot_become_ready_fails_with_its_last_lines() {
    let server = Server::start(&[("previews.ready_within", "2s")]).await;
    let ends = json!({"name": "ends", "command": "echo no database; echo bye >&2; exit 1"});
    let error = fails(&server, ends).await;
    assert!(
        text(&error, "reason").contains("exit status 1"),
        "{error:#}"
    );
    let detail = error["detail"].to_string();
    assert!(
        detail.contains("no database") && detail.contains("bye"),
        "{error:#}"
    );
    assert!(text(&error, "step").starts_with("healthy"), "{error:#}");

    let deaf = json!({"name": "deaf", "command": "echo waiting for nothing; exec sleep 600"});
    let error = fails(&server, deaf).await;
    let reason = text(&error, "reason");
    assert!(reason.contains("not ready within 2 s"), "{reason}");
    assert!(reason.contains("nothing listens on the port"), "{reason}");
    assert!(
        error["detail"].to_string().contains("waiting for nothing"),
        "{error:#}"
    );

    let wrong = json!({
        "name": "wrong", "health_path": "/nowhere",
        "command": "exec python3 -m http.server --bind 127.0.0.1 $PORT", "dir": server.folder("empty"),
    });
    let error = fails(&server, wrong).await;
    assert!(
        text(&error, "reason").contains("GET /nowhere answers 404"),
        "{error:#}"
    );

    // One bad service takes its siblings with it.
    let half = json!({"name": "half", "services": [
        {"name": "web", "command": "exec \"$TEMPUS_EXE\" hello", "health_path": "/healthz"},
        {"name": "api", "command": "exit 7"},
    ]});
    let error = fails(&server, half).await;
    assert!(text(&error, "step").contains("api"), "{error:#}");
}
