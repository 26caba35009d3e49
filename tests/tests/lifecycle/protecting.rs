//! Protected previews on a real server: who gets in, what changes when the password does, and where
//! the password is not to be found.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempus_tests::server::{
    Answer, Api, Method, Server, app, command, eventually, search, tempus, text,
};

const WORD: &str = "correct horse battery";
const OTHER: &str = "another horse entirely";

/// A request for a preview that this password opens.
fn protected(server: &Server, name: &str, password: &str) -> Value {
    let mut request = app::request(server, name, &json!({}));
    request["access"] = json!({ "password": password });
    request
}

async fn unlock(api: &Api, name: &str, password: &str) -> Answer {
    let call = api.visit(name, "/.tempus/unlock").method(Method::POST);
    let body = format!("password={}&next=/headers", password.replace(' ', "+"));
    call.body("application/x-www-form-urlencoded", body)
        .send()
        .await
}

fn session(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let set = answer.header("set-cookie").unwrap();
    set.split(';').next().unwrap().to_owned()
}

async fn pid(api: &Api, name: &str, session: &str) -> String {
    let answer = api
        .visit(name, "/pid")
        .header("cookie", session)
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

#[tokio::test]
async fn another_password_ends_sessions_and_restarts_nothing() {
    let mut server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&protected(&server, "shop", WORD)).await;
    let preview = text(&accepted, "preview_id").to_owned();
    assert_eq!(api.preview(&preview).await["access"], "password");
    assert_eq!(api.visit("shop", "/").send().await.status, 401);
    assert_eq!(unlock(&api, "shop", "wrong horse").await.status, 401);
    let first = session(&unlock(&api, "shop", WORD).await);

    // The application's own `Authorization` is its own.
    let inside = api.visit("shop", "/headers").header("cookie", &first);
    let seen = inside
        .header("authorization", "Basic dXNlcjpwYXNz")
        .send()
        .await;
    assert_eq!(seen.status, 200);
    let seen = seen.text().to_lowercase();
    assert!(seen.contains("authorization: basic dxnlcjpwyxnz"), "{seen}");
    assert!(
        !seen.contains("__tempus_gate") && !seen.contains("cookie"),
        "{seen}"
    );

    let before = pid(&api, "shop", &first).await;
    let update = |body: Value| {
        let api = api.clone();
        let path = format!("/preview/{preview}/update");
        async move {
            let accepted = api.post(&path, &body).send().await.expect(202);
            let job = api.job_ended(text(&accepted, "job_id")).await;
            assert_eq!(job["status"], "succeeded", "{job:#}");
        }
    };
    // The same password again, as every push of a branch would give it: nothing changes.
    api.ready(&protected(&server, "shop", WORD)).await;
    assert_eq!(pid(&api, "shop", &first).await, before);
    // And one who does not say so opens nothing.
    api.ready(&app::request(&server, "shop", &json!({}))).await;
    assert_eq!(api.visit("shop", "/").send().await.status, 401);

    update(json!({"access": {"password": OTHER}})).await;
    let ended = api
        .visit("shop", "/pid")
        .header("cookie", &first)
        .send()
        .await;
    assert_eq!(ended.status, 401, "the session of before");
    assert_eq!(unlock(&api, "shop", WORD).await.status, 401);
    let second = session(&unlock(&api, "shop", OTHER).await);
    assert_eq!(pid(&api, "shop", &second).await, before, "the same process");

    server.terminate(Signal::TERM).await;
    server.launch().await;
    let back = eventually(
        "the preview is up again, for who was in before",
        Duration::from_secs(20),
        async || {
            let visit = api.visit("shop", "/pid").header("cookie", &second);
            let answer = visit.send().await;
            (answer.status == 200).then(|| answer.text())
        },
    );
    assert_ne!(back.await, before, "it was started again");
    assert_eq!(api.visit("shop", "/").send().await.status, 401);

    update(json!({"access": "open"})).await;
    assert_eq!(api.visit("shop", "/").send().await.status, 200);
}

#[tokio::test]
async fn a_link_opens_for_its_time_and_only_its_preview() {
    let server = Server::start(&[]).await;
    let api = server.api();
    for name in ["shop", "docs"] {
        let mut request = app::request(&server, name, &json!({}));
        request["access"] = "link".into();
        api.ready(&request).await;
    }
    let url = api.url();
    let ran = tempus(server.root(), &url, &["link", "shop", "--ttl", "6s"]).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
    let link = ran.stdout.trim();
    let start = format!("http://shop.localhost:{}/?tempus-key=", api.previews_port());
    assert!(link.starts_with(&start), "{link}");
    let query = link.rsplit_once('/').unwrap().1;
    let on = api.visit("shop", &format!("/headers{query}")).send().await;
    assert_eq!(on.header("location"), Some("/headers"));
    let session = session(&on);
    let inside = api.visit("shop", "/headers").header("cookie", &session);
    assert_eq!(inside.send().await.status, 200);
    for (name, path) in [
        ("docs", format!("/{query}")),
        ("shop", format!("/{query}0")),
    ] {
        let refused = api.visit(name, &path).send().await;
        assert_eq!(
            (refused.status, refused.header("x-tempus")),
            (401, Some("link-ended"))
        );
    }
    let elsewhere = api.visit("docs", "/").header("cookie", &session);
    assert_eq!(elsewhere.send().await.status, 401);
    eventually(
        "the session ends with the link",
        Duration::from_secs(15),
        async || {
            let inside = api.visit("shop", "/headers").header("cookie", &session);
            (inside.send().await.status == 401).then_some(())
        },
    )
    .await;
    let late = api.visit("shop", &format!("/{query}")).send().await;
    assert_eq!(late.header("x-tempus"), Some("link-ended"));
}

