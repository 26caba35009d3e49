//! The answer to every accepted change.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tempus_engine::{Accepted, Repeat};
use tempus_model::transition::accept::NewJob;
use tempus_model::{Actor, JobId};
use tracing::Span;
use uuid::Uuid;

use crate::hint;
use crate::identity::{Caller, refused};
use crate::shape::{self, BudgetView, EstimateView};
use crate::state::Api;

/// A new job of somebody's, now.
pub(super) fn new_job(api: &Api, by: Actor) -> NewJob {
    NewJob {
        id: JobId::new(Uuid::now_v7()),
        by,
        now: api.now(),
    }
}

/// What is said about money.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// What the preview is about to cost.
    pub estimate: Option<EstimateView>,
    /// Budgets that are nearly spent, or spent.
    pub budgets: Vec<BudgetView>,
}

/// Sends the hint and answers 202. The hint goes out for a repeated request too: the first one's
/// may be what was lost.
pub(super) async fn answer(api: &Api, accepted: Accepted, owner: &str, told: Told) -> Response {
    let Accepted {
        preview,
        job,
        url,
        expires_at,
        repeat,
    } = accepted;
    let span = Span::current();
    span.record("preview.id", preview.to_string());
    span.record("job.id", job.id.to_string());
    hint::look(api, preview, owner).await;
    let body = shape::Accepted {
        job_id: job.id,
        preview_id: preview,
        preview_url: url,
        expires_at,
        estimate: told.estimate,
        budgets: told.budgets,
    };
    let location = [(header::LOCATION, format!("/job/{}", job.id))];
    let mut response = (StatusCode::ACCEPTED, location, Json(body)).into_response();
    if repeat == Repeat::Yes {
        let name = header::HeaderName::from_static("idempotency-replayed");
        let value = header::HeaderValue::from_static("true");
        response.headers_mut().insert(name, value);
    }
    response
}

/// Ends when an answer that has no end of its own must: the server stops, or whoever asked for it
/// would be refused by now.
pub(super) fn ends(api: &Api, caller: Caller) -> impl Future<Output = ()> + Send + use<> {
    let (closing, refused) = (api.closing(), refused(api.clone(), caller));
    async move {
        tokio::select! {
            () = closing.cancelled() => {}
            () = refused => {}
        }
    }
}
