//! Bodies pass through as they come, and stop when nobody wants them.

use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::header::{EXPECT, HeaderValue, TE, TRAILER};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// An application that answers one request with the body that the test feeds.
async fn one_stream() -> (mpsc::Sender<Bytes>, App) {
    let (feed, body) = fed();
    let body = Arc::new(Mutex::new(Some(body)));
    let app = App::start(move |_| {
        let body = body.lock().unwrap().take().expect("one request only");
        async move { Response::new(body) }
    })
    .await;
    (feed, app)
}

#[tokio::test]
async fn a_chunk_arrives_before_the_response_is_complete() {
    within(async {
        let ((feed, app), proxy) = (one_stream().await, Proxy::start().await);
        proxy.route(&[("/", app.port)]);
        let mut body = proxy.send(proxy.request("/")).await.into_body();
        for chunk in ["one", "two"] {
            feed.send(chunk.into()).await.unwrap();
            let frame = body.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), chunk);
        }
        drop(feed);
        assert!(body.frame().await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_response_in_flight_outlives_its_route() {
    within(async {
        let ((feed, app), proxy) = (one_stream().await, Proxy::start().await);
        proxy.route(&[("/", app.port)]);
        let mut body = proxy.send(proxy.request("/")).await.into_body();
        feed.send("before".into()).await.unwrap();
        body.frame().await.unwrap().unwrap();

        proxy.routes.remove(&demo()).unwrap();
        assert_eq!(proxy.get("/").await.0, StatusCode::NOT_FOUND);

        feed.send("after".into()).await.unwrap();
        drop(feed);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "after");
    })
    .await;
}

#[tokio::test]
async fn a_large_upload_is_never_held() {
    const CHUNK: usize = 64 * 1024;
    const CHUNKS: usize = 512;
    within(async {
        let received = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = Arc::clone(&received);
        let app = App::start(move |request: Request<Incoming>| {
            let counter = Arc::clone(&counter);
            async move {
                let mut body = request.into_body();
                while let Some(frame) = body.frame().await {
                    let length = frame.unwrap().data_ref().map_or(0, Bytes::len);
                    counter.fetch_add(length, std::sync::atomic::Ordering::SeqCst);
                }
                text("thanks")
            }
        })
        .await;
        let seen = || received.load(std::sync::atomic::Ordering::SeqCst);
        let proxy = Proxy::start().await;
        proxy.route(&[("/", app.port)]);

        let (feed, upload) = fed();
        let response = proxy.send_body(proxy.request("/").method("POST"), upload);
        let feeding = async {
            feed.send(Bytes::from(vec![7; CHUNK])).await.unwrap();
            // The first chunk reaches the application while the rest does not exist yet.
            until(|| seen() == CHUNK).await;
            for _ in 1..CHUNKS {
                feed.send(Bytes::from(vec![7; CHUNK])).await.unwrap();
            }
            drop(feed);
        };
        let (response, ()) = tokio::join!(response, feeding);
        assert_eq!(read(response).await.1, "thanks");
        assert_eq!(seen(), CHUNK * CHUNKS);
    })
    .await;
}

#[tokio::test]
async fn trailers_pass_in_both_directions() {
    within(async {
        let trailer = |name| {
            let mut trailers = HeaderMap::new();
            trailers.insert("x-sum", HeaderValue::from_static(name));
            trailers
        };
        let app = App::start(move |request: Request<Incoming>| async move {
            let body = request.into_body().collect().await.unwrap();
            assert_eq!(body.trailers().unwrap()["x-sum"], "asked");
            let body = Full::new(Bytes::from_static(b"x"))
                .with_trailers(async move { Some(Ok(trailer("answered"))) });
            Response::builder()
                .header(TRAILER, "x-sum")
                .body(streamed(body))
                .unwrap()
        })
        .await;
        let proxy = Proxy::start().await;
        proxy.route(&[("/", app.port)]);
        let request = proxy
            .request("/")
            .method("POST")
            .header(TE, "trailers")
            .header(TRAILER, "x-sum");
        let body = Full::new(Bytes::from_static(b"x"))
            .with_trailers(async move { Some(Ok(trailer("asked"))) });
        let response = proxy.send_body(request, streamed(body)).await;
        let body = response.into_body().collect().await.unwrap();
        assert_eq!(body.trailers().unwrap()["x-sum"], "answered");
    })
    .await;
}

/// Hides a body's known length, as trailers go with chunks only.
fn streamed<B>(body: B) -> AppBody
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Sync + 'static,
{
    let frames = futures::stream::unfold(Box::pin(body), |mut body| async {
        Some((body.frame().await?, body))
    });
    BodyExt::boxed(StreamBody::new(frames))
}

#[tokio::test]
async fn a_client_that_expects_to_continue_is_told_to() {
    within(async {
        let app = App::start(|request: Request<Incoming>| async move {
            let expect = request.headers().contains_key(EXPECT);
            let body = request.into_body().collect().await.unwrap().to_bytes();
            text(format!("{expect} {}", body.len()))
        })
        .await;
        let proxy = Proxy::start().await;
        proxy.route(&[("/", app.port)]);
        let mut client = TcpStream::connect(proxy.addr).await.unwrap();
        let head = "POST / HTTP/1.1\r\nHost: demo.localhost\r\nContent-Length: 3\r\n\
                    Expect: 100-continue\r\nConnection: close\r\n\r\n";
        client.write_all(head.as_bytes()).await.unwrap();
        let mut go_on = [0; 25];
        client.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        client.write_all(b"abc").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("false 3"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_request() {
    /// Tells when the application's work is dropped.
    struct Dropped(mpsc::UnboundedSender<&'static str>, &'static str);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(self.1);
        }
    }

    within(async {
        let (news, mut inbox) = mpsc::unbounded_channel();
        let app = App::start(move |request: Request<Incoming>| {
            let news = news.clone();
            async move {
                let _ = news.send("began");
                let dropped = Dropped(news, "dropped");
                if request.uri().path() == "/never" {
                    std::future::pending::<()>().await;
                }
                let (feed, body) = fed();
                tokio::spawn(async move {
                    let _dropped = dropped;
                    while feed.send(Bytes::from_static(b"tick")).await.is_ok() {}
                });
                Response::new(body)
            }
        })
        .await;
        let proxy = Proxy::start().await;
        proxy.route(&[("/", app.port)]);
        for path in ["/never", "/stream"] {
            let mut client = TcpStream::connect(proxy.addr).await.unwrap();
            let head = format!("GET {path} HTTP/1.1\r\nHost: demo.localhost\r\n\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            assert_eq!(inbox.recv().await, Some("began"));
            assert_eq!(proxy.routes.activity(&demo()).unwrap().in_flight, 1);
            drop(client);
            assert_eq!(inbox.recv().await, Some("dropped"));
            until(|| proxy.routes.activity(&demo()).unwrap().in_flight == 0).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_application_may_answer_before_it_has_read_the_upload() {
    within(async {
        let app = App::start(|_| async {
            let mut refusal = text("too much");
            *refusal.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            refusal
        })
        .await;
        let proxy = Proxy::start().await;
        proxy.route(&[("/", app.port)]);
        // Never completed by the client, so only an early answer can come.
        let (feed, upload) = fed();
        let response = proxy.send_body(proxy.request("/").method("POST"), upload);
        let (response, sent) = tokio::join!(response, feed.send(vec![7; 64 * 1024].into()));
        sent.unwrap();
        let (status, said) = read(response).await;
        assert_eq!(
            (status, said.as_str()),
            (StatusCode::PAYLOAD_TOO_LARGE, "too much")
        );
        drop(feed);
    })
    .await;
}
