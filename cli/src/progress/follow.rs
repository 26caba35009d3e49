//! Follows a job to its end.

use std::io;
use std::time::Duration;

use tempus_api::shape::JobView;
use tempus_model::{JobId, JobStatus};

use super::Progress;
use crate::client::{Client, ClientError, Lines};

/// How long to wait before asking again where events do not come.
const POLL: Duration = Duration::from_millis(500);

/// How often a server that stopped answering is asked again. A server that is restarted goes on
/// with the job, so it is worth some patience.
const LOST: u32 = 20;

/// Why a job was not followed to its end.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The server's answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The display.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Shows a job until it is final or parked. Events are preferred; whenever they end or fail, the
/// job itself is asked for, so nothing depends on them.
pub async fn follow(
    client: &Client,
    job: JobId,
    progress: &mut Progress,
) -> Result<JobView, FollowError> {
    let mut lost = 0;
    loop {
        match client.job(job).await {
            Ok(answer) => {
                lost = 0;
                progress.show(&answer.value)?;
                if is_at_rest(&answer.value) {
                    return Ok(answer.value);
                }
            }
            Err(ClientError::Unreachable { .. }) if lost < LOST => lost += 1,
            Err(error) => return Err(error.into()),
        }
        if let Ok(events) = client.job_events(job).await
            && let Some(ended) = listen(events, progress).await?
        {
            return Ok(ended);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// How often the times of open steps are shown anew.
const REDRAW: Duration = Duration::from_millis(250);

async fn listen(mut events: Lines, progress: &mut Progress) -> io::Result<Option<JobView>> {
    let mut last: Option<JobView> = None;
    loop {
        let Ok(next) = tokio::time::timeout(REDRAW, events.next::<JobView>()).await else {
            if let Some(job) = &last {
                progress.show(job)?;
            }
            continue;
        };
        // A stream that breaks off, or says what this version does not know, is asked for again.
        let Ok(Some((job, _))) = next else {
            return Ok(None);
        };
        progress.show(&job)?;
        if is_at_rest(&job) {
            return Ok(Some(job));
        }
        last = Some(job);
    }
}

/// Whether waiting longer changes nothing without somebody's help.
fn is_at_rest(job: &JobView) -> bool {
    job.status.is_final() || job.status == JobStatus::Parked
}