#[tokio::test]
async fn strangers_are_told_that_it_failed_and_not_why() {
    let server = Server::start(&[]).await;
    let api = server.api();
    for (access, is_told) in [("open", true), ("link", false)] {
        let mut request = app::request(&server, access, &json!({}));
        request["access"] = access.into();
        request["command"] = "exit 47".into();
        let accepted = api.create(&request).await;
        let job = api.job_ended(text(&accepted, "job_id")).await;
        let reason = text(&job["error"], "reason");
        assert!(reason.contains("status 47"), "{job:#}");
        let visit = api.visit(access, "/").header("accept", "text/html").send();
        let page = visit.await;
        assert_eq!(
            (page.status, page.header("x-tempus")),
            (410, Some("failed"))
        );
        let text = page.text();
        assert_eq!(text.contains("status 47"), is_told, "{text}");
    }
}

#[tokio::test]
async fn the_password_is_nowhere_to_be_found() {
    let server = Server::start(&[("log.level", "debug")]).await;
    let api = server.api();
    let folder = app::folder(&server);
    let file = "command: exec python3 app.py\nhealth_path: /healthz\naccess: password\n";
    std::fs::write(folder.join(".tempus.yml"), file).unwrap();
    let mut create = command(server.root());
    create.args([
        "create",
        folder.to_str().unwrap(),
        "--name",
        "shop",
        "--wait",
    ]);
    create
        .env("TEMPUS_URL", api.url())
        .env("TEMPUS_PREVIEW_PASSWORD", WORD);
    let created = create.output().unwrap();
    assert!(created.status.success(), "{created:?}");
    session(&unlock(&api, "shop", WORD).await);
    unlock(&api, "shop", "a wrong secret").await;
    for refused in [
        json!({"access": {"password": "short-1"}}),
        json!({"access": WORD}),
        json!({"access": {"pasword": WORD}}),
        json!({"access": {"password": WORD, "more": 1}}),
    ] {
        let answer = api.post("/preview/create", &refused).send().await;
        let problem = answer.expect(422);
        let field = text(&problem["errors"][0], "field");
        assert!(field.starts_with("access"), "{problem:#}");
        assert!(!answer.text().contains("horse") && !answer.text().contains("short-1"));
    }
    let key = json!({"name": "shop", "access": {"password": WORD}});
    let call = || api.post("/preview/create", &key).key("once");
    assert_eq!(call().send().await.status, 202);
    assert_eq!(
        call().send().await.header("idempotency-replayed"),
        Some("true")
    );

    let config = tempus(server.root(), &api.url(), &["config", "--json"]).await;
    let shown = tempus(server.root(), &api.url(), &["show", "shop", "--json"]).await;
    let gate = std::fs::read_to_string(server.data().join("gate.key")).unwrap();
    let said = [server.log(), config.stdout, shown.stdout, shown.stderr];
    for text in &said {
        for secret in [WORD, "a wrong secret", "argon2", gate.trim()] {
            // As it is, or as a form sends it.
            let sent = secret.replace(' ', "+");
            let found = text.contains(secret) || text.contains(&sent);
            assert!(!found, "{secret}: {text}");
        }
    }
    assert!(said[0].contains("a wrong password"), "a refusal is logged");
    let mut files = 0;
    search(&server.data(), &mut |path: &Path, bytes: &[u8]| {
        files += 1;
        let holds = |secret: &str| bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(
            !holds(WORD) && !holds("a wrong secret"),
            "{}",
            path.display()
        );
        let is_key = path.ends_with("gate.key");
        assert!(is_key || !holds(gate.trim()), "{}", path.display());
        // A fast hash of a body with the password in it is as good as the password.
        for hash in fast_hashes() {
            assert!(!holds(&hash), "{}", path.display());
        }
    });
    assert!(files > 2, "the folder was searched");
}

/// What an idempotency key would keep of the request that came with one, if it kept it plainly.
fn fast_hashes() -> [String; 1] {
    use sha2::{Digest, Sha256};
    let body = json!({"name": "shop", "access": {"password": WORD}}).to_string();
    let text = format!("POST\n/preview/create\n{body}");
    [hex::encode(Sha256::digest(text.as_bytes()))]
}
