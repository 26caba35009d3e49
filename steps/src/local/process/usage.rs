//! What previews take of this machine.

use std::time::Duration;

use tempus_model::PreviewId;
use tokio::task::spawn_blocking;

use super::{ProcessError, Role, Supervisor, processes};

/// What one process of a preview takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The process.
    pub pid: u32,
    /// Whose it is.
    pub preview: PreviewId,
    /// The CPU time that it has taken so far.
    pub cpu: Duration,
    /// The memory that it has now, in bytes. What it shares with others counts for each of them.
    pub memory: u64,
}

impl Supervisor {
    /// What every process takes that a preview's commands have started; the shims, which are ours,
    /// not counted. Linux only: elsewhere nobody is found by tag.
    pub async fn usage(&self) -> Result<Vec<Usage>, ProcessError> {
        let installation = self.installation;
        let looked = spawn_blocking(move || -> Result<Vec<Usage>, ProcessError> {
            let found = processes::tagged(installation)?;
            let apps = found.into_iter().filter(|of| of.tags.role == Role::App);
            Ok(apps
                .filter_map(|of| {
                    let (cpu, memory) = processes::taken(of.pid)?;
                    Some(Usage {
                        pid: of.pid,
                        preview: of.tags.preview,
                        cpu,
                        memory,
                    })
                })
                .collect())
        });
        looked
            .await
            .map_err(|error| ProcessError::Listing(error.into()))?
    }
}
