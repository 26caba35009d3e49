//! What is to be run, and how it is looked after.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, InstallationId, PreviewId, Timetable};

use super::ResourceName;

/// A hash of everything that decides what runs: two launches with equal revisions are the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub String);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What becomes of a command that ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AtEnd {
    /// It is started again: a service.
    #[default]
    StartAgain,
    /// Nothing: a task. How it ended is kept.
    Rest,
    /// It is run again when its time comes, and the first time too.
    Wait(Timetable),
}

/// One command to run.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// Its name: there is never more than one process of that name.
    pub resource: ResourceName,
    /// The preview it belongs to.
    pub preview: PreviewId,
    /// The service of that preview.
    pub service: DnsName,
    /// What is run, what a verify compares. A running process of another revision is replaced.
    pub revision: Revision,
    /// Given to `/bin/sh -c`. It shows in the list of processes, so it holds no secret.
    pub command: String,
    /// The working directory. Must exist when the command starts, not before.
    pub dir: PathBuf,
    /// Added to the few variables that pass on from the server (`PATH`, `HOME`, the locale …) and
    /// stronger than them. May hold secrets: it travels in a file that only this user can read.
    pub env: BTreeMap<String, String>,
    /// How long what it writes is kept, if not until there is too much of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps: Option<Duration>,
    /// What becomes of it when it ends.
    #[serde(default)]
    pub at_end: AtEnd,
}

/// Leaves the values of the environment out: they may be secret, and errors get logged.
impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch")
            .field("resource", &self.resource)
            .field("preview", &self.preview)
            .field("service", &self.service)
            .field("revision", &self.revision)
            .field("command", &self.command)
            .field("dir", &self.dir)
            .field("env", &self.env.keys())
            .field("keeps", &self.keeps)
            .field("at_end", &self.at_end)
            .finish()
    }
}

/// How a shim looks after its command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How long the command has between SIGTERM and SIGKILL, where the caller does not say.
    pub grace: Duration,
    /// The wait before the first restart. It doubles with each restart, and half of it is random.
    pub first_restart: Duration,
    /// No wait before a restart is longer.
    pub longest_restart: Duration,
    /// Having lived this long, the command counts as healthy: its next wait is the first again.
    pub steady_after: Duration,
    /// How long a shim goes on without a server. `None` is for ever.
    pub orphaned_after: Option<Duration>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(5),
            first_restart: Duration::from_millis(500),
            longest_restart: Duration::from_secs(30),
            steady_after: Duration::from_secs(30),
            orphaned_after: Some(Duration::from_mins(5)),
        }
    }
}

/// The content of `launch.json`: all that a shim is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) installation: InstallationId,
    pub(super) launch: Launch,
    pub(super) policy: Policy,
}
