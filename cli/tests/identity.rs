//! Who calls: where the client takes a token from, where it sends it, and that it shows it nowhere.

#![expect(clippy::unwrap_used, reason = "a test's support is a test")]

#[allow(dead_code, reason = "every suite uses a part of it")]
mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use support::{Ran, Server, tempus_in, tempus_with};

const PREVIEW: &str = "1f2e3d4c-0000-4000-8000-000000000001";
const TOKEN: &str = "tps_0123456789abcdef_secretsecretsecret";

fn empty() -> Server {
    Server::start([("GET /previews".to_owned(), 200, json!({"previews": []}))])
}

/// The `Authorization` of each request, if it had one.
fn bearers(server: &Server) -> Vec<Option<String>> {
    let of = |head: &String| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        found.map(|(_, value)| value.to_owned())
    };
    server.heads().iter().map(of).collect()
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[track_caller]
fn shows_nothing(ran: &Ran, secret: &str) {
    assert!(!ran.stdout.contains(secret), "{}", ran.stdout);
    assert!(!ran.stderr.contains(secret), "{}", ran.stderr);
}

#[test]
fn the_environments_token_goes_with_every_call_and_is_shown_by_none() {
    let refused = json!({"type": "urn:tempus:problem:other", "title": "No", "status": 409});
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["destroy", PREVIEW],
        &["logs", PREVIEW, "-f"],
        &["exec", PREVIEW],
        &["create", "--wait"],
        &["extend", PREVIEW, "--by", "1h"],
        &["dead-letters", "list"],
        &["dead-letters", "discard", "x"],
    ] {
        let server = Server::start(
            [
                "GET /previews",
                &format!("DELETE /preview/{PREVIEW}"),
                &format!("GET /preview/{PREVIEW}/logs"),
                &format!("GET /preview/{PREVIEW}"),
                "POST /preview/create",
                &format!("POST /preview/{PREVIEW}/extend"),
                "GET /dead-letters",
                "DELETE /dead-letters/x",
            ]
            .map(|call| (call.to_owned(), 409, refused.clone())),
        );
        let variables = [("TEMPUS_URL", &*server.url), ("TEMPUS_TOKEN", TOKEN)];
        let ran = tempus_with(args, &variables);
        assert_eq!(ran.exit, 3, "{args:?}: {}", ran.stderr);
        let sent = bearers(&server);
        assert!(!sent.is_empty(), "{args:?}: {}", ran.stderr);
        assert!(
            sent.iter().all(|sent| *sent == Some(bearer(TOKEN))),
            "{args:?}: {sent:?}"
        );
        shows_nothing(&ran, "secret");
    }
    let agent = empty();
    tempus_with(&["list", "--url", &agent.url], &[]);
    let head = agent.heads().concat();
    assert!(head.contains("user-agent: tempus/"), "{head}");
    assert_eq!(bearers(&agent), [None]);
}

fn add(folder: &Path, server: &Server, stdin: &str, more: &[&str]) -> Ran {
    let mut args = vec!["context", "add", "work", &server.url];
    args.extend(more);
    tempus_in(folder, &args, &[], stdin)
}

#[test]
fn a_contexts_token_is_kept_for_its_owner_and_sent_to_that_server_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (server, other) = (empty(), empty());
    let ran = add(
        folder.path(),
        &server,
        &format!("{TOKEN}\n"),
        &["--token-stdin"],
    );
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let file = folder.path().join("tempus/contexts.toml");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let run = |args: &[&str]| tempus_in(folder.path(), args, &[], "");
    assert_eq!(run(&["list"]).exit, 0);
    assert_eq!(run(&["list", "--context", "work"]).exit, 0);
    assert_eq!(bearers(&server), [Some(bearer(TOKEN)), Some(bearer(TOKEN))]);
    assert_eq!(run(&["list", "--url", &other.url]).exit, 0);
    assert_eq!(bearers(&other), [None]);

    let listed = run(&["context", "list"]);
    assert!(listed.stdout.contains("yes"), "{}", listed.stdout);
    shows_nothing(&listed, "secret");
    let listed = run(&["context", "list", "--json"]);
    let json: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(json["contexts"][0]["has_token"], true);
    shows_nothing(&listed, "secret");

    // Whoever can read the file has the token: it is not used until that is put right.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let ran = run(&["list"]);
    assert_eq!(ran.exit, 2);
    assert!(ran.stderr.contains("chmod 600"), "{}", ran.stderr);
}

