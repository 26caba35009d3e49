//! What a process without an API says of itself: whether it lives, whether its engine answers, and
//! what it has measured. For container health checks and Prometheus.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tempus_engine::Store;
use tokio::net::TcpListener;

use super::{Socket, serve_until};
use crate::handler::status;
use crate::layer::{headers, panic};
use crate::refusal::Refusal;
use crate::{Metrics, recorder};

/// What is asked.
#[derive(Clone)]
pub struct Probe {
    /// Whose store must answer.
    pub store: Arc<dyn Store>,
    /// What is measured.
    pub metrics: Metrics,
}

/// Serves `/health`, `/ready` and `/metrics`, and nothing else, until `shutdown` ends.
pub async fn serve_probe(
    listener: TcpListener,
    probe: Probe,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let router = Router::new()
        .route("/health", get(status::health))
        .route("/ready", get(ready))
        .route("/metrics", get(measured))
        .fallback(nothing)
        .with_state(probe)
        .layer(from_fn(panic::catch))
        .layer(from_fn(headers::add));
    serve_until(Socket::plain(listener), router, shutdown).await;
}

async fn ready(State(probe): State<Probe>) -> Result<Response, Refusal> {
    Ok(status::is_ready(&*probe.store).await?.into_response())
}

async fn measured(State(probe): State<Probe>) -> Response {
    let headers = [(header::CONTENT_TYPE, recorder::CONTENT_TYPE)];
    (headers, probe.metrics.render()).into_response()
}

async fn nothing() -> Refusal {
    Refusal::not_found("here are /health, /ready and /metrics; the API is elsewhere")
}
