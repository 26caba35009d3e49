//! One span for each request, its measurements, and the one place that logs how it ended.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tempus_engine::TraceContext;
use tracing::field::Empty;
use tracing::{Instrument, debug, error, info, info_span, warn};

use crate::layer::peer::Peer;
use crate::metrics;
use crate::refusal::{Cause, Reason};

/// Runs the request in a span of its own. Bodies, headers and query parameters are never logged:
/// they may hold secrets.
pub(crate) async fn trace(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = format!("{:016x}", rand::random::<u64>());
    let trace = trace_of(&request);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    // Not the path as it was sent: it would make a metric for every id, and may hold anything.
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let span = info_span!(
        "request",
        trace_id = trace.id(),
        request.id = %id,
        %method,
        path = route,
        caller = Empty,
        preview.id = Empty,
        job.id = Empty,
    );
    let peer = request.extensions().get::<Peer>();
    let peer = peer.map(|peer| peer.client);
    let answer = next.run(request).instrument(span.clone());
    let mut response = trace.scope(answer).await;
    let took = started.elapsed();
    metrics::request(&method, route, response.status(), took);
    span.in_scope(|| log(&method, &response, took, peer));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// The trace that the request says it is a part of, or a new one.
fn trace_of(request: &Request) -> TraceContext {
    let header = |name| request.headers().get(name)?.to_str().ok();
    header(TraceContext::TRACEPARENT)
        .and_then(|parent| TraceContext::parse(parent, header(TraceContext::TRACESTATE)))
        .unwrap_or_else(TraceContext::fresh)
}

fn log(method: &Method, response: &Response, took: Duration, peer: Option<IpAddr>) {
    let status = response.status().as_u16();
    let took_ms = took.as_millis();
    let cause = response.extensions().get::<Cause>();
    let cause = cause.map_or("", |Cause(cause)| cause.as_str());
    if let Some(Reason(reason)) = response.extensions().get() {
        metrics::refusal(reason);
        let peer = peer.map(tracing::field::display);
        warn!(status, took_ms, reason, peer, "turned away");
        return;
    }
    match response.status() {
        StatusCode::SERVICE_UNAVAILABLE => warn!(status, took_ms, cause, "not available"),
        status_code if status_code.is_server_error() => error!(status, took_ms, cause, "failed"),
        status_code if status_code.is_client_error() => debug!(status, took_ms, "refused"),
        _ if method.is_safe() => debug!(status, took_ms, "answered"),
        _ => info!(status, took_ms, "accepted"),
    }
}
