//! The OpenAPI document and the router tell the same story.

use axum::http::Method;

use super::server::Server;
use crate::testing::Contract;

const ID: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn the_document_has_the_routers_routes() {
    let server = Server::start().await;
    let all = [
        Method::GET,
        Method::POST,
        Method::DELETE,
        Method::PUT,
        Method::PATCH,
    ];
    let routes = Contract::new().routes();
    assert!(routes.len() >= 16, "{routes:?}");
    for (template, methods) in &routes {
        let path = template
            .replace("{preview_id}", ID)
            .replace("{job_id}", ID)
            .replace("{id}", "x");
        for method in &all {
            let request = server.request(method.clone(), &path);
            let answer = request.send().await.unwrap();
            let exists = answer.status().as_u16() != 405;
            let expected = methods.contains(&method.to_string());
            assert_eq!(exists, expected, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_document_is_served_and_every_reference_leads_somewhere() {
    let server = Server::start().await;
    let document = server.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    for request in ["CreateRequest", "UpdateRequest", "ServiceRequest"] {
        let schema = &document["components"]["schemas"][request];
        assert_eq!(schema["additionalProperties"], false, "{request}");
    }
    let text = document.to_string();
    for reference in text.split("\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    for path in [
        "/docs",
        "/docs/page.js",
        "/docs/page.css",
        "/health",
        "/ready",
    ] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
}

#[test]
fn an_answer_that_is_not_described_is_a_breach() {
    let contract = Contract::new();
    let headers = [("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let headers = headers.into_iter().collect();
    let check = |path, status, body: &str| {
        contract.check(&Method::GET, path, status, &headers, body.as_bytes())
    };
    check("/health", 200, r#"{"status":"ok"}"#).unwrap();
    for (path, status, body) in [
        ("/health", 200, r#"{"status":"fine"}"#),
        ("/health", 200, r#"{"status":"ok","extra":1}"#),
        ("/health", 200, "{}"),
        ("/health", 201, r#"{"status":"ok"}"#),
        ("/nowhere", 200, "{}"),
        ("/metrics", 200, "{}"),
    ] {
        assert!(check(path, status, body).is_err(), "{path} {status} {body}");
    }
}
