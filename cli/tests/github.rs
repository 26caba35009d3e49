//! In a workflow of GitHub's that may ask for its identity, no token needs to be stored.

#![expect(clippy::unwrap_used, reason = "a test's support is a test")]

mod support;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use support::{Server, tempus_with};

const PREVIEW: &str = "1f2e3d4c-0000-4000-8000-000000000001";

fn identity() -> String {
    let claims = BASE64_URL_SAFE_NO_PAD.encode(r#"{"exp":4102444800,"aud":"tempus"}"#);
    format!("e30.{claims}.identitysecret")
}

fn endpoint(status: u16, answer: Value) -> Server {
    Server::start([("GET /token".to_owned(), status, answer)])
}

fn api() -> Server {
    let refused = json!({"title": "No", "status": 409});
    Server::start([
        ("GET /previews".to_owned(), 200, json!({"previews": []})),
        (format!("DELETE /preview/{PREVIEW}"), 409, refused),
    ])
}

fn run(args: &[&str], api: &Server, github: &Server, more: &[(&str, &str)]) -> support::Ran {
    let url = format!("{}/token?api-version=2", github.url);
    let mut variables = vec![
        ("TEMPUS_URL", &*api.url),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &*url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "requestsecret"),
    ];
    variables.extend(more);
    let ran = tempus_with(args, &variables);
    let shown = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!shown.contains("secret"), "{shown}");
    ran
}

#[test]
fn a_workflow_shows_who_it_is_and_asks_once() {
    let (api, github) = (api(), endpoint(200, json!({"value": identity(), "count": 1})));
    // Several calls: the name is looked for among what is there and what is gone.
    let ran = run(&["destroy", "nobody"], &api, &github, &[]);
    assert_eq!(ran.exit, 6, "{}", ran.stderr);
    let asked = github.heads();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(
        asked[0].starts_with("GET /token?api-version=2&audience=tempus HTTP/1.1"),
        "{asked:?}"
    );
    assert!(asked[0].contains("authorization: Bearer requestsecret"));
    let expected = format!("authorization: Bearer {}\r\n", identity());
    assert_eq!(api.heads().len(), 2);
    for head in api.heads() {
        assert!(head.contains(&expected), "{head}");
    }
}

#[test]
fn the_audience_can_be_another_and_a_token_comes_first() {
    let (api, github) = (api(), endpoint(200, json!({"value": identity()})));
    run(&["list"], &api, &github, &[("TEMPUS_OIDC_AUDIENCE", "our own")]);
    let asked = github.heads().concat();
    assert!(asked.contains("&audience=our+own HTTP"), "{asked}");
    run(&["list"], &api, &github, &[("TEMPUS_TOKEN", "tps_1")]);
    assert_eq!(github.heads().len(), 1);
    let sent = api.heads().concat();
    assert!(sent.contains("authorization: Bearer tps_1\r\n"), "{sent}");
}

#[test]
fn a_workflow_without_an_identity_is_told_why() {
    for (status, answer, said) in [
        (500, json!({}), "it answered 500"),
        (200, json!({"count": 1}), "holds no token"),
        (200, json!({"value": "spaced secret"}), "holds no token"),
        (200, json!({"value": "opaquesecret"}), "no expiry"),
    ] {
        let (api, github) = (api(), endpoint(status, answer));
        let ran = run(&["list"], &api, &github, &[]);
        assert_eq!(ran.exit, 11, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert_eq!(api.heads().len(), 0, "nobody is called without one");
    }
}
