//! What is logged of callers: once for each that is turned away, and never what they sent.

use axum::http::Method;
use serde_json::{Value, json};
use tempus_model::{Scope, Token};

use super::{As, believing, root};
use crate::testing::{Issuer, Key};
use crate::tests::log::Lines;
use crate::tests::server::Server;

#[tokio::test]
async fn no_credential_reaches_a_log_and_every_refusal_does_once() {
    let (lines, _guard) = Lines::capture();
    let (key, forger) = (Key::rsa("rsa"), Key::ec("rsa"));
    let issuer = Issuer::start(&[&key]).await;
    let rules = vec![issuer.rule(&[("repository", "acme/*")], Scope::Deployer)];
    let server = Server::with_identity(believing(rules)).await;
    let (id, text) = As::root(&server).token("viewer", "acme", "1h").await;
    let good: Token = text.parse().unwrap();
    let forged = Token::new(good.id(), [0x5e; 32]);
    let [signed, unsigned, foreign] = [
        key.sign(&issuer.claims()),
        forger.sign(&issuer.claims()),
        key.sign(&issuer.claims_but(&json!({"repository": "evil/shop"}))),
    ];
    let typo = text.replacen('_', "_0", 2);

    let ask = async |token: &str, method: Method, path: &str| {
        As::bearing(&server, token)
            .send(method, path, None)
            .await
            .status
    };
    assert_eq!(ask(&text, Method::GET, "/previews").await, 200);
    assert_eq!(ask(&signed, Method::GET, "/previews").await, 200);
    let mut refused = Vec::new();
    for (reason, token, path) in [
        ("scope", &*text, "/tokens"),
        ("wrong_secret", forged.expose(), "/previews"),
        ("malformed", &typo, "/previews"),
        ("malformed", "hush-hush", "/previews"),
        ("oidc_signature", &unsigned, "/previews"),
        ("oidc_no_rule", &foreign, "/previews"),
        ("scope", &signed, "/dead-letters"),
    ] {
        let status = ask(token, Method::GET, path).await;
        assert_eq!(
            status,
            if reason == "scope" { 403 } else { 401 },
            "{reason}"
        );
        refused.push((reason, path));
    }
    let other = As::bearing(&server, &text)
        .get("/previews?owner=else")
        .await;
    assert_eq!(other.status, 403);
    refused.push(("owner", "/previews"));
    assert_eq!(server.get("/previews").await.status, 401);
    refused.push(("no_token", "/previews"));

    let all = lines.text();
    let secrets = [
        root().expose()[21..85].to_owned(),
        text[21..85].to_owned(),
        forged.expose()[21..85].to_owned(),
        good.hash().to_string(),
        "hush-hush".to_owned(),
    ];
    let parts = [&signed, &unsigned, &foreign].into_iter();
    let parts = parts.flat_map(|token| token.split('.').skip(1).map(ToOwned::to_owned));
    for secret in secrets.into_iter().chain(parts) {
        // Half of a secret is a secret.
        let half = &secret[..secret.len() / 2];
        assert!(!all.contains(half), "{half} in {all}");
    }

    let turned_away: Vec<Value> = lines.with("turned away");
    let seen: Vec<_> = turned_away
        .iter()
        .map(|line| {
            assert_eq!(line["level"], "WARN");
            assert_eq!(line["fields"]["peer"], "127.0.0.1", "{line}");
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (text(&line["fields"]["reason"]), text(&line["span"]["path"]))
        })
        .collect();
    let expected: Vec<_> = refused
        .iter()
        .map(|(reason, path)| ((*reason).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(seen, expected);
    let callers: Vec<_> = turned_away
        .iter()
        .map(|line| line["span"]["caller"].clone())
        .collect();
    let token = json!(format!("token {id}"));
    assert_eq!(callers[..2], [token.clone(), token]);
    assert_eq!(
        callers[6],
        "oidc repo:acme/shop:ref:refs/heads/main by octocat"
    );

    let metrics = As::root(&server).get("/metrics").await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    for reason in ["scope", "no_token", "oidc_signature", "owner"] {
        let counter = format!("tempus_refused_total{{reason=\"{reason}\"}}");
        assert!(metrics.contains(&counter), "{counter} in {metrics}");
    }
}

/// Not even the answer to who made it, or a page's refusal, is told twice.
#[tokio::test]
async fn a_page_that_is_turned_away_is_logged_too() {
    let (lines, _guard) = Lines::capture();
    let server = Server::start().await;
    let request = server
        .request(Method::GET, "/previews")
        .header("origin", "http://evil.example");
    assert_eq!(server.send(request).await.status, 403);
    let away = lines.with("turned away");
    assert_eq!(away.len(), 1);
    assert_eq!(away[0]["fields"]["reason"], "foreign_origin");
}
