//! Finding a resource's process, or starting it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tempus_model::InstallationId;
use tokio::process::Command;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::environment::{self, Role, Tags};
use super::folder::{self, Glance, ResourceFolder, Take};
use super::launch::Order;
use super::log::{LogFiles, LogLine};
use super::processes::{self, ProcessId, Whom};
use super::shim::{SHIM, ShimCommand};
use super::state::Phase;
use super::turns::Turns;
use super::{Launch, Policy, ProcessError, ResourceName, Status};
use crate::Run;

/// How long a shim may take to take its lock and say so. Generous, for a machine under load.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// A shim that goes away without a word may have met another that was going away: try again, but
/// do not make a process every few milliseconds.
const MOST_STARTS: u32 = 3;
const GLANCE_EVERY: Duration = Duration::from_millis(10);

/// Supervises the processes of one folder.
///
/// It keeps nothing in memory that matters: a second value for the same folder, made after a crash,
/// knows as much. Only one process may have such a value at a time, which the lock of the server's
/// data folder sees to; the shims' locks alone already keep two commands from running.
#[derive(Debug)]
pub struct Supervisor {
    pub(super) folder: PathBuf,
    pub(super) installation: InstallationId,
    pub(super) policy: Policy,
    shim: ShimCommand,
    /// One call at a time per resource. Spares concurrent calls each other's retries.
    turns: Turns,
}

/// What `ensure` did, and what is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ensured {
    /// What it took.
    pub how: How,
    /// [`Status::Running`], [`Status::BackingOff`], [`Status::Scheduled`] or, of a task,
    /// [`Status::Ended`], at the launch's revision.
    pub status: Status,
}

/// What it took to have a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was there already.
    Found,
    /// It was started.
    Started,
    /// One of another revision, or one that was ending, was ended first.
    Replaced,
}

impl Supervisor {
    /// Makes the folder, private to this user, and writes down that this process is its server.
    pub fn open(
        folder: &Path,
        installation: InstallationId,
        shim: ShimCommand,
        policy: Policy,
    ) -> Result<Self, ProcessError> {
        let folder = std::path::absolute(folder).map_err(ProcessError::file("find", folder))?;
        folder::private_folder(&folder)?;
        let server = Server {
            process: ProcessId::own(),
            installation: Some(installation),
        };
        folder::write(&server_file(&folder), &server)?;
        Ok(Self {
            folder,
            installation,
            policy,
            shim,
            turns: Turns::default(),
        })
    }

    /// Finds the resource's process, or starts it. Run twice, or twice at once, it makes one.
    ///
    /// Returns when a shim looks after the command. Whether the command does its work, or so much
    /// as exists, is another question: see [`Supervisor::status`] and its health.
    pub async fn ensure(&self, launch: &Launch) -> Result<Ensured, ProcessError> {
        let turn = self.turn(&launch.resource);
        let _turn = turn.lock().await;
        let folder = self.resource(&launch.resource);
        let deadline = Instant::now() + START_TIMEOUT;
        let mut how = How::Found;
        let mut shim: Option<oneshot::Receiver<()>> = None;
        let mut starts = 0;
        loop {
            let status = self.status(&launch.resource)?;
            match &status {
                Status::Running(_)
                | Status::BackingOff(_)
                | Status::Scheduled(_)
                | Status::Ended(_)
                    if status.revision() == Some(&launch.revision) =>
                {
                    return Ok(Ensured { how, status });
                }
                Status::Running(_)
                | Status::BackingOff(_)
                | Status::Scheduled(_)
                | Status::Ending => {
                    how = How::Replaced;
                    self.end(&launch.resource, self.policy.grace).await?;
                }
                Status::Absent | Status::Down | Status::Ended(_)
                    if shim.as_mut().is_none_or(has_ended) =>
                {
                    if starts == MOST_STARTS {
                        return Err(not_started(&launch.resource, &folder));
                    }
                    if how == How::Found {
                        how = How::Started;
                    }
                    let order = self.order(launch);
                    folder.arm(&order)?;
                    shim = Some(self.spawn(&folder, &order)?);
                    starts += 1;
                }
                Status::Absent | Status::Down | Status::Ended(_) | Status::Starting => {}
            }
            if Instant::now() > deadline {
                return Err(not_started(&launch.resource, &folder));
            }
            sleep(GLANCE_EVERY).await;
        }
    }

    /// Starts what a killed shim looked after again, if that is how the resource stands: it has
    /// been launched, nobody looks after it, and nobody has stopped it.
    pub async fn revive(&self, resource: &ResourceName) -> Result<(), ProcessError> {
        let folder = self.resource(resource);
        if self.status(resource)? != Status::Down || folder.tombstone()?.is_some() {
            return Ok(());
        }
        if let Some(order) = folder.order()? {
            self.ensure(&order.launch).await?;
        }
        Ok(())
    }

    /// Starts a command that is waiting for its next start at once, and counts its failures anew.
    pub async fn start_now(&self, resource: &ResourceName) -> Result<(), ProcessError> {
        let turn = self.turn(resource);
        {
            let _turn = turn.lock().await;
            if !matches!(self.status(resource)?, Status::BackingOff(_)) {
                return Ok(());
            }
            self.end(resource, self.policy.grace).await?;
        }
        self.revive(resource).await
    }

