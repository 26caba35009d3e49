//! Tokens on the command line: where they appear, and where they must not.

#![expect(clippy::unwrap_used, reason = "a test's support is a test")]

#[allow(dead_code, reason = "every suite uses a part of it")]
mod support;

use serde_json::{Value, json};
use support::{Server, tempus};
use tempus_model::{Token, TokenHash};

#[test]
fn a_new_token_goes_to_standard_output_and_its_hash_to_the_reader() {
    let ran = tempus(&["token", "new"]);
    assert_eq!(ran.exit, 0);
    let token: Token = ran.stdout.trim_end().parse().unwrap();
    let hash = token.hash().to_string();
    assert!(
        ran.stderr
            .contains(&format!("admin_token_hash = \"{hash}\"")),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("tps_"), "{}", ran.stderr);

    let ran = tempus(&["token", "new", "--json"]);
    let both: Value = serde_json::from_str(&ran.stdout).unwrap();
    let other: Token = both["token"].as_str().unwrap().parse().unwrap();
    let hash: TokenHash = both["admin_token_hash"].as_str().unwrap().parse().unwrap();
    assert_eq!(other.hash(), hash);
    assert!(other.id() != token.id() && other.hash() != token.hash());
}

#[test]
fn a_token_that_is_made_is_all_of_standard_output() {
    let record = json!({
        "id": "0123456789abcdef", "name": "ci", "scope": "deployer", "state": "good",
        "owner": {"id": "42", "login": "acme/shop"}, "created_by": "configured",
        "created_at": "2026-01-01T00:00:00.000Z",
    });
    let made = json!({"token": "tps_made", "record": record});
    let server = Server::start([("POST /tokens".to_owned(), 201, made.clone())]);
    let args = [
        "token",
        "create",
        "ci",
        "--scope",
        "deployer",
        "--owner",
        "acme/shop",
        "--owner-id",
        "42",
    ];
    let ran = tempus(&[&args[..], &["--url", &server.url]].concat());
    assert_eq!(
        (ran.exit, ran.stdout.as_str()),
        (0, "tps_made\n"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("0123456789abcdef") && !ran.stderr.contains("tps_made"));
    let asked = json!({
        "name": "ci", "scope": "deployer", "owner": "acme/shop", "owner_id": "42",
        "expires_in": "90d",
    });
    assert_eq!(server.bodies(), [asked]);
    let ran = tempus(&[&args[..], &["--json", "--url", &server.url]].concat());
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), made);
}

/// Who takes a token for its id is told what an id is, without the token.
#[test]
fn a_token_in_place_of_its_id_is_not_repeated() {
    let token = tempus(&["token", "new"]).stdout;
    let ran = tempus(&["token", "revoke", token.trim_end()]);
    assert_eq!(ran.exit, 2);
    assert!(ran.stderr.contains("sixteen"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&token[21..60]), "{}", ran.stderr);
    let server = Server::start([("DELETE /tokens/0123456789abcdef".to_owned(), 204, json!(""))]);
    let ran = tempus(&["token", "revoke", "0123456789abcdef", "--url", &server.url]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
}

#[test]
fn whoami_says_who_the_server_takes_one_for() {
    let me = json!({
        "kind": "token", "name": "token 0123456789abcdef", "scope": "viewer",
        "owner": {"id": "acme", "login": "acme"},
    });
    let server = Server::start([("GET /whoami".to_owned(), 200, me)]);
    let ran = tempus(&["whoami", "--url", &server.url]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    for part in ["token 0123456789abcdef", "viewer", "acme"] {
        assert!(ran.stdout.contains(part), "{}", ran.stdout);
    }
}

/// `tempus dev` is for whoever is at this machine, and has no token to show to its own server.
#[test]
fn dev_does_not_ask_who_calls() {
    let hash = "0a".repeat(32);
    let ran = tempus(&["dev", "--set", &format!("identity.admin_token_hash={hash}")]);
    assert_eq!(ran.exit, 2);
    assert!(ran.stderr.contains("use tempus serve"), "{}", ran.stderr);
}
