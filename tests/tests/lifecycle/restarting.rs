//! The server stops when it is told to, keeps its state, and goes on where it was.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tempus_tests::server::{GONE, Server, app, eventually, text};

#[tokio::test]
async fn a_stopped_server_goes_on_where_it_was() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&[]).await;
        let api = server.api();
        let stays = api.ready(&app::request(&server, "stays", &json!({}))).await;
        let mut request = app::request(&server, "ends", &json!({}));
        request["ttl"] = "2s".into();
        let ends = api.ready(&request).await;
        let mut request = app::request(&server, "half-way", &json!({"START_AFTER": "1"}));
        request["health_path"] = "/pid".into();
        let half_way = api.create(&request).await;

        let status = server.terminate(signal).await;
        assert!(status.success(), "{status}");
        let left = server.witness().leftovers();
        assert_eq!(
            (left.processes, left.locks),
            (vec![], vec![]),
            "it takes its processes with it"
        );
        assert!(left.listening.is_empty(), "{:?}", left.listening);
        tokio::time::sleep(Duration::from_secs(2)).await;

        server.launch().await;
        let (preview, ended) = (text(&stays, "preview_id"), text(&ends, "preview_id"));
        eventually(
            "what expired meanwhile is gone",
            Duration::from_secs(4),
            async || {
                let view = api.preview(ended).await;
                GONE.contains(&text(&view, "phase")).then_some(())
            },
        )
        .await;
        assert_eq!(api.preview(ended).await["ending"], "expired");
        eventually(
            "what should be up is up",
            Duration::from_secs(10),
            async || {
                let answer = api.visit("stays", "/").send().await;
                (answer.status == 200).then_some(())
            },
        )
        .await;
        assert_eq!(api.preview(preview).await["phase"], "ready");
        let job = api.job_ended(text(&half_way, "job_id")).await;
        assert_eq!(job["status"], "succeeded", "{job:#}");
        assert_eq!(api.visit("half-way", "/").send().await.status, 200);
        assert_eq!(server.witness().processes().len(), 4);
    }
}

#[tokio::test]
async fn a_folder_has_one_server() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let mut second = server.command();
    let second = second.args([
        "--listen",
        "127.0.0.1:0",
        "--previews-listen",
        "127.0.0.1:0",
    ]);
    let second = second.stderr(Stdio::piped()).spawn().unwrap();
    let ended = second.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    let folder = server.data().canonicalize().unwrap();
    assert!(
        said.contains(folder.to_str().unwrap()) && said.contains("in use"),
        "{said}"
    );
    let accepted = api.ready(&json!({})).await;
    assert_eq!(
        api.preview(text(&accepted, "preview_id")).await["phase"],
        "ready"
    );
}
