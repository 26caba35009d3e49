//! `GET /job/{job_id}`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tempus_model::{Job, JobStatus};

use crate::doc::Missing;
use crate::extract::Theirs;
use crate::refusal::{Refusal, no_job, seconds};
use crate::shape::JobView;
use crate::state::Api;

/// When to ask again about a job that is under way. `/job/{job_id}/events` tells sooner.
const POLL: Duration = Duration::from_secs(1);

/// Show a job
///
/// How a requested change stands, with every step. `Retry-After` says when to ask again while it
/// is under way; without it the job is final, or parked and waiting for a person.
#[utoipa::path(
    get,
    path = "/job/{job_id}",
    tag = "jobs",
    params(("job_id" = Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The job", body = JobView, headers(("Retry-After" = Option<u64>, description = "Seconds until it is worth asking again, while it is under way"))),
        Missing,
    )
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Theirs(job): Theirs<Job>,
) -> Result<Response, Refusal> {
    let job = view(&api, job).await?;
    let under_way = matches!(job.status, JobStatus::Queued | JobStatus::Running);
    let mut response = Json(job).into_response();
    if under_way {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds(POLL));
    }
    Ok(response)
}

/// The job as a client should see it.
pub(crate) async fn view(api: &Api, job: Job) -> Result<JobView, Refusal> {
    let store = api.store();
    tracing::Span::current().record("preview.id", job.preview.to_string());
    if job.status.is_final() {
        return Ok(job.into());
    }
    // The row is read before the job is read again: read the other way round, a job that ends in
    // between would be seen neither in the row nor as ended.
    let Some(preview) = store.get(job.preview).await? else {
        return Ok(job.into());
    };
    let job = store.job(job.id).await?.ok_or_else(no_job)?;
    Ok(job.seen_with(&preview.row).into())
}
