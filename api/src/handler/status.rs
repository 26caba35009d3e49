//! `GET /health`, `GET /ready` and `GET /metrics`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tempus_engine::{Store, StoreError};

use crate::doc::Busy;
use crate::recorder;
use crate::refusal::Refusal;
use crate::shape::{Health, HealthStatus, Ready, ReadyStatus};
use crate::state::Api;

/// How long the engine may take to say that it is ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the process lives
#[utoipa::path(
    get,
    path = "/health",
    tag = "server",
    responses((status = 200, description = "It lives", body = Health))
)]
pub(crate) async fn health() -> Json<Health> {
    Json(Health {
        status: HealthStatus::Ok,
    })
}

/// Whether the engine answers
#[utoipa::path(
    get,
    path = "/ready",
    tag = "server",
    responses((status = 200, description = "It answers", body = Ready), Busy)
)]
pub(crate) async fn ready(State(api): State<Api>) -> Result<Json<Ready>, Refusal> {
    is_ready(api.store()).await
}

/// Asks a store.
pub(crate) async fn is_ready(store: &dyn Store) -> Result<Json<Ready>, Refusal> {
    tokio::time::timeout(PATIENCE, store.ready())
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable("no answer in time".to_owned())))?;
    Ok(Json(Ready {
        status: ReadyStatus::Ready,
    }))
}

/// What is measured, as Prometheus text
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "server",
    responses((status = 200, description = "Prometheus text", content_type = "text/plain", body = String))
)]
pub(crate) async fn metrics(State(api): State<Api>) -> Response {
    api.count().await;
    let headers = [(header::CONTENT_TYPE, recorder::CONTENT_TYPE)];
    (headers, api.metrics().render()).into_response()
}
