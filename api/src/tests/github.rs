//! Deliveries of GitHub: signed, noted once, and nothing of them believed that is not signed.

use axum::http::Method;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tempus_model::github::{PullState, Source, SourceKey, Sure};

use super::server::{Answer, Server, WEBHOOK_SECRET};

const REPOSITORY: u64 = 1_296_269;

fn signature(body: &[u8]) -> String {
    let keyed = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap();
    let signed = keyed.chain_update(body).finalize().into_bytes();
    format!("sha256={}", hex::encode(signed))
}

fn repository() -> Value {
    json!({"id": REPOSITORY, "full_name": "octo/shop", "default_branch": "main"})
}

fn pull(second: u32, state: &str) -> Value {
    json!({
        "action": "synchronize",
        "number": 7,
        "pull_request": {
            "number": 7, "state": state, "draft": false,
            "updated_at": format!("2026-11-28T10:00:{second:02}Z"), "labels": [],
            "head": {"ref": "changes", "sha": "a".repeat(40), "repo": repository()},
            "base": {"ref": "main", "sha": "b".repeat(40), "repo": repository()},
        },
        "repository": repository(),
        "installation": {"id": 42},
    })
}

async fn deliver(server: &Server, event: &str, id: &str, body: &Value) -> Answer {
    let body = body.to_string();
    let signature = signature(body.as_bytes());
    let request = server
        .request(Method::POST, "/webhooks/github")
        .header("content-type", "application/json")
        .header("x-github-event", event)
        .header("x-github-delivery", id)
        .header("x-hub-signature-256", signature)
        // A tunnel or a load balancer calls it by a name of its own.
        .header("host", "hooks.example")
        .body(body);
    server.send(request).await
}

async fn source(server: &Server) -> Option<Source> {
    let key = SourceKey::Pull {
        repository: REPOSITORY,
        number: 7,
    };
    server.hand.store().source(&key).await.unwrap()
}

#[tokio::test]
async fn a_delivery_is_noted_once_and_hinted() {
    let server = Server::start().await;
    let answer = deliver(&server, "pull_request", "one", &pull(1, "open")).await;
    // The pull request, and the branch, which may have had a preview of its own.
    assert_eq!((answer.status, answer.json()), (200, json!({"noted": 2})));
    assert_eq!(server.hand.hints().await, 2);
    let noted = source(&server).await.unwrap();
    assert_eq!(noted.sure, Sure::Yes);
    assert_eq!(noted.repository.as_ref().unwrap().installation, 42);
    let again = deliver(&server, "pull_request", "one", &pull(1, "open")).await;
    assert_eq!((again.status, again.json()), (200, json!({"noted": 0})));
    assert_eq!(source(&server).await, Some(noted));
    assert_eq!(server.hand.hints().await, 2);

    deliver(&server, "pull_request", "two", &pull(3, "closed")).await;
    deliver(&server, "pull_request", "three", &pull(2, "open")).await;
    let noted = source(&server).await.unwrap();
    assert_eq!(noted.pull.unwrap().state, PullState::Closed);
    assert_eq!(noted.sure, Sure::No, "GitHub is asked");
}

#[tokio::test]
async fn what_is_not_signed_changes_nothing() {
    let server = Server::start().await;
    let body = pull(1, "open").to_string();
    let good = signature(body.as_bytes());
    let other = signature(format!("{body} ").as_bytes());
    for signature in [None, Some(""), Some(other.as_str()), Some(&good[7..])] {
        let mut request = server
            .request(Method::POST, "/webhooks/github")
            .header("content-type", "application/json")
            .header("x-github-event", "pull_request")
            .header("x-github-delivery", "one")
            .body(body.clone());
        if let Some(signature) = signature {
            request = request.header("x-hub-signature-256", signature);
        }
        let answer = server.send(request).await;
        assert_eq!(answer.status, 401, "{signature:?}");
        assert!(!String::from_utf8_lossy(&answer.body).contains(WEBHOOK_SECRET));
    }
    assert_eq!(source(&server).await, None);
    assert_eq!(server.hand.hints().await, 0);
}

#[tokio::test]
async fn what_is_of_no_use_is_refused_with_what_would_be() {
    let server = Server::start().await;
    let mut alone = pull(1, "open");
    alone.as_object_mut().unwrap().remove("installation");
    let answer = deliver(&server, "pull_request", "one", &alone).await;
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["installation".to_owned()])
    );
    let answer = deliver(&server, "pull_request", "one", &json!({"action": "opened"})).await;
    assert_eq!(
        (answer.status, answer.fields()),
        (422, vec!["body".to_owned()])
    );
    let answer = deliver(&server, "pull_request", "", &pull(1, "open")).await;
    assert_eq!(
        (answer.status, answer.fields()),
        (400, vec!["x-github-delivery".to_owned()])
    );
    let form = "payload=%7B%7D";
    let request = server
        .request(Method::POST, "/webhooks/github")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-github-event", "ping")
        .header("x-github-delivery", "one")
        .header("x-hub-signature-256", signature(form.as_bytes()))
        .body(form);
    assert_eq!(server.send(request).await.status, 415);
    for event in ["ping", "star", "check_suite"] {
        let answer = deliver(
            &server,
            event,
            "one",
            &json!({"zen": "x", "action": "created"}),
        )
        .await;
        assert_eq!((answer.status, answer.json()), (200, json!({"noted": 0})));
    }
}

/// A delivery is larger than any request of a client may be.
#[tokio::test]
async fn a_large_delivery_is_taken() {
    let server = Server::start().await;
    let mut large = pull(1, "open");
    large["pull_request"]["body"] = "x".repeat(200_000).into();
    let answer = deliver(&server, "pull_request", "one", &large).await;
    assert_eq!(answer.status, 200);
    assert!(source(&server).await.is_some());
}

#[tokio::test]
async fn an_app_that_is_taken_away_takes_its_sources_along() {
    let server = Server::start().await;
    deliver(&server, "pull_request", "one", &pull(1, "open")).await;
    let removed = json!({"action": "removed", "installation": {"id": 42},
        "repositories_added": [], "repositories_removed": [{"id": REPOSITORY, "full_name": "octo/shop"}]});
    let answer = deliver(&server, "installation_repositories", "two", &removed).await;
    assert_eq!(answer.json(), json!({"noted": 2}));
    assert!(source(&server).await.unwrap().gone);
    // It is back.
    deliver(&server, "pull_request", "three", &pull(2, "open")).await;
    assert!(!source(&server).await.unwrap().gone);
}
