//! Requests that are well formed and ask for what is not, what is over, or what was asked before.

use std::time::Duration;

use serde_json::{Value, json};
use tempus_tests::server::{Api, Method, Server, proved_gone, text};

use crate::{names, refused};

#[tokio::test]
async fn ids_that_are_none_and_ids_of_nothing_are_told_apart() {
    let server = Server::start(&[]).await;
    let api = server.api();
    api.ready(&json!({"name": "stays"})).await;
    let calls = |id: &str| {
        let body = json!({});
        [
            ("preview_id", api.get(&format!("/preview/{id}"))),
            ("preview_id", api.get(&format!("/preview/{id}/logs"))),
            ("preview_id", api.get(&format!("/preview/{id}/receipt"))),
            (
                "preview_id",
                api.call(Method::DELETE, &format!("/preview/{id}")),
            ),
            (
                "preview_id",
                api.post(&format!("/preview/{id}/update"), &body),
            ),
            (
                "preview_id",
                api.post(&format!("/preview/{id}/extend"), &json!({"by": "1h"})),
            ),
            ("job_id", api.get(&format!("/job/{id}"))),
            ("job_id", api.get(&format!("/job/{id}/events"))),
        ]
    };
    for (_, call) in calls("550e8400-e29b-41d4-a716-446655440000") {
        refused(&api, call, 404, "an unknown id").await;
    }
    for malformed in ["1", "550e8400-e29b-41d4-a716-44665544000z", "..%2f..%2fetc"] {
        for (field, call) in calls(malformed) {
            let problem = refused(&api, call, 400, malformed).await.json();
            names(&problem, field, "must be a UUID such as");
        }
    }
    let unknown = api.call(
        Method::DELETE,
        "/dead-letters/550e8400-e29b-41d4-a716-446655440000",
    );
    refused(&api, unknown, 404, "an unknown dead letter").await;
}

#[tokio::test]
async fn what_has_ended_stays_ended() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&json!({})).await;
    let preview = text(&accepted, "preview_id");
    let job = api.destroy(preview).await;
    let over = async |api: &Api| {
        for (change, body) in [
            ("update", json!({"env": {"A": "1"}})),
            ("extend", json!({"by": "1h"})),
        ] {
            let call = api.post(&format!("/preview/{preview}/{change}"), &body);
            let answer = call.send().await;
            let problem = answer.expect(409);
            assert_eq!(
                problem["type"], "urn:tempus:problem:preview-ended",
                "{problem:#}"
            );
            assert!(
                text(&problem, "detail").contains("create a new one"),
                "{problem:#}"
            );
        }
        assert_eq!(api.destroy(preview).await, job, "one preview, one destroy");
    };
    over(&api).await; // while it is destroyed
    let ended = api.job_ended(&job).await;
    assert_eq!(ended["status"], "succeeded", "{ended:#}");
    proved_gone(&api, preview, Duration::from_secs(5)).await;
    let before = api.preview(preview).await;
    over(&api).await; // and when it is gone
    assert_eq!(api.preview(preview).await, before);
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let create = |key: &str, body: &Value| api.post("/preview/create", body).key(key);
    let first = create("k", &json!({"name": "one"})).send().await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.expect(202);
    api.job_ended(text(&first, "job_id")).await;
    let again = create("k", &json!({"name": "one"})).send().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(202), first);

    let other = create("k", &json!({"name": "two"}));
    let problem = refused(&api, other, 422, "another body").await.json();
    assert_eq!(problem["type"], "urn:tempus:problem:idempotency-key-reused");
    assert!(text(&problem, "detail").contains("new key"), "{problem:#}");
    let path = format!("/preview/{}/update", text(&first, "preview_id"));
    let update = api.post(&path, &json!({"name": "one"})).key("k");
    refused(
        &api,
        update,
        422,
        "another call, and a field that it has not",
    )
    .await;
    for unusable in ["two words", "", &"x".repeat(256)] {
        let call = create(unusable, &json!({}));
        let problem = refused(&api, call, 400, unusable).await.json();
        names(&problem, "Idempotency-Key", "1 to 255 printable characters");
    }
    // A refused request has used no key.
    let refused = create("free", &json!({"ttl": "soon"})).send().await;
    assert_eq!(refused.status, 422);
    create("free", &json!({"name": "three"}))
        .send()
        .await
        .expect(202);
}
