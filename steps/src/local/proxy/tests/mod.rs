//! The proxy over real sockets: every test has a proxy, applications and clients of its own.

mod answers;
mod forwarding;
mod gate;
mod lifecycle;
mod sleeping;
mod streaming;
mod upgrades;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http_body_util::{BodyExt, Empty, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::HOST;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, client, http, server};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use tempus_model::{Access, Wakefulness};

use super::server::{Limits, serve_within};
use super::*;
use crate::gate::{Gate, GateKeys};
use crate::visitor::{ANSWER_HEADER, Standing};

const SHORT: &str = "0a1b2c3d";

/// The longest that any test may take, far above what any needs.
async fn within<T>(test: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), test)
        .await
        .expect("the test hangs")
}

/// Waits for something that becomes true without telling.
async fn until(mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(10), "never came true");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A directory whose answers the test sets; what it does not know is unknown. It notes whom it was
/// asked to wake.
#[derive(Default)]
struct StubDirectory(Mutex<HashMap<Site, Standing>>, Mutex<Vec<PreviewKey>>);

#[async_trait]
impl Directory for StubDirectory {
    async fn lookup(&self, site: &Site) -> Standing {
        let known = self.0.lock().unwrap().get(site).cloned();
        known.unwrap_or(Standing::Unknown)
    }

    async fn rouse(&self, preview: &PreviewKey) -> Result<(), String> {
        self.1.lock().unwrap().push(preview.clone());
        Ok(())
    }
}

/// A running proxy, shut down when dropped.
struct Proxy {
    addr: SocketAddr,
    routes: Arc<Routes>,
    directory: Arc<StubDirectory>,
    gate: Arc<Gate>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Proxy {
    async fn start() -> Self {
        Self::start_within(Limits::default()).await
    }

    async fn start_within(limits: Limits) -> Self {
        Self::start_with(limits, Some).await
    }

    /// One whose server has no key.
    async fn without_a_gate() -> Self {
        Self::start_with(Limits::default(), |_| None).await
    }

    async fn start_with(
        limits: Limits,
        serves: impl FnOnce(Arc<Gate>) -> Option<Arc<Gate>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let routes = Arc::new(Routes::new());
        let directory = Arc::new(StubDirectory::default());
        let gate = Arc::new(Gate::new(GateKeys::parse(&"k".repeat(32)).unwrap()));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve_within(
            limits,
            listener,
            Arc::clone(&routes),
            Arc::clone(&directory) as Arc<dyn Directory>,
            serves(Arc::clone(&gate)),
            async {
                let _ = stopped.await;
            },
        ));
        Self {
            addr,
            routes,
            directory,
            gate,
            stop: Some(stop),
            server,
        }
    }

    /// Sets the route of the one preview that most tests have, `demo`.
    fn route(&self, backends: &[(&str, u16)]) {
        self.protect(backends, Access::Open);
    }

    /// The same, for those who may see it.
    fn protect(&self, backends: &[(&str, u16)], access: Access) {
        self.route_to(backends, access, Wakefulness::Awake);
    }

    fn route_to(&self, backends: &[(&str, u16)], access: Access, wakefulness: Wakefulness) {
        let backends = backends.iter().map(|(path, port)| Backend {
            path: PathPrefix::parse(path).unwrap(),
            port: *port,
        });
        self.routes.set(Route {
            preview: demo(),
            host: HostLabel::parse("demo").unwrap(),
            short: ShortId::parse(SHORT).unwrap(),
            access,
            wakefulness,
            backends: backends.collect(),
            revision: Revision(1),
        });
    }

    fn standing(&self, name: &str, standing: Standing) {
        let site = Site::Host(HostLabel::parse(name).unwrap());
        self.directory.0.lock().unwrap().insert(site, standing);
    }

    /// A request in host mode to `demo`.
    fn request(&self, path: &str) -> http::request::Builder {
        let host = format!("demo.localhost:{}", self.addr.port());
        Request::get(path).header(HOST, host)
    }

    /// A request in path mode, or to the port itself.
    fn bare(&self, path: &str) -> http::request::Builder {
        let host = format!("localhost:{}", self.addr.port());
        Request::get(path).header(HOST, host)
    }

    /// Sends a request without a body on a connection of its own.
    async fn send(&self, request: http::request::Builder) -> Response<Incoming> {
        self.send_body(request, Empty::new()).await
    }

    async fn send_body<B>(&self, request: http::request::Builder, body: B) -> Response<Incoming>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let (mut sender, connection) = client::conn::http1::handshake::<_, B>(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        sender
            .send_request(request.body(body).unwrap())
            .await
            .unwrap()
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        read(self.send(self.request(path)).await).await
    }

    /// Asks for the shutdown and waits for its end.
    async fn stop(mut self) {
        drop(self.stop.take());
        self.server.await.unwrap().unwrap();
    }
}

fn demo() -> PreviewKey {
    PreviewKey::new("demo-id")
}

async fn read(response: Response<Incoming>) -> (StatusCode, String) {
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

type AppBody = BoxBody<Bytes, Infallible>;
type AppAnswer = Pin<Box<dyn Future<Output = Response<AppBody>> + Send>>;

/// An application of a preview. Dropping it ends it with all its connections, as a killed
/// process does.
struct App {
    port: u16,
    server: JoinHandle<()>,
}

impl App {
    async fn start<F, A>(answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response<AppBody>> + Send + 'static,
    {
        Self::start_on("127.0.0.1:0", answer).await
    }

    async fn start_on<F, A>(addr: &str, answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response<AppBody>> + Send + 'static,
    {
        let listener = TcpListener::bind(addr).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let answer = answer.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        let answer: AppAnswer = Box::pin(answer(request));
                        async move { Ok::<_, Infallible>(answer.await) }
                    });
                    let _ = server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { port, server }
    }

    /// Answers every request with a text and the path that it was asked for.
    async fn named(name: &'static str) -> Self {
        Self::start(move |request| async move { text(format!("{name} {}", request.uri())) }).await
    }

    /// Answers with the request's head, one header a line.
    async fn mirror() -> Self {
        Self::start(|request| async move {
            let mut lines = vec![format!("{} {}", request.method(), request.uri())];
            let headers = request.headers().iter();
            lines.extend(
                headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())),
            );
            text(lines.join("\n"))
        })
        .await
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn text(text: impl Into<String>) -> Response<AppBody> {
    Response::new(Full::new(Bytes::from(text.into())).boxed())
}

/// A body that the test feeds; dropping the sender ends it.
fn fed() -> (mpsc::Sender<Bytes>, AppBody) {
    let (sender, chunks) = mpsc::channel(1);
    let frames = futures::stream::unfold(chunks, |mut chunks: mpsc::Receiver<Bytes>| async {
        let chunk = chunks.recv().await?;
        Some((Ok(Frame::data(chunk)), chunks))
    });
    (sender, BodyExt::boxed(StreamBody::new(frames)))
}
