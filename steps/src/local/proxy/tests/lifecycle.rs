//! Applications that come and go, slow clients, and the proxy's own end.

use hyper::header::RETRY_AFTER;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

#[tokio::test]
async fn a_restart_is_a_short_unavailability() {
    within(async {
        let (proxy, first) = (Proxy::start().await, App::named("first").await);
        let port = first.port;
        proxy.route(&[("/", port)]);
        assert_eq!(proxy.get("/").await.1, "first /");

        drop(first);
        // The listener's task is aborted, not gone at once.
        let mut away = proxy.send(proxy.request("/")).await;
        while away.status() != StatusCode::SERVICE_UNAVAILABLE {
            away = proxy.send(proxy.request("/")).await;
        }
        assert_eq!(away.headers()[ANSWER_HEADER], "restarting");
        assert_eq!(away.headers()[RETRY_AFTER], "1");

        let again = format!("127.0.0.1:{port}");
        let _second = App::start_on(&again, |_| async { text("second") }).await;
        assert_eq!(proxy.get("/").await, (StatusCode::OK, "second".into()));
    })
    .await;
}

#[tokio::test]
async fn a_removed_route_serves_no_further_request() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("app").await);
        proxy.route(&[("/", app.port)]);
        assert_eq!(proxy.get("/").await.0, StatusCode::OK);
        proxy.standing("demo", Standing::Gone { at: None });
        let removed = proxy.routes.remove(&demo()).unwrap();
        assert_eq!(proxy.get("/").await.0, StatusCode::GONE);
        assert_eq!(proxy.routes.get(&demo()), None);
        proxy.routes.set(removed);
        assert_eq!(proxy.get("/").await.0, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_dawdles_over_its_head_is_let_go() {
    within(async {
        let limits = Limits {
            head: Duration::from_millis(100),
            ..Limits::default()
        };
        let proxy = Proxy::start_within(limits).await;
        let mut client = TcpStream::connect(proxy.addr).await.unwrap();
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: de")
            .await
            .unwrap();
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest).await;
    })
    .await;
}

#[tokio::test]
async fn a_directory_that_hangs_is_given_up() {
    struct Hanging;
    #[async_trait]
    impl Directory for Hanging {
        async fn lookup(&self, _: &Site) -> Standing {
            std::future::pending().await
        }

        async fn rouse(&self, _: &PreviewKey) -> Result<(), String> {
            std::future::pending().await
        }
    }

    within(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let limits = Limits {
            lookup: Duration::from_millis(20),
            ..Limits::default()
        };
        let routes = Arc::new(Routes::new());
        let serving = serve_within(
            limits,
            listener,
            routes,
            Arc::new(Hanging),
            None,
            std::future::pending(),
        );
        let asking = async {
            let mut client = TcpStream::connect(addr).await.unwrap();
            let head = b"GET / HTTP/1.1\r\nHost: demo.localhost\r\nConnection: close\r\n\r\n";
            client.write_all(head).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let answer = tokio::select! {
            _ = serving => panic!("the server ended"),
            answer = asking => answer,
        };
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("x-tempus: unavailable"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_lets_a_request_finish() {
    within(async {
        let (feed, body) = fed();
        let body = Arc::new(Mutex::new(Some(body)));
        let app = App::start(move |_| {
            let body = body.lock().unwrap().take().expect("one request only");
            async move { Response::new(body) }
        })
        .await;
        let proxy = Proxy::start().await;
        proxy.route(&[("/", app.port)]);
        let response = proxy.send(proxy.request("/")).await;
        let addr = proxy.addr;
        let stopping = tokio::spawn(proxy.stop());
        while TcpStream::connect(addr).await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
        feed.send("last words".into()).await.unwrap();
        drop(feed);
        assert_eq!(read(response).await.1, "last words");
        stopping.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_what_never_ends() {
    within(async {
        let app = App::start(|_| std::future::pending()).await;
        let limits = Limits {
            grace: Duration::from_millis(50),
            ..Limits::default()
        };
        let proxy = Proxy::start_within(limits).await;
        proxy.route(&[("/", app.port)]);
        let mut client = TcpStream::connect(proxy.addr).await.unwrap();
        let head = b"GET / HTTP/1.1\r\nHost: demo.localhost\r\n\r\n";
        client.write_all(head).await.unwrap();
        until(|| proxy.routes.activity(&demo()).unwrap().in_flight == 1).await;
        let routes = Arc::clone(&proxy.routes);
        proxy.stop().await;
        assert_eq!(routes.activity(&demo()).unwrap().in_flight, 0);
    })
    .await;
}
