//! `GET /job/{job_id}/events`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, StreamExt, stream};
use tempus_engine::StoreError;
use tempus_model::{Job, JobId, PreviewId};
use tracing::warn;

use super::accepted;
use super::job::view;
use crate::doc::Missing;
use crate::extract::Theirs;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::JobView;
use crate::state::Api;

/// How often the row is looked at. One read of one row, and nothing more while it is unchanged.
const LOOK: Duration = Duration::from_millis(200);

/// How often something is sent all the same, so that nobody in between hangs up.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Follow a job
///
/// Server-sent events: `job`, with the same document as `/job/{job_id}`, now and at each change.
/// Ends after the event that shows the job as final. A parked job is not final.
#[utoipa::path(
    get,
    path = "/job/{job_id}/events",
    tag = "jobs",
    params(("job_id" = Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "Events named `job`; the data of each is a job", content_type = "text/event-stream", body = String),
        Missing,
    )
)]
pub(crate) async fn events(
    State(api): State<Api>,
    caller: Caller,
    Theirs(job): Theirs<Job>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let id = job.id;
    let first = view(&api, job).await?;
    let ends = accepted::ends(&api, caller);
    let watch = Watch {
        job: id,
        preview: first.preview_id,
        version: None,
        shown: None,
        trouble: Trouble::None,
        api,
    };
    let events = stream::unfold(watch, Watch::next).map(Ok);
    let events = events.take_until(ends);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

struct Watch {
    api: Api,
    job: JobId,
    preview: PreviewId,
    /// The row's version when the job was last looked at.
    version: Option<u64>,
    /// The job as it was last sent.
    shown: Option<JobView>,
    trouble: Trouble,
}

/// Whether the store answered when it was last asked.
#[derive(PartialEq, Eq)]
enum Trouble {
    None,
    /// It did not, and that has been logged.
    Logged,
}

impl Watch {
    /// The next event: when the job is shown differently than before. `None` after the final one.
    async fn next(mut self) -> Option<(Event, Self)> {
        if self.shown.as_ref().is_some_and(|job| job.status.is_final()) {
            return None;
        }
        loop {
            match self.look().await {
                Ok(Some(job)) => {
                    let event = Event::default().event("job").json_data(&job).ok()?;
                    self.shown = Some(job);
                    return Some((event, self));
                }
                Ok(None) => self.trouble = Trouble::None,
                Err(error) => {
                    if self.trouble == Trouble::None {
                        warn!(job.id = %self.job, %error, "events wait for the store");
                    }
                    self.trouble = Trouble::Logged;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The job, if it is not as it was last shown.
    async fn look(&mut self) -> Result<Option<JobView>, StoreError> {
        let store = self.api.store();
        // The row before the job, for the same reason as in `view`.
        let Some(preview) = store.get(self.preview).await? else {
            return Ok(None);
        };
        if self.version == Some(preview.row.version) {
            return Ok(None);
        }
        let Some(job) = store.job(self.job).await? else {
            return Ok(None);
        };
        self.version = Some(preview.row.version);
        let job = JobView::from(job.seen_with(&preview.row));
        Ok((self.shown.as_ref() != Some(&job)).then_some(job))
    }
}
