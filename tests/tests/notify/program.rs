//! The program itself: told by its configuration whom to tell, and shown what it did.

use std::time::Duration;

use serde_json::json;
use tempus_tests::receiver::Receiver;
use tempus_tests::server::{Server, eventually, text};

use super::world::SECRET;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configured_receiver_is_told_and_its_address_is_not_logged() {
    let receiver = Receiver::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let secret = secret.display().to_string();
    let server = Server::start(&[
        ("notify.url", receiver.url.as_str()),
        ("notify.secret_file", secret.as_str()),
        ("ttl.warn_before", "3s"),
        ("worker.reminder", "1s"),
        // All that any part of the program may say.
        ("log.level", "trace"),
    ])
    .await;
    let api = server.api();
    let body = json!({"name": "brief", "ttl": "8s"});
    let preview = text(&api.create(&body).await, "preview_id").to_owned();
    let minute = Duration::from_mins(1);
    let told = eventually("it is told", minute, async || receiver.received().pop()).await;
    assert!(told.is_signed_with(SECRET));
    assert_eq!(told.json()["preview"]["name"], "brief");
    let path = format!("/preview/{preview}/history");
    let history = eventually("that is in its history", minute, async || {
        let history = api.get(&path).send().await.expect(200);
        let events = history["events"].as_array().unwrap().clone();
        events
            .iter()
            .any(|e| e["event"] == "warned")
            .then_some(events)
    })
    .await;
    assert_eq!(history.last().unwrap()["by"]["name"], "local");
    let metrics = api.get("/metrics").send().await.text();
    assert!(
        metrics.contains("tempus_notifications_total{outcome=\"taken\"} 1"),
        "{metrics}"
    );
    for hidden in ["hush-hush", SECRET] {
        assert!(!server.log().contains(hidden), "{hidden} is in the log");
    }
}
