//! The processes of this machine: whose they are, and ending them.
//!
//! On Linux a process is looked at and signalled through a descriptor of its own (pidfd), opened
//! before its tags are read: what is signalled is what was read, even if the pid is used again.

use std::io;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use tempus_model::InstallationId;

use super::environment::{Role, Tags};
use super::{ProcessError, ResourceName};

/// A process that carries our tags.
#[derive(Debug, Clone)]
pub(super) struct Tagged {
    pub(super) pid: u32,
    pub(super) tags: Tags,
}

/// Which of a resource's processes are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    /// The command and what it started. Shims that wait for the lock are harmless.
    Apps,
    /// Shims as well.
    Everybody,
}

/// A process as it can be recognised later, when its pid may be another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct ProcessId {
    pid: u32,
    /// In clock ticks since the machine started. `None` where the system does not say, and then a
    /// pid that is used again is taken for the old process.
    started: Option<u64>,
}

impl ProcessId {
    pub(super) fn own() -> Self {
        Self::of(std::process::id())
    }

    fn of(pid: u32) -> Self {
        Self {
            pid,
            started: system::started(pid),
        }
    }

    pub(super) fn is_alive(self) -> bool {
        let there = pid(self.pid).is_some_and(|pid| {
            rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
        });
        there && (self.started.is_none() || system::started(self.pid) == self.started)
    }

    /// Whether it has come to its end: it may still be there, as a zombie.
    pub(super) fn has_ended(self) -> bool {
        !self.is_alive() || system::is_zombie(self.pid)
    }

    pub(super) fn pid(self) -> u32 {
        self.pid
    }
}

/// Every process of this installation that this user may look at, this one excepted.
pub(super) fn tagged(installation: InstallationId) -> Result<Vec<Tagged>, ProcessError> {
    let mut found = system::tagged().map_err(ProcessError::Listing)?;
    found.retain(|process| process.tags.installation == installation);
    Ok(found)
}

