//! Who may call, with the program itself: from an installation without any secret to a token that
//! is revoked.

use std::time::Duration;

use serde_json::{Value, json};
use tempus_tests::server::{Answer, Api, Call, Method, Server, app, eventually, tempus, text};

/// A call in the name of whoever bears this token.
fn bearing(call: Call, token: &str) -> Call {
    call.header("authorization", &format!("Bearer {token}"))
}

async fn made(api: &Api, admin: &str, scope: &str, owner: &str) -> (String, String) {
    let asked = json!({"name": "e2e", "scope": scope, "owner": owner, "expires_in": "1h"});
    let call = bearing(api.call(Method::POST, "/tokens"), admin).json(&asked);
    let made: Value = call.send().await.expect(201);
    let id = text(&made["record"], "id").to_owned();
    (id, text(&made, "token").to_owned())
}

async fn get(api: &Api, token: &str, path: &str) -> Answer {
    bearing(api.get(path), token).send().await
}

#[tokio::test]
async fn from_the_first_token_to_a_revoked_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let new = tempus(folder.path(), "", &["token", "new", "--json"]).await;
    assert_eq!(new.exit, 0, "{new:?}");
    let (admin, hash) = (
        new.json()["token"].clone(),
        new.json()["admin_token_hash"].clone(),
    );
    let (admin, hash) = (
        admin.as_str().unwrap_or_default(),
        hash.as_str().unwrap_or_default(),
    );
    let settings = [
        ("identity.admin_token_hash", hash),
        // All that any part of the program may say.
        ("log.level", "trace"),
    ];
    let mut server = Server::start(&settings).await;
    let api = server.api();
    assert_eq!(api.get("/previews").send().await.status, 401);
    assert_eq!(get(&api, hash, "/previews").await.status, 401);
    let me: Value = get(&api, admin, "/whoami").await.expect(200);
    assert_eq!(me["scope"], "admin");

    let (id, ada) = made(&api, admin, "deployer", "ada").await;
    let (_, bob) = made(&api, admin, "deployer", "bob").await;
    let create = app::request(&server, "hers", &json!({}));
    let create = bearing(api.call(Method::POST, "/preview/create"), &ada).json(&create);
    let accepted: Value = create.send().await.expect(202);
    let (preview, job) = (text(&accepted, "preview_id"), text(&accepted, "job_id"));
    let path = format!("/job/{job}");
    eventually("her preview is ready", Duration::from_mins(1), async || {
        let job: Value = get(&api, &ada, &path).await.expect(200);
        (job["status"] == "succeeded").then_some(())
    })
    .await;

    let path = format!("/preview/{preview}");
    for (token, status) in [(&*ada, 200), (&*bob, 404), (admin, 200)] {
        assert_eq!(get(&api, token, &path).await.status, status);
    }
    let destroy = bearing(api.call(Method::DELETE, &path), &bob);
    assert_eq!(destroy.send().await.status, 404);
    assert_eq!(get(&api, &ada, "/tokens").await.status, 403);

    // What was made outlives the process; what was revoked stays so.
    let revoke = bearing(api.call(Method::DELETE, &format!("/tokens/{id}")), admin);
    assert_eq!(revoke.send().await.status, 204);
    assert_eq!(get(&api, &ada, &path).await.status, 401);
    server.kill();
    server.launch().await;
    assert_eq!(get(&api, &ada, &path).await.status, 401);
    assert_eq!(get(&api, &bob, "/previews").await.status, 200);
    assert_eq!(get(&api, admin, &path).await.status, 200);

    let log = server.log();
    assert!(log.contains("turned away") && log.contains(&format!("token {id}")));
    for secret in [admin, &ada, &bob, hash] {
        let part = &secret[secret.len() - 40..];
        assert!(!log.contains(part), "a credential is in the log");
    }
}
