//! Ending processes for certain.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::folder::{Held, ResourceFolder, Take, Tombstone};
use super::processes::{self, ProcessId, Whom};
use super::{ProcessError, ResourceName, Supervisor};

/// What a shim may take beyond its command's grace before it is no longer trusted to end.
const MARGIN: Duration = Duration::from_secs(2);
/// How long the kernel may take to end what was sent SIGKILL.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What `stop` found. Afterwards there is nothing, either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// There was something, a process or just a folder, and it was removed.
    Removed,
    /// There was nothing.
    WasAbsent,
}

impl Supervisor {
    /// Ends a resource's process and all it started, and removes its folder with its output.
    ///
    /// First a tombstone keeps everything from starting, then the command's process group gets
    /// SIGTERM, and SIGKILL after `grace`. Returns when it is all really gone. A resource that is
    /// not there is a success. Unlike [`Supervisor::stop_all`], this is for good.
    pub async fn stop(
        &self,
        resource: &ResourceName,
        grace: Duration,
    ) -> Result<Stopped, ProcessError> {
        let turn = self.turn(resource);
        let _turn = turn.lock().await;
        let folder = self.resource(resource);
        if !folder.path().is_dir() {
            // Nothing can start without a folder. Something may still run: people delete folders.
            return Ok(match self.kill_all(resource).await? {
                0 => Stopped::WasAbsent,
                _ => Stopped::Removed,
            });
        }
        folder.write_tombstone(Tombstone { grace })?;
        let _held = self.end(resource, grace).await?;
        folder.remove()?;
        Ok(Stopped::Removed)
    }

    /// Ends every process of the folder, side by side, each with the policy's grace. Their folders
    /// stay, so that `ensure` starts them again: for a server that shuts down and takes its
    /// previews with it. No call of `ensure` may be running or come after.
    ///
    /// Tries them all, then returns the first error.
    pub async fn stop_all(&self) -> Result<(), ProcessError> {
        let ends = self.names()?.into_iter().map(|resource| async move {
            let turn = self.turn(&resource);
            let _turn = turn.lock().await;
            self.end(&resource, self.policy.grace).await.map(drop)
        });
        join_all(ends).await.into_iter().collect()
    }

    /// Ends what runs and returns with the lock, so that nothing starts until it is dropped; or
    /// without one if there is no lock file, so that nothing could start anyway.
    pub(super) async fn end(
        &self,
        resource: &ResourceName,
        grace: Duration,
    ) -> Result<Option<Held>, ProcessError> {
        let folder = self.resource(resource);
        let patience = Instant::now() + grace + MARGIN;
        let held = loop {
            match folder.take()? {
                Take::Taken(held) => break Some(held),
                Take::NoFile => break None,
                Take::Busy => {}
            }
            if Instant::now() > patience + KILL_TIMEOUT {
                let left = "whoever holds its lock".to_owned();
                return Err(ProcessError::Survives {
                    resource: resource.clone(),
                    left,
                });
            }
            if Instant::now() > patience {
                self.kill_once(resource).await?;
            } else {
                tell(&folder, resource)?;
            }
            sleep(LOOK_EVERY).await;
        };
        self.kill_all(resource).await?;
        Ok(held)
    }

    /// Ends everything that carries the resource's tag. Returns how many processes that were.
    async fn kill_all(&self, resource: &ResourceName) -> Result<usize, ProcessError> {
        let deadline = Instant::now() + KILL_TIMEOUT;
        let mut killed = BTreeSet::new();
        loop {
            let found = self.kill_once(resource).await?;
            let last_look = found.is_empty();
            killed.extend(found);
            let left = killed.iter().filter(|process| !process.has_ended());
            let left: Vec<_> = left.map(|process| process.pid()).collect();
            if last_look && left.is_empty() {
                return Ok(killed.len());
            }
            if Instant::now() > deadline {
                let left = format!("processes {left:?}");
                return Err(ProcessError::Survives {
                    resource: resource.clone(),
                    left,
                });
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn kill_once(&self, resource: &ResourceName) -> Result<Vec<ProcessId>, ProcessError> {
        let (installation, resource) = (self.installation, resource.clone());
        let kill = move || processes::kill_tagged(installation, &resource, Whom::Everybody);
        spawn_blocking(kill)
            .await
            .map_err(|error| ProcessError::Listing(error.into()))?
    }
}

/// Asks the shim that holds the lock to end. Saying it again does no harm: it passes SIGTERM on
/// to its command once.
fn tell(folder: &ResourceFolder, resource: &ResourceName) -> Result<(), ProcessError> {
    if let Some(state) = folder.state()? {
        processes::terminate_shim(state.shim, resource);
    }
    Ok(())
}
