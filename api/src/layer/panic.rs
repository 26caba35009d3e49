//! A defect becomes a problem document, without its internals.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;

use crate::refusal::Refusal;

/// Answers 500 where a handler panics. The state that handlers share is behind ports that hold
/// no lock of ours across a panic, so going on is safe.
pub(crate) async fn catch(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => Refusal::internal(format!("panicked: {}", text(&*panic))).into_response(),
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with something that is no text")
}
