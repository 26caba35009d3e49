//! Real processes in folders of their own, side by side. The shim is this test executable, started
//! again with the name of [`entry`].
#![allow(clippy::unwrap_used)]

mod crashes;
mod ending;
mod life;
mod listing;
mod output;
mod tasks;
mod timetable;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tempus_model::{InstallationId, PreviewId};
use tokio::time::{Instant, sleep};

use super::processes::{self, Whom};
use super::*;

/// Not a test: where a shim begins. Does nothing when it is run as one.
#[test]
fn entry() {
    let arguments = std::env::args_os()
        .skip_while(|argument| argument != "--")
        .skip(1);
    if shim::run_mode(&this_test(), arguments).is_some() {
        std::process::exit(0);
    }
}

fn this_test() -> ShimCommand {
    let arguments = [
        "--exact",
        "local::process::tests::entry",
        "--nocapture",
        "--",
    ];
    ShimCommand::new(std::env::current_exe().unwrap(), arguments.map(Into::into))
}

/// A supervisor of its own folder and installation. Leaves no process, also if the test fails.
struct Bench {
    supervisor: Supervisor,
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::with(Policy {
            grace: Duration::from_secs(2),
            first_restart: Duration::from_millis(20),
            longest_restart: Duration::from_millis(200),
            ..Policy::default()
        })
    }

    fn with(policy: Policy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let installation = InstallationId::new(rand::random());
        let supervisor =
            Supervisor::open(&folder.path().join("p"), installation, this_test(), policy).unwrap();
        Self { supervisor, folder }
    }

    /// What the next server has after this one crashed.
    fn next_server(&self) -> Supervisor {
        self.next_server_with(this_test())
    }

    fn next_server_with(&self, shim: ShimCommand) -> Supervisor {
        let Supervisor {
            folder,
            installation,
            policy,
            ..
        } = &self.supervisor;
        Supervisor::open(folder, *installation, shim, policy.clone()).unwrap()
    }

    /// Where a command can leave something for the test.
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn launch(&self, command: &str) -> Launch {
        Launch {
            resource: name("web-1"),
            preview: "550e8400-e29b-41d4-a716-446655440000"
                .parse::<PreviewId>()
                .unwrap(),
            service: "web".parse().unwrap(),
            revision: Revision("r1".into()),
            command: command.into(),
            dir: self.folder.path().to_owned(),
            env: BTreeMap::new(),
            keeps: None,
            at_end: AtEnd::default(),
        }
    }

    fn resource_file(&self, name: &str) -> PathBuf {
        self.supervisor.folder.join("web-1").join(name)
    }

    /// The pid of the shim that has written the state.
    fn shim(&self) -> u32 {
        let folder = self.supervisor.resource(&name("web-1"));
        folder.state().unwrap().unwrap().shim
    }

    fn running(&self) -> Option<Running> {
        match self.supervisor.status(&name("web-1")).unwrap() {
            Status::Running(running) => Some(running),
            _ => None,
        }
    }

    /// The pids of what the command and its children are, as their tags say.
    fn apps(&self) -> Vec<u32> {
        let mut tagged = processes::tagged(self.supervisor.installation).unwrap();
        tagged.retain(|process| process.tags.role == Role::App);
        tagged.into_iter().map(|process| process.pid).collect()
    }

    /// Waits until there is one shim with one process under it. A command that was just started is
    /// still its shim by its environment, and a shim that came too late takes a moment to go.
    async fn is_one(&self) {
        eventually("one shim, one command", || {
            (self.shims() == 1 && self.apps().len() == 1).then_some(())
        })
        .await;
    }

    fn shims(&self) -> usize {
        let tagged = processes::tagged(self.supervisor.installation).unwrap();
        tagged
            .iter()
            .filter(|process| process.tags.role == Role::Shim)
            .count()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let installation = self.supervisor.installation;
        loop {
            let left = processes::tagged(installation).unwrap();
            for process in &left {
                let resource = &process.tags.resource;
                processes::kill_tagged(installation, resource, Whom::Everybody).unwrap();
            }
            if left.is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn name(text: &str) -> ResourceName {
    text.parse().unwrap()
}

/// Waits until something is there, at most ten seconds.
async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within ten seconds: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// The numbers that a command wrote to a file, one a line, once there are `count`.
async fn pids_in(file: &Path, count: usize) -> Vec<u32> {
    eventually("the command has written its pids", || {
        let text = fs::read_to_string(file).ok()?;
        let pids: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
        (pids.len() == count && text.ends_with('\n')).then_some(pids)
    })
    .await
}

/// Whether the process runs. A zombie does not.
fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
