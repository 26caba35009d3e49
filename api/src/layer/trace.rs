//! One span for each request, its measurements, and the one place that logs how it ended.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tempus_engine::{InTrace, TraceContext};
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
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    // Not the path as it was sent: it would make a metric for every id, and may hold anything.
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let span = info_span!(
        "request",
        otel.kind = "server",
        trace_id = Empty,
        span_id = Empty,
        request.id = %id,
        %method,
        path = route,
        caller = Empty,
        preview.id = Empty,
        job.id = Empty,
    );
    let peer = request.extensions().get::<Peer>();
    let peer = peer.map(|peer| peer.client);
    let label = metrics::method(&method);
    span.part_of(parent_of(&request).as_ref());
    span.called(format!("{label} {route}"));
    span.note("http.request.method", label.to_owned());
    span.note("http.route", route.to_owned());
    span.show_ids();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status(), started.elapsed());
    metrics::request(label, route, status, took);
    span.note("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.fails(status.as_str());
    }
    span.in_scope(|| log(&method, &response, took, peer));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// The trace that the request says it is a part of.
fn parent_of(request: &Request) -> Option<TraceContext> {
    let header = |name| request.headers().get(name)?.to_str().ok();
    let parent = header(TraceContext::TRACEPARENT)?;
    TraceContext::parse(parent, header(TraceContext::TRACESTATE))
}

fn log(method: &Method, response: &Response, took: Duration, peer: Option<IpAddr>) {
    let status = response.status().as_u16();
    let took_ms = took.as_millis();
    let cause = response.extensions().get::<Cause>();
    let cause = cause.map_or("", |Cause(cause)| cause.as_str());
    if let Some(Reason(reason)) = response.extensions().get() {
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
