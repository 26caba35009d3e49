//! `tempus update`

use clap::Args;
use tempus_api::shape::{CreateRequest, UpdateRequest};
use tempus_model::Ttl;

use super::create::accepted;
use super::service::What;
use super::wait::Wait;
use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::time::lifetime;

/// Move a preview to another specification; what is not given stays as it is
#[derive(Debug, Clone, Args)]
pub struct Update {
    /// The preview: its id, its short id, or its name
    #[arg(value_name = "PREVIEW")]
    preview: String,
    #[command(flatten)]
    what: What,
    /// A new lifetime from now, such as 90m; what the folder says, else the end stays
    #[arg(long, value_name = "TIME")]
    ttl: Option<Ttl>,
    #[command(flatten)]
    wait: Wait,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Update {
    /// Asks, shows the answer, waits if that is wanted.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let mut asked = self.what.asks()?;
        if self.what.dir.is_some() {
            asked.settle();
        }
        session.notes(&asked.notes)?;
        let CreateRequest {
            ttl,
            template,
            schedule,
            log_retention_days,
            command,
            image,
            dir,
            port,
            env,
            secrets,
            health_path,
            cpu,
            memory,
            replicas,
            autoscale,
            services,
            commit_sha,
            seed,
            access,
            sleep,
            ..
        } = asked.request;
        let given = self.ttl.map(|ttl| lifetime(ttl.duration()));
        let request = UpdateRequest {
            ttl_hours: None,
            ttl: given.or(ttl),
            access,
            sleep,
            command,
            image,
            dir,
            port,
            env,
            secrets,
            health_path,
            cpu,
            memory,
            replicas,
            autoscale,
            services,
            changes: None,
            template,
            seed,
            schedule,
            log_retention_days,
            commit_sha,
        };
        let preview = session.client.resolve(&self.preview).await?;
        let answer = session.client.update(preview, &request).await?;
        accepted(session, &answer)?;
        self.wait.job(session, answer.value.job_id).await
    }
}
