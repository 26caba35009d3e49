//! Bad input: each refused with what was wrong and what would be right, and nothing changed.

use axum::http::Method;
use serde_json::{Value, json};

use super::server::{Answer, Server};

/// Sends a body as it stands.
async fn raw(server: &Server, body: impl Into<reqwest::Body>) -> Answer {
    let request = server.request(Method::POST, "/preview/create");
    let request = request.header("content-type", "application/json");
    server.send(request.body(body)).await
}

#[tokio::test]
async fn what_is_not_a_request_is_refused() {
    let server = Server::start().await;
    for body in ["", "{", "{\"ttl_hours\": NaN}", "not json", "{}{}"] {
        let answer = raw(&server, body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["type"], "urn:tempus:problem:malformed-json");
    }
    let answer = raw(&server, vec![b' '; 65 * 1024]).await;
    assert_eq!(answer.status, 413);
    assert!(answer.json()["detail"].as_str().unwrap().contains("65536"));
    let answer = raw(&server, vec![b'x'; 1024 * 1024]).await;
    assert_eq!(answer.status, 413);
    assert_eq!(server.count().await, 0);
}

#[tokio::test]
async fn each_field_is_refused_by_its_name() {
    let server = Server::start().await;
    let long = "x".repeat(300);
    let service = |name: &str| json!({"name": name, "command": "serve"});
    let with = |name: &str, field: &str, value: Value| {
        let mut service = service(name);
        service[field] = value;
        service
    };
    let cases: Vec<(Value, &[&str])> = vec![
        (json!([]), &["body"]),
        (json!({"ttl_hour": 2}), &["ttl_hour"]),
        (json!({"ttl_hours": "2"}), &["ttl_hours"]),
        (json!({"ttl_hours": 0}), &["ttl_hours"]),
        (json!({"ttl_hours": -1}), &["ttl_hours"]),
        (json!({"ttl_hours": 1e300}), &["ttl_hours"]),
        (json!({"ttl": "NaN"}), &["ttl"]),
        (json!({"ttl": "0h"}), &["ttl"]),
        (json!({"ttl": "8d"}), &["ttl"]),
        (json!({"ttl": "1h", "ttl_hours": 1}), &["ttl"]),
        (json!({"name": "a\u{7}b"}), &["name"]),
        (json!({"name": long}), &["name"]),
        (json!({"name": ""}), &["name"]),
        (json!({"owner": "a b"}), &["owner"]),
        (json!({"repository": "shop"}), &["repository"]),
        (json!({"branch": "a\nb"}), &["branch"]),
        (json!({"pr_number": 0}), &["pr_number"]),
        (json!({"pr_number": -1}), &["pr_number"]),
        (json!({"commit_sha": "main"}), &["commit_sha"]),
        (json!({"template": "a b"}), &["template"]),
        (json!({"command": "no-such-program"}), &["command"]),
        (json!({"command": " "}), &["command"]),
        (json!({"dir": "relative"}), &["dir"]),
        (json!({"image": "a b", "command": "serve"}), &["image"]),
        (json!({"port": 0}), &["port"]),
        (json!({"port": 70000}), &["port"]),
        (json!({"port": 80.5}), &["port"]),
        (json!({"env": {"1A": "x"}}), &["env"]),
        (json!({"env": {"A": 1}}), &["env.A"]),
        (json!({"health_path": "health"}), &["health_path"]),
        (json!({"memory": 1_000_000}), &["memory"]),
        (json!({"services": []}), &["services"]),
        (json!({"services": [service("a")], "port": 80}), &["port"]),
        (
            json!({"services": [{"name": "a"}]}),
            &["services[0].command"],
        ),
        (
            json!({"services": [service("a"), service("a")]}),
            &["services[1].name"],
        ),
        (
            json!({"services": [with("a", "port", json!(1)), with("b", "port", json!(1))]}),
            &["services[1].port"],
        ),
        (
            json!({"services": [service("a"), with("b", "path", json!("/"))]}),
            &["services[1].path"],
        ),
        (
            json!({"services": [service("a"), with("b", "command", json!("nothing"))]}),
            &["services[1].command"],
        ),
        (
            json!({"ttl_hours": 0, "name": "A", "port": "x", "prot": 1, "owner": ""}),
            &["port", "prot", "name", "owner", "ttl_hours"],
        ),
    ];
    for (body, fields) in cases {
        let answer = server.post("/preview/create", body.clone()).await;
        assert_eq!(answer.status, 422, "{body}");
        assert_eq!(
            answer.json()["type"],
            "urn:tempus:problem:invalid",
            "{body}"
        );
        let mut found = answer.fields();
        found.sort();
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        assert_eq!(found, fields, "{body}: {}", answer.json());
    }
    assert_eq!(server.count().await, 0);
}

#[tokio::test]
async fn ids_and_parameters_are_refused_by_name() {
    let server = Server::start().await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    for (path, status) in [
        ("/preview/x", 400),
        ("/preview/%FF", 400),
        ("/job/1234", 400),
        ("/job/x/events", 400),
        ("/preview/x/logs", 400),
        ("/preview/x/receipt", 400),
        (&format!("/preview/{unknown}"), 404),
        (&format!("/preview/{unknown}/logs"), 404),
        (&format!("/preview/{unknown}/receipt"), 404),
        (&format!("/job/{unknown}"), 404),
        (&format!("/job/{unknown}/events"), 404),
        ("/previews?limit=0", 400),
        ("/previews?limit=201", 400),
        ("/previews?limt=1", 400),
        ("/previews?phase=redy", 400),
        ("/previews?pr=x", 400),
        ("/previews?cursor=zzz", 400),
        ("/preview", 404),
        ("/previews/", 404),
        ("/overviews", 404),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    for path in ["update", "extend"] {
        for (id, status) in [("x", 400), (unknown, 404)] {
            let body = json!({"ttl": "1h"});
            let answer = server.post(&format!("/preview/{id}/{path}"), body).await;
            assert_eq!(answer.status, status, "{id}/{path}");
        }
    }
    assert_eq!(
        server.delete(&format!("/preview/{unknown}")).await.status,
        404
    );
    assert_eq!(server.delete("/dead-letters/x").await.status, 404);
}

#[tokio::test]
async fn a_method_an_address_does_not_have_is_told_which_it_has() {
    let server = Server::start().await;
    let preview = "/preview/00000000-0000-4000-8000-000000000000";
    for (method, path, allow) in [
        (Method::PUT, "/previews", "GET,HEAD"),
        (Method::OPTIONS, "/previews", "GET,HEAD"),
        (Method::GET, "/preview/create", "POST"),
        (Method::PATCH, "/dead-letters/x", "DELETE"),
        (Method::POST, preview, "DELETE,GET,HEAD"),
    ] {
        let answer = server.send(server.request(method.clone(), path)).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        let mut methods: Vec<_> = answer.header("allow").split(',').collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allow, "{method} {path}");
    }
}

#[tokio::test]
async fn a_delete_takes_no_body_and_a_key_has_a_form() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({})).await;
    let path = format!("/preview/{preview}");
    let request = server.request(Method::DELETE, &path).body("{}");
    assert_eq!(server.send(request).await.status, 400);
    for key in ["", "a b", &"k".repeat(256)] {
        let request = server.request(Method::DELETE, &path);
        let answer = server.send(request.header("idempotency-key", key)).await;
        assert_eq!(answer.status, 400, "{key}");
        assert_eq!(answer.fields(), ["Idempotency-Key"]);
    }
    assert_eq!(server.get(&path).await.json()["phase"], "pending");
}