/// Sends SIGKILL to a resource's processes, and says whom it found. They may take a moment to die,
/// and cannot be found any more for the last part of it: call it until it finds nobody, and wait
/// for the end of those that it found.
pub(super) fn kill_tagged(
    installation: InstallationId,
    resource: &ResourceName,
    whom: Whom,
) -> Result<Vec<ProcessId>, ProcessError> {
    let meant = |tags: &Tags| {
        tags.installation == installation
            && tags.resource == *resource
            && (whom == Whom::Everybody || tags.role == Role::App)
    };
    let mut found = Vec::new();
    for process in system::tagged().map_err(ProcessError::Listing)? {
        let id = ProcessId::of(process.pid);
        if meant(&process.tags) && system::signal_if(process.pid, Signal::KILL, meant) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Whether this is a living shim of the resource.
pub(super) fn is_shim(pid: u32, resource: &ResourceName) -> bool {
    system::is(pid, |tags| {
        tags.role == Role::Shim && tags.resource == *resource
    })
}

/// Asks a shim to end, if that is what the process still is.
pub(super) fn terminate_shim(pid: u32, resource: &ResourceName) {
    system::signal_if(pid, Signal::TERM, |tags| {
        tags.role == Role::Shim && tags.resource == *resource
    });
}

/// The CPU time that a process has taken, and the bytes of memory that it has.
pub(super) fn taken(pid: u32) -> Option<(Duration, u64)> {
    system::taken(pid)
}

/// The children of this process, and, as it is a subreaper, the orphans among their descendants.
pub(super) fn own_children() -> Vec<Pid> {
    system::children_of(std::process::id())
}

fn pid(raw: u32) -> Option<Pid> {
    i32::try_from(raw).ok().and_then(Pid::from_raw)
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::{self, File};
    use std::io::Read;

    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};

    use super::{Duration, Pid, Signal, Tagged, Tags, io, pid};

    /// Environments are at most a few megabytes; ours come first in no particular order.
    const LONGEST_ENVIRONMENT: u64 = 8 << 20;

    pub(super) fn tagged() -> io::Result<Vec<Tagged>> {
        let own = std::process::id();
        let found = pids()?.filter(|pid| *pid != own).filter_map(|pid| {
            let tags = tags_of(pid)?;
            Some(Tagged { pid, tags })
        });
        Ok(found.collect())
    }

    pub(super) fn is(pid: u32, meant: impl Fn(&Tags) -> bool) -> bool {
        tags_of(pid).is_some_and(|tags| meant(&tags))
    }

    /// Whether it was there and meant; then it has the signal, or has just died.
    pub(super) fn signal_if(raw: u32, signal: Signal, meant: impl Fn(&Tags) -> bool) -> bool {
        let Some(pid) = pid(raw) else { return false };
        let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else {
            return false;
        };
        if !is(raw, meant) {
            return false;
        }
        // Fails only if it died since.
        let _ = pidfd_send_signal(process, signal);
        true
    }

    pub(super) fn children_of(parent: u32) -> Vec<Pid> {
        let is_child = |pid: &u32| stat(*pid).is_some_and(|stat| stat.parent == parent);
        pids()
            .into_iter()
            .flatten()
            .filter(is_child)
            .filter_map(pid)
            .collect()
    }

    pub(super) fn started(pid: u32) -> Option<u64> {
        stat(pid).map(|stat| stat.started)
    }

    pub(super) fn taken(pid: u32) -> Option<(Duration, u64)> {
        let stat = stat(pid)?;
        let ticks = rustix::param::clock_ticks_per_second().max(1);
        let page = u64::try_from(rustix::param::page_size()).ok()?;
        let cpu = Duration::from_millis(stat.cpu.saturating_mul(1000) / ticks);
        Some((cpu, stat.pages.saturating_mul(page)))
    }

    pub(super) fn is_zombie(pid: u32) -> bool {
        stat(pid).is_some_and(|stat| matches!(stat.state, 'Z' | 'X'))
    }

    fn pids() -> io::Result<impl Iterator<Item = u32>> {
        let entries = fs::read_dir("/proc")?;
        Ok(entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok()))
    }

    /// `None` as well for a zombie, whose environment is empty, and for another user's process.
    fn tags_of(pid: u32) -> Option<Tags> {
        let file = File::open(format!("/proc/{pid}/environ")).ok()?;
        let mut environ = Vec::new();
        file.take(LONGEST_ENVIRONMENT)
            .read_to_end(&mut environ)
            .ok()?;
        Tags::read(&environ)
    }

    struct Stat {
        state: char,
        parent: u32,
        /// In clock ticks, its own code's and the system's on its behalf.
        cpu: u64,
        started: u64,
        /// Of memory, resident.
        pages: u64,
    }

    /// See `proc_pid_stat(5)`. The second field, the name, is in parentheses and may hold anything.
    fn stat(pid: u32) -> Option<Stat> {
        let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let text = String::from_utf8_lossy(&text);
        let (_, after_name) = text.rsplit_once(')')?;
        let mut fields = after_name.split_ascii_whitespace();
        let (state, parent) = (fields.next()?, fields.next()?);
        let (user, system): (u64, u64) =
            (fields.nth(9)?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Stat {
            state: state.chars().next()?,
            parent: parent.parse().ok()?,
            cpu: user.saturating_add(system),
            started: fields.nth(6)?.parse().ok()?,
            pages: fields.nth(1)?.parse().ok()?,
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Duration, Pid, Signal, Tagged, Tags, io, pid};

    #[allow(clippy::unnecessary_wraps, reason = "fails on Linux")]
    pub(super) fn tagged() -> io::Result<Vec<Tagged>> {
        Ok(Vec::new())
    }

    /// Asked only of a pid that the holder of a lock wrote down, so being there is enough.
    pub(super) fn is(raw: u32, _: impl Fn(&Tags) -> bool) -> bool {
        pid(raw).is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
    }

    pub(super) fn signal_if(raw: u32, signal: Signal, _: impl Fn(&Tags) -> bool) -> bool {
        pid(raw).is_some_and(|pid| rustix::process::kill_process(pid, signal).is_ok())
    }

    pub(super) fn children_of(_: u32) -> Vec<Pid> {
        Vec::new()
    }

    pub(super) fn started(_: u32) -> Option<u64> {
        None
    }

    pub(super) fn taken(_: u32) -> Option<(Duration, u64)> {
        None
    }

    pub(super) fn is_zombie(_: u32) -> bool {
        false
    }
}
