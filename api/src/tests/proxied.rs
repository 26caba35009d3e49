//! The API behind trusted proxies.

use axum::http::Method;

use super::server::Server;
use crate::Socket;

async fn behind(networks: &[&str]) -> Server {
    let networks = networks.iter().map(|n| n.parse().unwrap()).collect();
    let change = |config: &mut crate::Config| {
        config.trusted_proxies = networks;
        config.hosts.names = vec!["api.example".to_owned()];
    };
    Server::with(|queue| queue, Socket::plain, change).await
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
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    for proto in ["http", "", "https, http"] {
        let answer = server.send(request(proto)).await;
        assert_eq!(answer.status, 403, "{proto}");
        let problem = answer.json();
        assert_eq!(problem["type"], "urn:tempus:problem:in-the-clear");
        assert_eq!(answer.header("strict-transport-security"), "");
    }
    let answer = server.get("/previews").await;
    assert_eq!(answer.status, 403, "a proxy that does not say is not believed");
}

#[tokio::test]
async fn who_comes_past_the_proxy_is_refused_whatever_it_says() {
    let server = behind(&["10.0.0.0/8", "fd00::/8"]).await;
    for path in ["/previews", "/docs", "/metrics", "/nowhere", "/webhooks/github"] {
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
