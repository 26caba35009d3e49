//! The binary itself, against a server that answers what each test says.

#![expect(clippy::unwrap_used, reason = "a test's support is a test")]

#[allow(dead_code, reason = "every suite uses a part of it")]
mod support;

use serde_json::{Value, json};
use support::{Server, tempus};

const PREVIEW: &str = "1f2e3d4c-0000-4000-8000-000000000001";
const JOB: &str = "550e8400-e29b-41d4-a716-446655440000";

fn preview(name: &str) -> Value {
    json!({
        "preview_id": PREVIEW, "name": name, "url": format!("http://{name}.localhost:8081/"),
        "phase": "ready", "parked": false, "generation": 1,
        "created_at": "2026-01-01T00:00:00.000Z", "expires_at": "2099-01-01T02:00:00.000Z",
        "template": "app", "owner": {"id": "local", "login": "local"},
        "services": [], "resources": {}, "open_jobs": [],
        "last_job": {"job_id": JOB, "kind": "create"},
        "from_a_newer_server": 1,
    })
}

fn job(status: &str) -> Value {
    json!({
        "job_id": JOB, "preview_id": PREVIEW, "kind": "create", "status": status, "generation": 1,
        "created_at": "2026-01-01T00:00:00.000Z",
        "steps": [{
            "step": "process:web", "state": "failed", "attempts": 1,
            "started_at": "2026-01-01T00:00:00.000Z", "error": "\u{1b}[31mno\u{1b}[0m",
        }],
        "error": {"kind": "rejected", "step": "process:web", "reason": "it never answered",
                  "detail": ["Traceback", "\u{1b}]0;evil\u{7}boom"]},
    })
}

fn accepted() -> Value {
    json!({
        "job_id": JOB, "preview_id": PREVIEW,
        "preview_url": "http://hello.localhost:8081/", "expires_at": "2099-01-01T02:00:00.000Z",
    })
}

fn problem(status: u16, kind: &str) -> Value {
    json!({
        "type": format!("urn:tempus:problem:{kind}"), "title": "No", "status": status,
        "detail": "the reason", "errors": [{"field": "ttl", "problem": "must be at least 10s"}],
    })
}

#[test]
fn how_a_job_ended_is_told_by_the_exit_status() {
    for (status, exit) in [
        ("succeeded", 0),
        ("running", 0),
        ("failed", 4),
        ("parked", 5),
        ("superseded", 9),
    ] {
        let server = Server::start([(format!("GET /job/{JOB}"), 200, job(status))]);
        let ran = tempus(&["job", JOB, "--url", &server.url]);
        assert_eq!(ran.exit, exit, "{status}: {}", ran.stderr);
        assert!(ran.stdout.contains("process:web"), "{}", ran.stdout);
    }
}

#[test]
fn what_a_failed_job_says_is_shown_without_its_control_sequences() {
    let server = Server::start([(format!("GET /job/{JOB}"), 200, job("failed"))]);
    let ran = tempus(&["job", JOB, "--url", &server.url]);
    assert!(ran.stderr.contains("it never answered"), "{}", ran.stderr);
    assert!(ran.stderr.contains("| boom"), "{}", ran.stderr);
    assert!(
        !format!("{}{}", ran.stdout, ran.stderr).contains('\u{1b}'),
        "{}",
        ran.stderr
    );
}

#[test]
fn refusals_are_told_apart_and_shown_field_by_field() {
    for (status, kind, exit) in [
        (422, "invalid", 3),
        (429, "quota", 3),
        (409, "name-taken", 3),
        (404, "not-found", 6),
        (500, "internal", 7),
        (418, "of-a-newer-server", 3),
    ] {
        let answer = problem(status, kind);
        let server = Server::start([("POST /preview/create".to_owned(), status, answer)]);
        let ran = tempus(&["create", "--ttl", "1s", "--url", &server.url]);
        assert_eq!(ran.exit, exit, "{status}: {}", ran.stderr);
        assert_eq!(
            ran.stderr,
            "error: No: the reason\n  ttl: must be at least 10s\n"
        );
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn nobody_there_and_somebody_else_there_are_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let ran = tempus(&["list", "--url", &format!("http://{closed}")]);
    assert_eq!(ran.exit, 7, "{}", ran.stderr);
    assert!(ran.stderr.contains("tempus dev"), "{}", ran.stderr);

    let server = Server::start([("GET /previews".to_owned(), 200, json!("hello"))]);
    let ran = tempus(&["list", "--url", &server.url]);
    assert_eq!(ran.exit, 7, "{}", ran.stderr);
    assert!(ran.stderr.contains("no Tempus server"), "{}", ran.stderr);
}

#[test]
fn the_server_is_named_by_the_environment_too() {
    let server = Server::start([("GET /previews".to_owned(), 200, json!({"previews": []}))]);
    let ran = support::tempus_with(&["list"], &[("TEMPUS_URL", &server.url)]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, "no previews\n"));
    let ran = tempus(&["list", "--context", "nowhere"]);
    assert_eq!(ran.exit, 2);
    assert!(ran.stderr.contains("context add"), "{}", ran.stderr);
}

#[test]
fn json_is_what_the_server_answered() {
    let page = json!({"previews": [preview("hello")]});
    let server = Server::start([("GET /previews".to_owned(), 200, page.clone())]);
    let ran = tempus(&["list", "--json", "--url", &server.url]);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), page);
}

