//! Which service gets a request, and with which head.

use hyper::Method;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, LOCATION};

use super::*;

#[tokio::test]
async fn a_preview_answers_at_its_host() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("app").await);
        proxy.route(&[("/", app.port)]);
        let answer = proxy.get("/a/b?c=%2F").await;
        assert_eq!(answer, (StatusCode::OK, "app /a/b?c=%2F".into()));
        let dotted = Request::get("/x").header(HOST, "DEMO.localhost.");
        assert_eq!(read(proxy.send(dotted).await).await.1, "app /x");
    })
    .await;
}

#[tokio::test]
async fn a_preview_answers_below_its_path() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::mirror().await);
        proxy.route(&[("/", app.port)]);
        let path = format!("/preview-{SHORT}/a?b=1");
        let (status, seen) = read(proxy.send(proxy.bare(&path)).await).await;
        assert_eq!(status, StatusCode::OK);
        assert!(seen.starts_with("GET /a?b=1\n"), "{seen}");
        assert!(
            seen.contains(&format!("x-forwarded-prefix: /preview-{SHORT}\n"))
                || seen.ends_with(&format!("x-forwarded-prefix: /preview-{SHORT}")),
            "{seen}"
        );

        let bare = proxy
            .send(proxy.bare(&format!("/preview-{SHORT}?b=1")))
            .await;
        assert_eq!(bare.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(bare.headers()[LOCATION], format!("/preview-{SHORT}/?b=1"));
        assert_eq!(bare.headers()[ANSWER_HEADER], "redirect");
    })
    .await;
}

#[tokio::test]
async fn several_services_share_one_preview_by_path() {
    within(async {
        let (web, api) = (App::named("web").await, App::named("api").await);
        let proxy = Proxy::start().await;
        proxy.route(&[("/", web.port), ("/api", api.port)]);
        assert_eq!(proxy.get("/").await.1, "web /");
        assert_eq!(proxy.get("/apix").await.1, "web /apix");
        assert_eq!(proxy.get("/api").await.1, "api /api");
        assert_eq!(proxy.get("/api/x?y").await.1, "api /api/x?y");
        let below = proxy.bare(&format!("/preview-{SHORT}/api/x"));
        assert_eq!(read(proxy.send(below).await).await.1, "api /api/x");
    })
    .await;
}

#[tokio::test]
async fn a_service_on_the_other_loopback_address_is_found() {
    within(async {
        // Some machines have no IPv6 at all.
        if TcpListener::bind("[::1]:0").await.is_err() {
            return;
        }
        let app = App::start_on("[::1]:0", |_| async { text("six") }).await;
        let proxy = Proxy::start().await;
        proxy.route(&[("/", app.port)]);
        assert_eq!(proxy.get("/").await.1, "six");
    })
    .await;
}

#[tokio::test]
async fn the_application_learns_where_the_request_came_from() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::mirror().await);
        proxy.route(&[("/", app.port)]);
        let request = proxy.request("/").header("x-forwarded-for", "203.0.113.9");
        let (_, seen) = read(proxy.send(request).await).await;
        let port = proxy.addr.port();
        let seen: Vec<&str> = seen.lines().collect();
        for line in [
            &format!("host: demo.localhost:{port}"),
            &format!("x-forwarded-host: demo.localhost:{port}"),
            &format!("x-forwarded-port: {port}"),
            "x-forwarded-proto: http",
            "x-forwarded-for: 203.0.113.9, 127.0.0.1",
        ] {
            assert!(seen.contains(&line), "{line} is not in {seen:#?}");
        }
        assert!(
            !seen
                .iter()
                .any(|line| line.starts_with("x-forwarded-prefix"))
        );
    })
    .await;
}

#[tokio::test]
async fn hop_by_hop_headers_end_here_in_both_directions() {
    within(async {
        let app = App::start(|request| async move {
            let seen: Vec<_> = request.headers().keys().map(ToString::to_string).collect();
            let mut response = text(seen.join(" "));
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("x-hop"));
            headers.insert("x-hop", HeaderValue::from_static("1"));
            headers.insert("keep-alive", HeaderValue::from_static("timeout=5"));
            headers.insert(ANSWER_HEADER, HeaderValue::from_static("gone"));
            headers.insert("x-app", HeaderValue::from_static("1"));
            response
        })
        .await;
        let proxy = Proxy::start().await;
        proxy.route(&[("/", app.port)]);
        let request = proxy
            .request("/")
            .header(CONNECTION, "x-mine, keep-alive")
            .header("x-mine", "1")
            .header("keep-alive", "timeout=5")
            .header("proxy-authorization", "Basic Og==")
            .header("x-yours", "1");
        let response = proxy.send(request).await;
        for gone in ["x-hop", "keep-alive", "x-tempus"] {
            assert!(!response.headers().contains_key(gone), "{gone}");
        }
        assert!(response.headers().contains_key("x-app"));
        let (_, seen) = read(response).await;
        let seen: Vec<&str> = seen.split(' ').collect();
        for gone in ["connection", "x-mine", "keep-alive", "proxy-authorization"] {
            assert!(!seen.contains(&gone), "{gone}");
        }
        assert!(seen.contains(&"x-yours"));
    })
    .await;
}

#[tokio::test]
async fn a_head_request_keeps_the_length_and_has_no_body() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("app").await);
        proxy.route(&[("/", app.port)]);
        let response = proxy.send(proxy.request("/").method(Method::HEAD)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_LENGTH], "5");
        assert_eq!(read(response).await.1, "");
        let own = proxy.send(proxy.bare("/").method(Method::HEAD)).await;
        assert_eq!(own.status(), StatusCode::NOT_FOUND);
        assert_eq!(read(own).await.1, "");
    })
    .await;
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("app").await);
        proxy.route(&[("/", app.port)]);
        let stream = TcpStream::connect(proxy.addr).await.unwrap();
        let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        for path in ["/1", "/2", "/3"] {
            let request = proxy.request(path).body(Empty::<Bytes>::new()).unwrap();
            sender.ready().await.unwrap();
            let answer = read(sender.send_request(request).await.unwrap()).await;
            assert_eq!(answer.1, format!("app {path}"));
        }
    })
    .await;
}
