//! What a shim says about its command, and what a supervisor makes of it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tempus_model::Timestamp;

use super::Revision;

/// What is known of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// There is nothing of that name.
    Absent,
    /// There is a folder, and nobody looks after it: never started, ended with its server, or
    /// killed. `ensure` starts it, `stop` removes it.
    Down,
    /// Somebody has its lock and has not yet said what runs.
    Starting,
    /// The command runs.
    Running(Running),
    /// The command has died and will be started again.
    BackingOff(BackingOff),
    /// The command is run when its time has come.
    Scheduled(Scheduled),
    /// The command has ended, and is not to be started again.
    Ended(Ended),
    /// It was told to stop and has not quite gone.
    Ending,
}

/// A command that waits for its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// What will run.
    pub revision: Revision,
    /// When; never, if the schedule names no more times.
    pub next: Option<Timestamp>,
}

/// A command that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The process, which is also its process group and its session.
    pub pid: u32,
    /// What runs.
    pub revision: Revision,
    /// How often this shim has started it again.
    pub restarts: u32,
    /// Since when it runs.
    pub since: Timestamp,
    /// How it ended the time before, in words such as "exit status 1" or "killed by signal 9".
    pub last_exit: Option<String>,
}

/// A command that is waiting to be started again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackingOff {
    /// What will run.
    pub revision: Revision,
    /// How often this shim has started it again so far.
    pub restarts: u32,
    /// How it ended, in words such as "exit status 1" or "killed by signal 9".
    pub last_exit: String,
    /// When it ended of late: the newest ends, oldest first.
    pub ends: Vec<Timestamp>,
    /// When it will be started again.
    pub until: Timestamp,
}

/// A command that has ended for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What ran.
    pub revision: Revision,
    /// How it ended, in words such as "exit status 1" or "killed by signal 9".
    pub exit: String,
    /// Whether that is how a command ends that has done its work.
    pub succeeded: bool,
    /// When it ended.
    pub at: Timestamp,
}

impl Status {
    /// The revision that is looked after, or was to its end, if any is.
    pub fn revision(&self) -> Option<&Revision> {
        match self {
            Self::Running(running) => Some(&running.revision),
            Self::BackingOff(waiting) => Some(&waiting.revision),
            Self::Scheduled(scheduled) => Some(&scheduled.revision),
            Self::Ended(ended) => Some(&ended.revision),
            Self::Absent | Self::Down | Self::Starting | Self::Ending => None,
        }
    }
}

/// The content of `state.json`, written by the lock's holder only. After its death it is stale,
/// which its reader tells by `shim`; but how a command ended for good stays true.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) shim: u32,
    pub(super) revision: Revision,
    pub(super) restarts: u32,
    pub(super) phase: Phase,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Phase {
    Running {
        pid: u32,
        since: Timestamp,
        last_exit: Option<String>,
    },
    BackingOff {
        last_exit: String,
        ends: Vec<Timestamp>,
        until: Timestamp,
    },
    Scheduled {
        next: Option<Timestamp>,
    },
    Ended {
        exit: String,
        succeeded: bool,
        at: Timestamp,
    },
    Ending,
}

impl From<State> for Status {
    fn from(state: State) -> Self {
        let State {
            revision,
            restarts,
            phase,
            ..
        } = state;
        match phase {
            Phase::Running {
                pid,
                since,
                last_exit,
            } => Self::Running(Running {
                pid,
                revision,
                restarts,
                since,
                last_exit,
            }),
            Phase::BackingOff {
                last_exit,
                ends,
                until,
            } => Self::BackingOff(BackingOff {
                revision,
                restarts,
                last_exit,
                ends,
                until,
            }),
            Phase::Scheduled { next } => Self::Scheduled(Scheduled { revision, next }),
            Phase::Ended {
                exit,
                succeeded,
                at,
            } => Self::Ended(Ended {
                revision,
                exit,
                succeeded,
                at,
            }),
            Phase::Ending => Self::Ending,
        }
    }
}

/// The time of day. Shims show it to people and decide nothing by it.
pub(super) fn now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
