//! `tempus destroy`

use clap::Args;

use super::create::accepted;
use super::wait::Wait;
use super::{Remote, Session};
use crate::failure::Failure;

/// Remove previews
#[derive(Debug, Clone, Args)]
pub struct Destroy {
    /// The previews: id, short id, or name
    #[arg(value_name = "PREVIEW", required = true)]
    previews: Vec<String>,
    #[command(flatten)]
    wait: Wait,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Destroy {
    /// Asks for each, then waits for all if that is wanted.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        // All are found before any is removed: a mistyped name removes nothing.
        let mut previews = Vec::new();
        for given in &self.previews {
            previews.push(session.client.resolve(given).await?);
        }
        let mut jobs = Vec::new();
        for preview in previews {
            let answer = session.client.destroy(preview).await?;
            accepted(session, &answer)?;
            jobs.push(answer.value.job_id);
        }
        for job in jobs {
            self.wait.job(session, job).await?;
        }
        Ok(())
    }
}
