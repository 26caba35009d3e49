//! Serving on a socket until told to stop.
//!
//! ```text
//!   accept ──► a task for each connection: handshake (if TLS) ──► HTTP/1.1 ──► router
//! ```
//!
//! Whatever a client does slowly, it does in its own task: a handshake that takes its time, or a
//! head that never ends, holds nobody else up and is cut off.

mod certificate;
mod connection;
mod probe;
mod tls;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::{Api, router};

pub use probe::{Probe, serve_probe};
pub use tls::{Tls, TlsError};

/// How long answers may take after the shutdown began.
const GRACE: Duration = Duration::from_secs(5);

/// How many connections there may be at once. Further ones wait in the system's own queue.
const MOST: usize = 2048;

/// Out of file descriptors, usually: others must be closed before the next can be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket that listens, and what is spoken on it.
pub struct Socket {
    listener: TcpListener,
    tls: Option<Tls>,
}

impl Socket {
    /// In the clear: for this machine alone, or behind trusted proxies.
    pub const fn plain(listener: TcpListener) -> Self {
        Self {
            listener,
            tls: None,
        }
    }

    /// Encrypted.
    pub const fn encrypted(listener: TcpListener, tls: Tls) -> Self {
        Self {
            listener,
            tls: Some(tls),
        }
    }
}

/// Serves the API until `shutdown` ends: then takes no new connection, ends streams, and lets the
/// requests under way finish for a few seconds.
///
/// # Errors
/// Never once it serves: a connection that fails ends alone.
pub async fn serve(
    socket: Socket,
    api: Api,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let streams = api.closing();
    let shutdown = async move {
        shutdown.await;
        streams.cancel();
    };
    serve_until(socket, router(api), shutdown).await;
    Ok(())
}

/// Serves a router.
async fn serve_until(socket: Socket, router: Router, shutdown: impl Future<Output = ()>) {
    let Socket { listener, tls } = socket;
    let tending = async {
        match &tls {
            Some(tls) => tls.tend().await,
            None => std::future::pending().await,
        }
    };
    let (connections, closing) = (TaskTracker::new(), CancellationToken::new());
    let accepting = accept(&listener, tls.as_ref(), &router, &connections, &closing);
    tokio::select! {
        () = shutdown => {}
        () = accepting => {}
        () = tending => {}
    }
    drop(listener);
    closing.cancel();
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
        debug!(open = connections.len(), "not waiting for what is still in flight");
    }
}

/// Accepts for ever.
async fn accept(
    listener: &TcpListener,
    tls: Option<&Tls>,
    router: &Router,
    connections: &TaskTracker,
    closing: &CancellationToken,
) {
    let room = Arc::new(Semaphore::new(MOST));
    // The semaphore is never closed.
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let acceptor = tls.map(Tls::acceptor);
                let (router, closing) = (router.clone(), closing.clone());
                connections.spawn(async move {
                    connection::serve(stream, peer, acceptor, router, &closing).await;
                    drop(place);
                });
            }
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
