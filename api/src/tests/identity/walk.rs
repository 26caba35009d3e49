//! Every route, by the document: what each needs, and that it really needs it.

use axum::http::Method;
use serde_json::{Value, json};

use super::{As, guarded, kind};

const ID: &str = "00000000-0000-4000-8000-000000000000";

/// What is the same for every installation, or says only that it lives.
const OPEN: [&str; 7] = [
    "/docs",
    "/docs/page.css",
    "/docs/page.js",
    "/health",
    "/openapi.json",
    "/ready",
    SIGNED,
];

/// Open to whoever can sign.
const SIGNED: &str = "/webhooks/github";

struct Route {
    method: Method,
    path: String,
    scope: Option<String>,
    body: Option<Value>,
}

fn routes() -> Vec<Route> {
    let document = serde_json::to_value(crate::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut routes = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let scope = operation
                .get("x-scope")
                .map(|s| s.as_str().unwrap().to_owned());
            let locked = operation["security"] == json!([{"bearer": []}]);
            assert_eq!(scope.is_some(), locked, "{method} {path}");
            routes.push(Route {
                method: method.to_uppercase().parse().unwrap(),
                path: path
                    .replace("{preview_id}", ID)
                    .replace("{job_id}", ID)
                    .replace("{id}", "0123456789abcdef"),
                scope,
                body: operation.get("requestBody").map(|_| json!({})),
            });
        }
    }
    routes
}

#[tokio::test]
async fn every_route_that_is_not_open_wants_to_know_who_calls() {
    let server = guarded().await;
    let routes = routes();
    assert!(routes.len() >= 25, "{}", routes.len());
    let mut open = Vec::new();
    for route in &routes {
        let request = server.request(route.method.clone(), &route.path);
        let request = route
            .body
            .iter()
            .fold(request, reqwest::RequestBuilder::json);
        let answer = server.send(request).await;
        if route.scope.is_none() {
            let unsigned = route.path == SIGNED && kind(&answer) == "unauthenticated";
            assert!(
                answer.status < 400 || unsigned,
                "{} {}",
                route.method,
                route.path
            );
            open.push(route.path.as_str());
            continue;
        }
        assert_eq!(answer.status, 401, "{} {}", route.method, route.path);
        assert_eq!(kind(&answer), "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"tempus\"");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    open.sort_unstable();
    assert_eq!(open, OPEN);
}

#[tokio::test]
async fn every_route_refuses_a_lower_scope_and_says_which_it_needs() {
    let server = guarded().await;
    let viewer = As::new(&server, "viewer", "acme").await;
    let deployer = As::new(&server, "deployer", "acme").await;
    let mut refused = (0, 0);
    for route in routes() {
        let Some(scope) = &route.scope else { continue };
        for (caller, reaches, count) in [
            (&viewer, scope == "viewer", &mut refused.0),
            (&deployer, scope != "admin", &mut refused.1),
        ] {
            let answer = caller.send(route.method.clone(), &route.path, route.body.clone());
            let answer = answer.await;
            assert_ne!(answer.status, 401, "{} {}", route.method, route.path);
            assert_eq!(
                answer.status != 403,
                reaches,
                "{} {}",
                route.method,
                route.path
            );
            if !reaches {
                *count += 1;
                assert_eq!(answer.json()["needs"], *scope);
                let challenge = answer.header("www-authenticate");
                assert!(
                    challenge.contains(&format!("scope=\"{scope}\"")),
                    "{challenge}"
                );
            }
        }
    }
    assert_eq!(refused, (16, 8), "of viewer and deployer");
}

/// Strangers are not told what there is; a HEAD is a GET.
#[tokio::test]
async fn what_is_no_route_is_nothing_to_strangers() {
    let server = guarded().await;
    for (method, path) in [
        (Method::GET, "/nowhere"),
        (Method::PUT, "/previews"),
        (Method::GET, "/previews/"),
        (Method::GET, "//previews"),
        (Method::GET, "/docs/../previews"),
        (Method::GET, "/webhooks/github"),
    ] {
        let answer = server.request(method.clone(), path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401, "{method} {path}");
    }
    let head = server
        .request(Method::HEAD, "/previews")
        .send()
        .await
        .unwrap();
    assert_eq!(head.status().as_u16(), 401);
    let head = server
        .request(Method::HEAD, "/health")
        .send()
        .await
        .unwrap();
    assert_eq!(head.status().as_u16(), 200);
    let root = As::root(&server);
    assert_eq!(root.get("/nowhere").await.status, 404);
    assert_eq!(root.send(Method::PUT, "/previews", None).await.status, 405);
}
