//! The program itself: signed deliveries over HTTP in, comments on GitHub out, and a real process in
//! between.

use std::path::Path;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tempus_tests::github::Hub;
use tempus_tests::server::{Api, Method, Server, eventually, text};

use super::sha;

pub(super) const SECRET: &str = "what GitHub and this server know";

/// Delivers an event as GitHub does, and says how it was answered.
pub(super) async fn deliver(api: &Api, delivery: &str, body: &Value, secret: &str) -> u16 {
    let body = body.to_string();
    let keyed = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let signed = keyed.chain_update(&body).finalize().into_bytes();
    let call = api
        .call(Method::POST, "/webhooks/github")
        .body("application/json", body)
        .header("x-github-event", "pull_request")
        .header("x-github-delivery", delivery)
        .header(
            "x-hub-signature-256",
            &format!("sha256={}", hex::encode(signed)),
        );
    call.send().await.status
}

/// A server that hears of this hub, with its files in this folder.
pub(super) async fn start(hub: &Hub, folder: &Path, more: &[(&'static str, String)]) -> Server {
    let secret = folder.join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let mut settings = hub.settings(folder);
    settings.extend([
        ("github.webhook_secret_file", secret.display().to_string()),
        ("github.public_url", "https://tempus.example/".to_owned()),
        // All that any part of the program may say.
        ("log.level", "trace".to_owned()),
    ]);
    settings.extend(more.iter().cloned());
    let settings: Vec<_> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    Server::start(&settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_signed_delivery_to_a_process_and_a_comment() {
    let hub = Hub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let server = start(&hub, folder.path(), &[]).await;
    let api = server.api();
    // The pass at the start would find the pull request too, and not who opened it.
    eventually(
        "the first pass is over",
        Duration::from_mins(1),
        async || (hub.seen().pull_lists > 0).then_some(()),
    )
    .await;
    let opened = hub.change(7, |pull| pull.sha = sha('a'));
    assert_eq!(
        deliver(&api, "1", &opened, "another secret of that length").await,
        401
    );
    assert_eq!(deliver(&api, "1", &opened, SECRET).await, 200);
    let minute = Duration::from_mins(1);
    eventually("it is said to be ready", minute, async || {
        let said = hub.reports(7);
        said.iter()
            .any(|comment| comment.text.contains(": ready"))
            .then_some(())
    })
    .await;
    assert_eq!(api.visit("pr-7-shop", "/").send().await.status, 200);
    let list = api.get("/previews").send().await.expect(200);
    let preview = &list["previews"][0];
    assert_eq!(preview["pr_number"], 7);
    assert_eq!(preview["commit_sha"], sha('a'));
    assert_eq!(preview["owner"]["login"], "octo/shop");
    let said = hub.reports(7).remove(0).text;
    assert!(said.contains("https://tempus.example/preview/"), "{said}");

    let closed = hub.change(7, |pull| pull.open = false);
    assert_eq!(deliver(&api, "2", &closed, SECRET).await, 200);
    eventually("it is said to be gone", minute, async || {
        let said = hub.reports(7);
        said.iter()
            .any(|comment| comment.text.contains("seen to be gone"))
            .then_some(())
    })
    .await;
    assert_eq!(hub.reports(7).len(), 1);
    // Who was behind it, as GitHub said.
    let path = format!("/preview/{}/history", text(preview, "preview_id"));
    let history = api.get(&path).send().await.expect(200);
    let told = |place: usize| {
        let event = &history["events"][place];
        let (what, by) = (text(event, "event"), text(&event["by"], "name"));
        format!("{what} by {by}")
    };
    assert_eq!(told(0), "destroyed by grace on GitHub (closed)");
    assert_eq!(told(1), "created by grace on GitHub (pushed)");

    let key = Hub::app_key();
    let line = key.lines().nth(3).unwrap();
    for hidden in [SECRET, line, "ghs_"] {
        assert!(!server.log().contains(hidden), "{hidden} is in the log");
    }
}
