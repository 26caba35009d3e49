//! `tempus job`

use clap::Args;
use tempus_api::shape::JobView;
use tempus_engine::{Clock, SystemClock};
use tempus_model::{JobId, Timestamp};

use super::wait::{Wait, judge};
use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::{Cell, Format, Table};
use crate::progress;

/// Show a job and its steps; the exit status tells how it ended
#[derive(Debug, Clone, Args)]
pub struct Job {
    /// The job's id
    #[arg(value_name = "JOB")]
    id: JobId,
    #[command(flatten)]
    wait: Wait,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Job {
    /// Waits if that is wanted, then shows the job as it stands.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        // Asked once before waiting: whoever mistyped the id or the address hears at once.
        let mut answer = session.client.job(self.id).await?;
        let waited = self.wait.job(session, self.id).await;
        if self.wait.is_wanted() {
            answer = session.client.job(self.id).await?;
        }
        match session.screen.format() {
            Format::Json => session.screen.json(&answer.raw)?,
            Format::Human => {
                let job = &answer.value;
                let head = format!("{} · preview {}", progress::outcome(job), job.preview_id);
                session.screen.line(head)?;
                session.screen.write(steps(job, SystemClock.now()))?;
            }
        }
        waited?;
        judge(&answer.value)
    }
}

/// A job's steps as a table.
fn steps(job: &JobView, now: Timestamp) -> Table {
    let mut table = Table::new(["STEP", "STATE", "TIME", "RESOURCE", ""]);
    for step in &job.steps {
        table.row([
            Cell::plain(&step.step),
            progress::state_cell(step.state),
            Cell::plain(progress::time(step, now)),
            Cell::plain(step.resource.as_deref().unwrap_or("-")),
            Cell::plain(progress::remark(step, now)),
        ]);
    }
    table
}
