//! Serving on a socket until told to stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tracing::debug;

use crate::{Api, router};

/// How long answers may take after the shutdown began.
const GRACE: Duration = Duration::from_secs(5);

/// Serves the API until `shutdown` ends: then takes no new connection, ends streams, and lets the
/// requests under way finish for a few seconds.
///
/// # Errors
/// Never once it serves: a connection that fails ends alone.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // Answers are small and events must not wait for more of them.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "a connection without TCP_NODELAY");
        }
    });
    let router = router(api.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let closing = api.closing();
    let stopping = closing.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        stopping.cancel();
    });
    let overdue = async {
        closing.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = serving => ended,
        () = overdue => Ok(()),
    }
}
