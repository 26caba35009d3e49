//! No web page can drive the API or read from it.

use axum::http::Method;
use serde_json::json;

use super::server::Server;

#[tokio::test]
async fn a_name_that_was_pointed_here_is_refused() {
    let server = Server::start().await;
    for host in [
        "evil.example",
        "evil.example:8080",
        "x.localhost",
        "localhost:1",
    ] {
        for path in ["/previews", "/docs", "/metrics", "/nowhere"] {
            let request = server.request(Method::GET, path).header("host", host);
            let answer = server.send(request).await;
            assert_eq!(answer.status, 421, "{host} {path}");
        }
    }
    for path in ["/health", "/ready"] {
        let request = server.request(Method::GET, path);
        let answer = server.send(request.header("host", "10.1.2.3")).await;
        assert_eq!(answer.status, 200, "{path} is asked by load balancers");
    }
}

#[tokio::test]
async fn a_foreign_page_and_a_previews_page_are_refused() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({})).await;
    let own = format!("http://127.0.0.1:{}", server.port);
    for origin in [
        "https://evil.example",
        "null",
        "http://shop.localhost:8081",
        "http://localhost:8081",
        "http://127.0.0.1:8081",
    ] {
        for (method, path) in [
            (Method::POST, "/preview/create".to_owned()),
            (Method::DELETE, format!("/preview/{preview}")),
            (Method::GET, "/previews".to_owned()),
            (Method::OPTIONS, "/preview/create".to_owned()),
        ] {
            let request = server
                .request(method.clone(), &path)
                .header("origin", origin);
            let request = match method {
                Method::POST => request.json(&json!({})),
                _ => request,
            };
            let answer = server.send(request).await;
            assert_eq!(answer.status, 403, "{origin} {method} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
    let request = server.request(Method::POST, "/preview/create");
    let request = request.header("origin", own).json(&json!({}));
    assert_eq!(server.send(request).await.status, 202, "our own /docs");
    assert_eq!(server.count().await, 2);
    let left = server.get(&format!("/preview/{preview}")).await.json();
    assert_eq!(left["phase"], "pending");
}

#[tokio::test]
async fn what_a_form_can_send_is_refused() {
    let server = Server::start().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let request = server.request(Method::POST, "/preview/create").body("{}");
        let request = match content_type {
            "" => request,
            some => request.header("content-type", some),
        };
        let answer = server.send(request).await;
        assert_eq!(answer.status, 415, "{content_type}");
    }
    let request = server.request(Method::POST, "/preview/create").body("{}");
    let request = request.header("content-type", "application/json; charset=utf-8");
    assert_eq!(server.send(request).await.status, 202);
    assert_eq!(server.count().await, 1);
}

#[tokio::test]
async fn a_browser_that_says_cross_site_is_believed() {
    let server = Server::start().await;
    let with = |method, path: &str, site: &'static str, mode: &'static str, dest: &'static str| {
        let request = server.request(method, path);
        let request = request.header("sec-fetch-site", site);
        let request = request.header("sec-fetch-mode", mode);
        server.send(request.header("sec-fetch-dest", dest))
    };
    let script = with(Method::GET, "/previews", "same-site", "no-cors", "script").await;
    assert_eq!(script.status, 403);
    let frame = with(Method::GET, "/docs", "cross-site", "navigate", "iframe").await;
    assert_eq!(frame.status, 403);
    let link = with(Method::GET, "/docs", "cross-site", "navigate", "document").await;
    assert_eq!(link.status, 200);
    assert_eq!(link.header("x-frame-options"), "DENY");
    assert_eq!(link.header("cross-origin-resource-policy"), "same-origin");
    let policy = link.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
}
