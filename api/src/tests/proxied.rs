//! The API behind trusted proxies.

use axum::http::Method;
use serde_json::{Value, json};

use super::server::Server;
use crate::Socket;

async fn behind(networks: &[&str]) -> Server {
    let networks = networks.iter().map(|n| n.parse().unwrap()).collect();
    let change = |config: &mut crate::Config| {
        config.trusted_proxies = networks;
        config.hosts.names = vec!["api.example".to_owned()];
    };
    Server::on(Socket::plain, change).await
}

const SHOP: &str = "shop.a1.example.com";

/// A protected preview, made through the proxy.
async fn shop(server: &Server, access: &Value) {
    let create = server.request(Method::POST, "/preview/create");
    let create = create.header("x-forwarded-proto", "https");
    let create = create.json(&json!({"name": "shop", "access": access}));
    assert_eq!(server.send(create).await.status, 202);
}

#[tokio::test]
async fn a_proxy_that_was_called_by_https_is_served() {
    let server = behind(&["127.0.0.0/8"]).await;
    let request = |proto: &str| {
        let request = server.request(Method::GET, "/previews");
        let request = request.header("host", "api.example");
        request.header("x-forwarded-proto", proto)
    };
    let answer = server.send(request("https")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("strict-transport-security"),
        "max-age=31536000"
    );
    for proto in ["http", "", "https, http"] {
        let answer = server.send(request(proto)).await;
        assert_eq!(answer.status, 403, "{proto}");
        let problem = answer.json();
        assert_eq!(problem["type"], "urn:tempus:problem:in-the-clear");
        assert_eq!(answer.header("strict-transport-security"), "");
    }
    let answer = server.get("/previews").await;
    assert_eq!(
        answer.status, 403,
        "a proxy that does not say is not believed"
    );
}

#[tokio::test]
async fn who_comes_past_the_proxy_is_refused_whatever_it_says() {
    let server = behind(&["10.0.0.0/8", "fd00::/8"]).await;
    for path in [
        "/previews",
        "/docs",
        "/metrics",
        "/nowhere",
        "/webhooks/github",
    ] {
        let request = server.request(Method::GET, path);
        let request = request.header("x-forwarded-proto", "https");
        let request = request.header("x-forwarded-for", "10.0.0.1");
        let answer = server.send(request).await;
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(answer.json()["type"], "urn:tempus:problem:not-proxied");
    }
    for path in ["/health", "/ready"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
}

/// A preview may answer in the clear where the API does not.
#[tokio::test]
async fn a_visitor_comes_through_the_proxy_as_the_proxy_was_called() {
    let server = behind(&["127.0.0.0/8"]).await;
    shop(&server, &json!("link")).await;
    for proto in ["http", "https"] {
        let visit = server.request(Method::GET, "/").header("host", SHOP);
        let visit = visit.header("x-forwarded-proto", proto).send();
        let answer = visit.await.unwrap();
        assert_eq!(answer.status(), 401, "{proto}");
        assert_eq!(answer.headers()["x-tempus"], "locked", "{proto}");
    }
}

#[tokio::test]
async fn nobody_is_a_visitor_who_comes_past_the_proxy() {
    let server = behind(&["10.0.0.0/8"]).await;
    for path in ["/", "/health", "/.tempus/unlock"] {
        let visit = server.request(Method::GET, path).header("host", SHOP);
        let visit = visit.header("x-forwarded-proto", "https").send();
        let answer = visit.await.unwrap();
        assert_eq!(answer.status(), 403, "{path}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["type"], "urn:tempus:problem:not-proxied", "{path}");
    }
}

/// Not by the proxy, which all of them have, and not by what a visitor makes up.
#[tokio::test]
async fn wrong_passwords_are_counted_by_visitor() {
    let server = behind(&["127.0.0.0/8"]).await;
    shop(&server, &json!({"password": "correct horse"})).await;
    let wrong = async |forwarded: String| {
        let request = server.request(Method::POST, "/.tempus/unlock");
        let request = request.header("host", SHOP);
        let request = request.header("x-forwarded-for", forwarded);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        // Too short to be one, so that nothing is hashed and no time passes.
        let answer = request.body("password=horse&next=/").send().await.unwrap();
        answer.status().as_u16()
    };
    for made_up in 0..5 {
        assert_eq!(wrong(format!("6.6.6.{made_up}, 203.0.113.9")).await, 401);
    }
    assert_eq!(wrong("6.6.6.6, 203.0.113.9".to_owned()).await, 429);
    assert_eq!(wrong("203.0.113.77".to_owned()).await, 401);
}
