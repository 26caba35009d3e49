//! Every kind of bad input: a problem document that names the field and what would be right.

use serde_json::{Value, json};
use tempus_tests::server::{Method, Server, text};

use crate::{names, refused};

const JSON: &str = "application/json";

#[tokio::test]
async fn what_is_no_json_is_refused_with_its_place() {
    let server = Server::start(&[]).await;
    let api = server.api();
    api.ready(&json!({"name": "stays"})).await;
    for (body, says) in [
        ("{\"ttl_hours\": 2", "column"),
        ("{\n  \"ttl_hours\": }", "line 2 column"),
        ("{\"ttl_hours\": NaN}", "column"),
        ("ttl_hours=2", "column"),
        ("", "empty"),
        (" \n", "empty"),
    ] {
        let call = api.call(Method::POST, "/preview/create").body(JSON, body);
        let problem = refused(&api, call, 400, body).await.json();
        assert_eq!(problem["type"], "urn:tempus:problem:malformed-json");
        assert!(text(&problem, "detail").contains(says), "{problem:#}");
    }
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(65 * 1024));
    for path in ["/preview/create", "/dead-letters/replay"] {
        let call = api.call(Method::POST, path).body(JSON, large.clone());
        let problem = refused(&api, call, 413, "a large body").await.json();
        assert!(
            text(&problem, "detail").contains("65536 bytes"),
            "{problem:#}"
        );
    }
}

#[tokio::test]
async fn a_field_that_cannot_be_is_named_with_what_could() {
    let server = Server::start(&[("ttl.minimum", "10s"), ("ttl.maximum", "7d")]).await;
    let api = server.api();
    let accepted = api.ready(&json!({"name": "stays"})).await;
    let update = format!("/preview/{}/update", text(&accepted, "preview_id"));
    let extend = format!("/preview/{}/extend", text(&accepted, "preview_id"));
    let life = "must be between 10s and 7d";
    for (body, field, says) in [
        (json!({"nmae": "x"}), "nmae", "`name`"),
        (json!({"ttl_hours": "2"}), "ttl_hours", "f64"),
        (json!({"ttl_hours": "NaN"}), "ttl_hours", "f64"),
        (json!({"name": 7}), "name", "string"),
        (json!([]), "body", "object"),
        (json!({"env": {"A": 1}}), "env.A", "string"),
        (json!({"ttl_hours": 0}), "ttl_hours", life),
        (json!({"ttl_hours": -2}), "ttl_hours", life),
        (json!({"ttl_hours": 169}), "ttl_hours", life),
        (json!({"ttl_hours": 1e300}), "ttl_hours", life),
        (json!({"ttl": "0s"}), "ttl", life),
        (json!({"ttl": "-1h"}), "ttl", "\"90m\""),
        (json!({"ttl": "NaN"}), "ttl", "\"90m\""),
        (json!({"ttl": "8d"}), "ttl", life),
        (json!({"ttl": "1h", "ttl_hours": 1}), "ttl", "together"),
        (json!({"name": "tab\there"}), "name", "1 to 40 characters"),
        (
            json!({"name": "x".repeat(300)}),
            "name",
            "1 to 40 characters",
        ),
        (
            json!({"command": "no-such-program --now"}),
            "command",
            "PATH",
        ),
        (
            json!({"command": "./nowhere/run"}),
            "command",
            "./nowhere/run",
        ),
        (json!({"command": " "}), "command", "not empty"),
        (
            json!({"command": "true", "dir": "/nowhere"}),
            "dir",
            "no folder",
        ),
        (json!({"command": "true", "port": 0}), "port", "1 to 65535"),
        (
            json!({"command": "true", "port": 65536}),
            "port",
            "1 to 65535",
        ),
        (json!({"command": "true", "port": -1}), "port", "1 to 65535"),
        (json!({"image": "nginx:1"}), "image", "\"command\""),
        (
            json!({"template": "api-database"}),
            "template",
            "database.url",
        ),
        (
            json!({"template": "api-mainframe"}),
            "template",
            "\"api-service\"",
        ),
        (
            json!({"command": "true", "seed": "db/seed.sql"}),
            "seed",
            "\"api-database\"",
        ),
        (
            json!({"seed": "/etc/passwd"}),
            "seed",
            "within the repository",
        ),
    ] {
        let what = body.to_string();
        let call = api.post("/preview/create", &body);
        let problem = refused(&api, call, 422, &what).await.json();
        assert_eq!(problem["type"], "urn:tempus:problem:invalid", "{problem:#}");
        names(&problem, field, says);
        // An update reads the same fields, as far as it has them.
        if !["name", "nmae", "body"].contains(&field) {
            let call = api.post(&update, &body);
            names(&refused(&api, call, 422, &what).await.json(), field, says);
        }
        if field.starts_with("ttl") && body.get("ttl_hours") != Some(&json!("2")) {
            let call = api.post(&extend, &body);
            refused(&api, call, 422, &what).await;
        }
    }
    let call = api.post(&extend, &json!({}));
    refused(&api, call, 422, "an extend by nothing").await;
}

#[tokio::test]
async fn services_that_cannot_stand_together_are_refused() {
    let server = Server::start(&[("limits.services", "3")]).await;
    let api = server.api();
    let service = |name: &str, more: &Value| {
        let mut service = json!({"name": name, "command": "true"});
        let more = more.as_object().unwrap().clone();
        service.as_object_mut().unwrap().extend(more);
        service
    };
    let plain = |name: &str| service(name, &json!({}));
    let with = |name: &str, field: &str, value: Value| service(name, &json!({field: value}));
    for (services, field, says) in [
        (
            json!([with("a", "port", 80.into()), with("b", "port", 80.into())]),
            "services[1].port",
            "80 is used twice",
        ),
        (
            json!([plain("a"), with("b", "path", "/".into())]),
            "services[1].path",
            "used twice",
        ),
        (
            json!([
                with("a", "path", "/x".into()),
                with("b", "path", "/x/".into())
            ]),
            "services[1].path",
            "used twice",
        ),
        (
            json!([plain("a"), plain("a")]),
            "services[1].name",
            "used twice",
        ),
        (
            json!([plain("a"), with("b", "port", 99999.into())]),
            "services[1].port",
            "1 to 65535",
        ),
        (
            json!([plain("a"), with("b", "path", "api".into())]),
            "services[1].path",
            "begin with '/'",
        ),
        (
            json!([plain("a"), {"name": "b"}]),
            "services[1].command",
            "missing",
        ),
        (
            json!([plain("a"), {"command": "true"}]),
            "services[1].name",
            "missing",
        ),
        (
            json!([plain("a"), with("b", "command", "no-such-program".into())]),
            "services[1].command",
            "PATH",
        ),
        (
            json!([plain("a"), with("b", "prot", 1.into())]),
            "services[1].prot",
            "`port`",
        ),
        (
            json!([plain("a"), with("b", "memory", 1_000_000.into())]),
            "memory",
            "at most 8192",
        ),
        (
            json!([plain("a"), plain("b"), plain("c"), plain("d")]),
            "services",
            "1 to 3",
        ),
        (json!([]), "services", "1 to 3"),
    ] {
        let body = json!({ "services": services });
        let call = api.post("/preview/create", &body);
        let problem = refused(&api, call, 422, &body.to_string()).await.json();
        names(&problem, field, says);
    }
}
