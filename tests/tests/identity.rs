//! Who may call, with the program itself: from an installation without any secret to a token that
//! is revoked, and a workflow that needs no secret at all.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempus_api::testing::{Authority, Issuer, Key};
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

#[tokio::test]
async fn a_workflow_is_let_in_by_an_issuer_whose_certificate_is_trusted() {
    let folders = [tempfile::tempdir(), tempfile::tempdir()];
    let folders = folders.map(|folder| folder.expect("a temporary folder"));
    let [authority, stranger] = folders.each_ref().map(|f| Authority::new(f.path()));
    let key = Key::rsa("its");
    let issuer = Issuer::start_secure(&[&key], &authority).await;
    let rule = format!(
        "issuer={} audience=tempus repository=acme/shop ref=refs/heads/main scope=deployer",
        issuer.url()
    );
    let main = key.sign(&issuer.claims());
    let fork = json!({"repository": "evil/shop", "sub": "repo:evil/shop:ref:refs/heads/main"});
    let fork = key.sign(&issuer.claims_but(&fork));
    let mut server = Server::start(&[("log.level", "trace")]).await;
    let api = server.api();
    server.set("identity.oidc", &rule);

    // Whoever sits between has a certificate too, but not of an authority that is trusted.
    believes(&mut server, &stranger).await;
    let refused = get(&api, &main, "/whoami").await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    assert!(refused.text().contains("the issuer of this identity token"));
    assert_eq!(issuer.asked(), 0, "it has not heard of it");
    let log = server.log();
    for said in [issuer.url(), "certificate is not trusted", "SSL_CERT_FILE"] {
        assert!(log.contains(said), "{said}: {log}");
    }

    believes(&mut server, &authority).await;
    let me: Value = get(&api, &main, "/whoami").await.expect(200);
    assert_eq!(
        (&me["kind"], &me["scope"]),
        (&json!("oidc"), &json!("deployer"))
    );
    assert_eq!(me["owner"]["login"], "acme/shop");
    assert_eq!(get(&api, &fork, "/whoami").await.status, 401);
    let create = app::request(&server, "of-main", &json!({}));
    let create = bearing(api.post("/preview/create", &create), &main);
    create.send().await.expect(202);
    assert_eq!(issuer.asked(), 1);

    let log = server.log();
    for token in [main, fork] {
        for part in token.split('.').skip(1) {
            assert!(!log.contains(part), "a credential is in the log");
        }
    }
}

/// Starts the server again, so that it trusts this authority and no other.
async fn believes(server: &mut Server, authority: &Authority) {
    assert!(server.terminate(Signal::TERM).await.success());
    let file = authority.file();
    let file = file.to_str().expect("a path that is text");
    server.set_variable("SSL_CERT_FILE", file);
    server.launch().await;
}
