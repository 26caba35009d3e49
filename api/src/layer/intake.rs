//! Takes the body in before anything else looks at the request: bounded in size and in time.
//!
//! A refusal is then sent only after the body has been read. A server that answers and closes
//! while its client is still writing can lose the answer on the way (a TCP reset overtakes it).

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

use crate::refusal::Refusal;
use crate::shape::ProblemKind;
use crate::state::Api;
use crate::webhook;

use super::guard::WEBHOOK;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of a body that is too large is read and thrown away, so that the answer arrives.
const SPILL: usize = 4 * 1024 * 1024;

/// Replaces the body by one that is complete.
pub(crate) async fn take_in(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let limit = match parts.uri.path() {
        WEBHOOK => webhook::LARGEST,
        _ => api.config().body_limit,
    };
    let bytes = match read_within(body, limit).await {
        Ok(bytes) if parts.method == Method::DELETE && !bytes.is_empty() => {
            return Refusal::unreadable("body", "must be empty: DELETE takes no body")
                .into_response();
        }
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.into_response(),
    };
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}

/// A whole body, of so many bytes at most.
pub(crate) async fn read_within(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let read = tokio::time::timeout(PATIENCE, read(body, limit)).await;
    read.unwrap_or_else(|_| Err(too_slow()))
}

async fn read(mut body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Refusal::unreadable("body", "ended before it was complete; send it again")
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= limit {
            kept.extend_from_slice(&data);
        } else if seen > limit.saturating_add(SPILL) {
            break;
        }
    }
    if seen > limit {
        return Err(Refusal::new(
            ProblemKind::TooLarge,
            format!("the body may have at most {limit} bytes"),
        ));
    }
    Ok(kept.into())
}

fn too_slow() -> Refusal {
    Refusal::new(
        ProblemKind::BodyTimeout,
        format!("the body must arrive within {} seconds", PATIENCE.as_secs()),
    )
}