    /// What is known of a resource now. Reads a few small files; worth no thread of its own.
    pub fn status(&self, resource: &ResourceName) -> Result<Status, ProcessError> {
        let folder = self.resource(resource);
        match folder.glance()? {
            Glance::NoFolder => return Ok(Status::Absent),
            Glance::Free => {
                let state = folder.state()?;
                let ended = state.filter(|state| matches!(state.phase, Phase::Ended { .. }));
                return Ok(ended.map_or(Status::Down, Status::from));
            }
            Glance::Held => {}
        }
        if folder.tombstone()?.is_some() {
            return Ok(Status::Ending);
        }
        let state = folder.state()?;
        let of_holder = state.filter(|state| processes::is_shim(state.shim, resource));
        Ok(of_holder.map_or(Status::Starting, Status::from))
    }

    /// The output of a resource's command. There is none before it was first started.
    pub fn logs(&self, resource: &ResourceName) -> LogFiles {
        self.resource(resource).logs()
    }

    /// The last runs of a resource's command that is run by a timetable, newest first.
    pub fn runs(&self, resource: &ResourceName) -> Result<Vec<Run>, ProcessError> {
        let runs = self.resource(resource).runs()?;
        Ok(runs.list.into_iter().rev().collect())
    }

    /// The command's last lines, for an error message. None if they cannot be read: they only
    /// explain an error that is reported anyway.
    pub async fn last_lines(&self, resource: &ResourceName, most: usize) -> Vec<LogLine> {
        self.logs(resource).tail(most).await.unwrap_or_default()
    }

    pub(super) fn resource(&self, resource: &ResourceName) -> ResourceFolder {
        ResourceFolder::new(self.folder.join(resource.as_str()))
    }

    pub(super) fn turn(&self, resource: &ResourceName) -> Arc<tokio::sync::Mutex<()>> {
        self.turns.of(resource)
    }

    fn order(&self, launch: &Launch) -> Order {
        Order {
            installation: self.installation,
            launch: launch.clone(),
            policy: self.policy.clone(),
        }
    }

    /// Starts a shim, in a process group of its own so that no Ctrl-C reaches it. The answer comes
    /// when it has ended, and nothing of it is left.
    fn spawn(
        &self,
        folder: &ResourceFolder,
        order: &Order,
    ) -> Result<oneshot::Receiver<()>, ProcessError> {
        let complaints = folder.complaints();
        let stderr = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&complaints)
            .map_err(ProcessError::file("create", &complaints))?;
        let mut child = Command::new(self.shim.program())
            .args(self.shim.arguments())
            .arg(SHIM)
            .arg(folder.path())
            .current_dir("/")
            .env_clear()
            .envs(environment::passed_on(std::env::vars_os()))
            .envs(Tags::new(order, Role::Shim).variables())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .process_group(0)
            .spawn()
            .map_err(ProcessError::file("run", self.shim.program()))?;
        let (ended, when_ended) = oneshot::channel();
        let (folder, installation) = (folder.clone(), self.installation);
        let resource = order.launch.resource.clone();
        tokio::spawn(async move {
            let exit = child.wait().await;
            if !exit.is_ok_and(|exit| exit.success()) {
                tracing::warn!(%resource, "a shim did not end by itself, ending what it left");
                let sweep = move || sweep(&folder, installation, &resource);
                // Fails only if it panicked or the runtime is going down.
                let _ = tokio::task::spawn_blocking(sweep).await;
            }
            // Nobody may be waiting any more.
            let _ = ended.send(());
        });
        Ok(when_ended)
    }
}

/// Who serves a folder.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Server {
    #[serde(flatten)]
    process: ProcessId,
    /// Whose server it is. A new store in an old folder has another id, and knows nothing of what
    /// the old one started; `None` if a version wrote it that did not say.
    #[serde(default)]
    installation: Option<InstallationId>,
}

impl Server {
    /// Whether it lives, and is this installation's.
    pub(super) fn serves(self, installation: InstallationId) -> bool {
        self.installation.is_none_or(|of| of == installation) && self.process.is_alive()
    }
}

/// The file that tells shims who their server is.
pub(super) fn server_file(folder: &Path) -> PathBuf {
    folder.join("server.json")
}

/// Ends what a killed shim left, unless another shim has taken over, which has done so itself.
fn sweep(folder: &ResourceFolder, installation: InstallationId, resource: &ResourceName) {
    if let Ok(Take::Taken(_held)) = folder.take()
        && let Err(error) = processes::kill_tagged(installation, resource, Whom::Apps)
    {
        tracing::warn!(%resource, %error, "left for the next start or stop to end");
    }
}

fn has_ended(started: &mut oneshot::Receiver<()>) -> bool {
    !matches!(started.try_recv(), Err(oneshot::error::TryRecvError::Empty))
}

fn not_started(resource: &ResourceName, folder: &ResourceFolder) -> ProcessError {
    let complaint = std::fs::read(folder.complaints()).unwrap_or_default();
    let complaint = String::from_utf8_lossy(&complaint);
    let reason = match complaint.trim() {
        "" => "its shim neither took the lock nor said why".to_owned(),
        complaint => complaint.to_owned(),
    };
    ProcessError::NotStarted {
        resource: resource.clone(),
        reason,
    }
}
