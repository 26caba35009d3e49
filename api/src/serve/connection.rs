//! One connection, from the handshake to its end.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::debug;

use crate::layer::peer::{Connection, Scheme};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a whole request head may take from the moment that one may come, which is also how
/// long a silent connection is kept. Longer than the minute for which load balancers keep theirs:
/// they would meet a closing one with a request and answer 502.
const HEAD: Duration = Duration::from_secs(75);

/// Serves it. A connection that fails ends alone, and without a word at a level that anybody could
/// fill a log with.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    closing: &CancellationToken,
) {
    // Answers are small and events must not wait for more of them; without it they still work.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        let scheme = Scheme::Http;
        return http(stream, Connection { peer, scheme }, router, closing).await;
    };
    let handshake = timeout(HANDSHAKE, tls.accept(stream));
    match closing.run_until_cancelled(handshake).await {
        Some(Ok(Ok(stream))) => {
            let scheme = Scheme::Https;
            http(stream, Connection { peer, scheme }, router, closing).await;
        }
        Some(Ok(Err(error))) => debug!(%peer, %error, "a handshake failed"),
        Some(Err(_)) => debug!(%peer, "a handshake took too long"),
        None => {}
    }
}

async fn http<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    connection: Connection,
    router: Router,
    closing: &CancellationToken,
) {
    let service = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(connection);
        router.clone().oneshot(request)
    });
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = closing.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        debug!(peer = %connection.peer, %error, "a connection ended early");
    }
}