#[test]
fn a_preview_goes_by_its_name_its_short_id_and_its_id() {
    let server = Server::start([
        (
            "GET /previews".to_owned(),
            200,
            json!({"previews": [preview("other"), preview("hello")]}),
        ),
        (format!("DELETE /preview/{PREVIEW}"), 202, accepted()),
    ]);
    for given in ["hello", "1f2e3d4c", PREVIEW] {
        let ran = tempus(&["destroy", given, "--json", "--url", &server.url]);
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
    }
    let ran = tempus(&["destroy", "hello", "nobody", "--url", &server.url]);
    assert_eq!(ran.exit, 6);
    assert_eq!(ran.stdout, "", "nothing is removed when one name is wrong");
}

#[test]
fn waiting_shows_progress_beside_the_result_and_ends_with_the_job() {
    let server = Server::start([
        ("POST /preview/create".to_owned(), 202, accepted()),
        (format!("GET /job/{JOB}"), 200, job("failed")),
    ]);
    let ran = tempus(&["create", "--wait", "--json", "--url", &server.url]);
    assert_eq!(ran.exit, 4, "{}", ran.stderr);
    assert_eq!(
        serde_json::from_str::<Value>(&ran.stdout).unwrap(),
        accepted()
    );
    assert!(
        ran.stderr.contains("process:web                  failed"),
        "{}",
        ran.stderr
    );

    let server = Server::start([
        ("POST /preview/create".to_owned(), 202, accepted()),
        (format!("GET /job/{JOB}"), 200, job("running")),
    ]);
    let ran = tempus(&["create", "--timeout", "0.3s", "--url", &server.url]);
    assert_eq!(ran.exit, 8, "{}", ran.stderr);
}

#[test]
fn a_folder_and_flags_become_one_request() {
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("My App");
    std::fs::create_dir(&app).unwrap();
    std::fs::write(
        app.join(".tempus.yml"),
        "command: run\nhealth_path: /up\nenvironment: {A: 1, B: 2}\n",
    )
    .unwrap();
    let server = Server::start([("POST /preview/create".to_owned(), 202, accepted())]);
    let dir = app.to_str().unwrap();
    let ran = tempus(&[
        "create",
        dir,
        "--env",
        "B=3",
        "--ttl",
        "90m",
        "--url",
        &server.url,
    ]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let dir = app.canonicalize().unwrap();
    assert_eq!(
        server.bodies(),
        [json!({
            "name": "my-app", "command": "run", "health_path": "/up", "ttl": "1h30m",
            "dir": dir, "env": {"A": "1", "B": "3"},
        })]
    );

    std::fs::write(app.join(".tempus.yml"), "command: run\nprot: 1\n").unwrap();
    let ran = tempus(&["create", dir.to_str().unwrap(), "--url", &server.url]);
    assert_eq!(ran.exit, 2);
    assert!(
        ran.stderr.contains(".tempus.yml:2: prot: no such key"),
        "{}",
        ran.stderr
    );
}

#[test]
fn log_lines_reach_a_file_as_they_were_written() {
    let lines = format!(
        "{}\n{}\n",
        json!({"at": "2026-01-01T00:00:00.000Z", "service": "web", "stream": "stdout",
               "text": "\u{1b}[32mok"}),
        json!({"at": "2026-01-01T00:00:01.000Z", "service": "api", "stream": "stderr",
               "text": "bye"}),
    );
    let server = Server::start([(
        format!("GET /preview/{PREVIEW}/logs"),
        200,
        Value::String(lines),
    )]);
    let ran = tempus(&["logs", PREVIEW, "--url", &server.url]);
    assert_eq!(
        (ran.exit, ran.stdout.as_str()),
        (0, "web | \u{1b}[32mok\napi | bye\n")
    );
}

#[test]
fn an_extension_needs_a_time_and_only_one() {
    for args in [
        &["extend", "x"][..],
        &["extend", "x", "--by", "1h", "--ttl", "1h"],
    ] {
        assert_eq!(tempus(args).exit, 2);
    }
}

#[test]
fn completions_and_help_are_there() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = tempus(&["completions", shell]);
        assert!(
            ran.exit == 0 && ran.stdout.contains("dead-letters"),
            "{shell}"
        );
    }
    let ran = tempus(&["--help"]);
    assert!(
        ran.exit == 0 && ran.stdout.contains("the job is parked"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("hello"), "hidden commands stay hidden");
    assert_eq!(tempus(&["nonsense"]).exit, 2);
}

#[test]
fn the_configuration_is_checked_before_anything_is_started() {
    let ran = support::tempus_with(&["serve"], &[("TEMPUS_API_LISTEN", "0.0.0.0:8080")]);
    assert_eq!(ran.exit, 2);
    assert!(
        ran.stderr.contains("TEMPUS_API_LISTEN: api.listen"),
        "{}",
        ran.stderr
    );
    let ran = tempus(&[
        "config",
        "--set",
        "quota.total=7",
        "--set",
        "quota.per_owner=7",
    ]);
    let line = ran
        .stdout
        .lines()
        .find(|line| line.starts_with("quota.total"))
        .unwrap();
    assert!(line.contains('7') && line.contains("--set"), "{line}");
}