#[test]
fn a_token_is_read_from_a_file_and_never_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = empty();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(
        add(folder.path(), &server, "", &["--token-file", file]).exit,
        0
    );
    assert_eq!(tempus_in(folder.path(), &["list"], &[], "").exit, 0);
    assert_eq!(bearers(&server), [Some(bearer(TOKEN))]);

    let ran = add(folder.path(), &server, "", &["--token", TOKEN]);
    assert_eq!(ran.exit, 2, "there is no such flag");
    let ran = add(folder.path(), &server, "two words\n", &["--token-stdin"]);
    assert_eq!(ran.exit, 2);
    assert!(
        ran.stderr.contains("standard input must be a token"),
        "{}",
        ran.stderr
    );
    shows_nothing(&ran, "two words");
    let ran = tempus_with(&["list"], &[("TEMPUS_TOKEN", "two words")]);
    assert_eq!(ran.exit, 2);
    assert!(
        ran.stderr.contains("TEMPUS_TOKEN must be a token"),
        "{}",
        ran.stderr
    );
    shows_nothing(&ran, "two words");
}

#[test]
fn a_token_does_not_travel_in_the_clear() {
    for url in ["http://tempus.example", "http://192.0.2.1:8080"] {
        let variables = [("TEMPUS_TOKEN", TOKEN), ("TEMPUS_URL", url)];
        let ran = tempus_with(&["list"], &variables);
        assert_eq!(ran.exit, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("must be https://"), "{}", ran.stderr);
        assert_eq!(tempus_with(&["context", "add", "a", url], &[]).exit, 2);
    }
}

fn problem(status: u16, kind: &str, retry_after: Option<u64>) -> Value {
    json!({
        "type": format!("urn:tempus:problem:{kind}"), "title": "No", "status": status,
        "detail": "the reason", "retry_after": retry_after,
    })
}

#[test]
fn who_is_not_known_not_allowed_or_too_eager_is_told_so() {
    for (status, kind, exit, said) in [
        (401, "unauthenticated", 11, "--token-stdin"),
        (403, "forbidden", 12, "No: the reason\n"),
        (429, "too-many", 13, "No: the reason\n"),
        (429, "quota", 3, "No: the reason\n"),
    ] {
        let answer = problem(status, kind, None);
        let server = Server::start([("GET /previews".to_owned(), status, answer)]);
        let ran = tempus_with(&["list", "--url", &server.url], &[("TEMPUS_TOKEN", TOKEN)]);
        assert_eq!(ran.exit, exit, "{status}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{status}: {}", ran.stderr);
        shows_nothing(&ran, "secret");
        // A gateway in front of the server may refuse in a form of its own.
        let page = Value::String("<html>".to_owned());
        let server = Server::start([("GET /previews".to_owned(), status, page)]);
        let ran = tempus_with(&["list", "--url", &server.url], &[]);
        assert_eq!(
            ran.exit,
            if exit == 3 { 13 } else { exit },
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn whoever_may_ask_again_waits_as_long_as_it_is_told_to() {
    let call = || "GET /previews".to_owned();
    let server = Server::start([
        (call(), 429, problem(429, "too-many", Some(1))),
        (call(), 200, json!({"previews": []})),
    ]);
    let started = std::time::Instant::now();
    let ran = tempus_with(&["list", "--url", &server.url], &[]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(started.elapsed() >= std::time::Duration::from_secs(1));
    assert_eq!(server.heads().len(), 2);

    // What would be done twice is not asked for again, and nobody waits for an hour.
    let extend = format!("POST /preview/{PREVIEW}/extend");
    for (args, call, wait) in [
        (&["extend", PREVIEW, "--by", "1h"][..], extend, 1),
        (&["list"], call(), 3600),
    ] {
        let server = Server::start([(call, 429, problem(429, "too-many", Some(wait)))]);
        let ran = tempus_with(args, &[("TEMPUS_URL", &server.url)]);
        assert_eq!(ran.exit, 13, "{}", ran.stderr);
        assert_eq!(server.heads().len(), 1);
    }
}
