//! How previews end, and the proof of it.

use serde_json::json;

use super::server::Server;

#[tokio::test]
async fn destroying_twice_is_one_job() {
    let server = Server::start().await;
    let (preview, create) = server.created(json!({})).await;
    let path = format!("/preview/{preview}");
    let first = server.delete(&path).await;
    let again = server.delete(&path).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.json()["job_id"], again.json()["job_id"]);
    let create = server.get(&format!("/job/{create}")).await.json();
    assert_eq!(create["status"], "superseded");

    server.hand.remove(&preview).await;
    let shown = server.get(&path).await.json();
    assert_eq!(
        (&shown["phase"], &shown["ending"]),
        (&json!("destroyed"), &json!("asked"))
    );
    assert_eq!(
        shown["services"][0]["command"], "serve",
        "what it ran stays known"
    );
    let after = server.delete(&path).await;
    assert_eq!(after.status, 202);
    assert_eq!(after.json()["job_id"], first.json()["job_id"]);
}

#[tokio::test]
async fn what_has_ended_is_not_changed() {
    let server = Server::start().await;
    let preview = server.gone().await;
    for (path, body) in [
        ("update", json!({"command": "other"})),
        ("update", json!({})),
        ("extend", json!({"ttl": "1h"})),
        ("extend", json!({"by": "1h"})),
    ] {
        let answer = server
            .post(&format!("/preview/{preview}/{path}"), body)
            .await;
        assert_eq!(answer.status, 409, "{path}");
        assert_eq!(answer.json()["type"], "urn:tempus:problem:preview-ended");
    }
}

#[tokio::test]
async fn what_has_expired_is_not_changed() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({"ttl": "1s"})).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    for path in ["update", "extend"] {
        let body = json!({"ttl": "1h"});
        let answer = server
            .post(&format!("/preview/{preview}/{path}"), body)
            .await;
        assert_eq!(answer.status, 409, "{path}");
    }
}

#[tokio::test]
async fn a_receipt_comes_when_it_is_gone_and_verified() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({})).await;
    let path = format!("/preview/{preview}/receipt");
    let wanted = server.get(&path).await;
    assert_eq!(wanted.status, 404);
    assert_eq!(wanted.json()["type"], "urn:tempus:problem:no-receipt");

    server.delete(&format!("/preview/{preview}")).await;
    let going = server.get(&path).await;
    assert_eq!((going.status, going.header("retry-after")), (409, "1"));
    server.hand.remove(&preview).await;
    let gone = server.get(&path).await;
    assert_eq!((gone.status, gone.header("retry-after")), (409, "2"));
    assert_eq!(gone.json()["type"], "urn:tempus:problem:receipt-pending");

    server.hand.prove(&preview).await;
    let proved = server.get(&path).await;
    assert_eq!(proved.status, 200);
    assert_eq!(proved.json()["preview_id"], preview);
    let shown = server.get(&format!("/preview/{preview}")).await.json();
    assert_eq!(shown["verified_at"], proved.json()["verified_at"]);
}
