//! Connections to the services of one route.

use std::array;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{Request, Response, Uri, Version, http};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use thiserror::Error;
use tower::Service;

/// Both loopback addresses together. A process of this machine answers at once or is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Shorter than any common server keeps an idle connection (Gunicorn 2 s, Node and Uvicorn 5 s),
/// so that a request is hardly ever sent on one that the other side is just closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a service gave no answer.
#[derive(Debug, Error)]
pub(super) enum Unanswered {
    /// Nobody listens there (any more, or yet): ask again.
    #[error("nothing accepts connections on port {port}")]
    Refused { port: u16, source: Error },
    /// It took the connection, but what came back is not an HTTP response.
    #[error("the service on port {port} gave no valid response")]
    Broken { port: u16, source: Error },
}

/// A pool of keep-alive connections.
#[derive(Debug, Clone)]
pub(super) struct Upstream {
    client: Client<HttpConnector<Loopback>, Incoming>,
}

impl Upstream {
    pub(super) fn new() -> Self {
        let mut connector = HttpConnector::new_with_resolver(Loopback);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        // One address after the other: they may belong to two different programs.
        connector.set_happy_eyeballs_timeout(None);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Self { client }
    }

    /// Sends a request whose headers are ready. Dropping the future, or the response's body,
    /// closes the connection: the service learns that nobody waits.
    pub(super) async fn send(
        &self,
        port: u16,
        path: PathAndQuery,
        mut request: Request<Incoming>,
    ) -> Result<Response<Incoming>, Unanswered> {
        *request.uri_mut() = uri(port, path);
        // Its own hop, whatever the client speaks.
        *request.version_mut() = Version::HTTP_11;
        self.client.request(request).await.map_err(|source| {
            if source.is_connect() {
                Unanswered::Refused { port, source }
            } else {
                Unanswered::Broken { port, source }
            }
        })
    }
}

/// The authority is the pool's key and names the port; the application sees the client's `Host`.
fn uri(port: u16, path: PathAndQuery) -> Uri {
    let authority = Authority::try_from(format!("localhost:{port}"));
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority.expect("a port makes a valid authority"));
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).expect("a scheme, an authority and a path make a URI")
}

/// Resolves every name to this machine, without asking anyone.
#[derive(Debug, Clone, Copy)]
struct Loopback;

impl Service<Name> for Loopback {
    type Response = array::IntoIter<SocketAddr, 2>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        // The connector puts the port in.
        let both = [
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
        ];
        ready(Ok(both.into_iter()))
    }
}
