//! Waiting for a job, as several commands do.

use std::time::Duration;

use clap::Args;
use tempus_api::shape::JobView;
use tempus_model::{JobId, JobStatus, Ttl};

use super::Session;
use crate::failure::Failure;
use crate::output::Exit;
use crate::progress::{self, follow};

/// Whether to wait, and how long.
#[derive(Debug, Clone, Default, Args)]
pub struct Wait {
    /// Wait until it is over; of a job, showing each step on standard error
    #[arg(long)]
    pub wait: bool,
    /// Wait no longer than this, such as 90s or 10m (exit status 8); implies --wait
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<Ttl>,
}

impl Wait {
    /// Whether to wait at all.
    pub const fn is_wanted(&self) -> bool {
        self.wait || self.timeout.is_some()
    }

    /// Waits for the job, if that is wanted. A job that did not succeed is a failure.
    pub async fn job(&self, session: &Session, job: JobId) -> Result<(), Failure> {
        if !self.is_wanted() {
            return Ok(());
        }
        let mut progress = session.progress();
        let followed = follow(&session.client, job, &mut progress);
        let ended = self.within(followed, &format!("job {job}")).await??;
        drop(progress);
        judge(&ended)
    }

    /// Waits for anything, no longer than is wanted.
    pub async fn within<T>(
        &self,
        future: impl Future<Output = T>,
        what: &str,
    ) -> Result<T, Failure> {
        let Some(longest) = self.timeout.map(Ttl::duration) else {
            return Ok(future.await);
        };
        tokio::time::timeout(longest, future)
            .await
            .map_err(|_| timed_out(what, longest))
    }
}

fn timed_out(what: &str, after: Duration) -> Failure {
    let after = crate::output::time::exact(after);
    Failure::new(
        Exit::TimedOut,
        format!("{what} was not over after {after}; it goes on without this command"),
    )
}

/// A job that is at rest, as an exit status.
pub fn judge(job: &JobView) -> Result<(), Failure> {
    let exit = match job.status {
        JobStatus::Succeeded | JobStatus::Queued | JobStatus::Running => return Ok(()),
        JobStatus::Failed => Exit::Failed,
        JobStatus::Parked => Exit::Parked,
        JobStatus::Superseded => Exit::Superseded,
    };
    let mut message = progress::outcome(job);
    if let Some(error) = &job.error {
        message = format!("{message}\n{}", progress::failure(error));
    }
    Err(Failure::new(exit, message))
}
