//! A server whose files cannot grow.
//!
//! The limit is the operating system's own on the size of files, set on the running process: no root
//! is needed for it, as for a small disk. A write beyond it fails in the system call, where one to a
//! full disk fails; only the error's number is another.

use std::time::Duration;

use serde_json::{Value, json};
use tempus_tests::server::{Answer, Api, Leftovers, Method, Server, eventually, proved_gone, text};

use crate::PATIENCE;

/// Enough for many attempts of everything that goes on by itself.
const A_WHILE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_it_goes_on_when_there_is_room() {
    let settings = [("worker.sweep_every", "1s"), ("worker.sweep_age", "0s")];
    let mut server = Server::start(&settings).await;
    let api = server.api();
    let kept = api.ready(&preview("kept")).await;
    let kept = text(&kept, "preview_id");
    let on_its_way = api.create(&preview("on-its-way")).await;

    server.limit_files(Some(0));
    let create = api.post("/preview/create", &preview("refused"));
    is_refused(&create.clone().send().await);
    let path = format!("/preview/{kept}");
    let extend = api.post(&format!("{path}/extend"), &json!({"ttl": "3h"}));
    is_refused(&extend.clone().send().await);
    is_refused(&api.call(Method::DELETE, &path).send().await);
    is_refused(&api.call(Method::POST, "/backup").send().await);
    // What needs no room goes on.
    let began = std::time::Instant::now();
    while began.elapsed() < A_WHILE {
        assert_eq!(api.visit("kept", "/").send().await.status, 200);
        assert_eq!(api.preview(kept).await["phase"], "ready");
        assert_eq!(api.get("/health").send().await.status, 200);
        assert_eq!(api.get("/ready").send().await.status, 200);
        is_refused(&create.clone().send().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    server.limit_files(None);
    let created = create.send().await.expect(202);
    let extended = extend.send().await.expect(200);
    for accepted in [&on_its_way, &created] {
        let job = api.job_ended(text(accepted, "job_id")).await;
        assert_eq!(job["status"], "succeeded", "{job:#}");
    }
    // All of it is on the disk.
    server.kill();
    server.launch().await;
    assert_eq!(
        api.preview(kept).await["expires_at"],
        extended["expires_at"]
    );
    let all = [&on_its_way, &created].map(|of| text(of, "preview_id"));
    for preview in all.into_iter().chain([kept]) {
        eventually("it is ready", PATIENCE, async || {
            (api.preview(preview).await["phase"] == "ready").then_some(())
        })
        .await;
        api.destroy(preview).await;
        proved_gone(&api, preview, PATIENCE).await;
    }
    nothing_is_left(&server, &api).await;
}

/// A disk that is full again and again while previews come and go.
#[tokio::test]
async fn whatever_is_under_way_is_finished() {
    let server = Server::start(&[("quota.total", "20"), ("quota.per_owner", "20")]).await;
    let api = server.api();
    let mut accepted = Vec::new();
    for round in 0..6 {
        for n in 0..2 {
            let name = format!("app-{round}-{n}");
            accepted.push(api.create(&preview(&name)).await);
        }
        // Each time a little later in what is being done.
        tokio::time::sleep(Duration::from_millis(40 * round)).await;
        server.limit_files(Some(0));
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.limit_files(None);
        if round % 2 == 1 {
            let preview = text(&accepted[usize::try_from(round).unwrap()], "preview_id");
            api.destroy(preview).await;
        }
    }
    for accepted in &accepted {
        let job = api.job_ended(text(accepted, "job_id")).await;
        let status = text(&job, "status");
        assert!(["succeeded", "superseded"].contains(&status), "{job:#}");
        let preview = text(accepted, "preview_id");
        api.destroy(preview).await;
    }
    for accepted in &accepted {
        proved_gone(&api, text(accepted, "preview_id"), PATIENCE).await;
    }
    nothing_is_left(&server, &api).await;
}

fn preview(name: &str) -> Value {
    json!({"name": name, "ttl": "1h", "health_path": "/healthz"})
}

fn is_refused(answer: &Answer) {
    let problem = answer.expect(507);
    assert_eq!(problem["type"], "urn:tempus:problem:full", "{problem:#}");
    assert!(
        text(&problem, "detail").contains("when there is room"),
        "{problem:#}"
    );
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
}

async fn nothing_is_left(server: &Server, api: &Api) {
    let letters = api.get("/dead-letters").send().await.expect(200);
    assert_eq!(letters["dead_letters"], json!([]));
    let witness = server.witness();
    eventually("the machine at rest", PATIENCE, async || {
        (witness.leftovers() == Leftovers::default()).then_some(())
    })
    .await;
}
