//! Who sends a request, as far as the network knows: the other end of its connection.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;

/// Who sent a request. In its extensions, for all layers and handlers; not there if the router is
/// called without a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// The client's address.
    pub client: IpAddr,
}

/// Finds out who sent the request.
pub(crate) async fn learn(mut request: Request, next: Next) -> Response {
    let socket = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if let Some(ConnectInfo(socket)) = socket.copied() {
        let client = socket.ip().to_canonical();
        request.extensions_mut().insert(Peer { client });
    }
    next.run(request).await
}
