//! A role of the program as a process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Signal, kill_process};
use serde_json::Value;

use super::reaper;
use crate::server::{Api, eventually, pid};

/// How long a role may take to start, or to stop, on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_mins(1);
/// How much of a log is shown when a test fails.
const TAIL: usize = 60;

/// A running role. Dropping it kills it, frozen or not.
pub struct Role {
    child: Child,
    log: PathBuf,
}

impl Role {
    /// Starts it, with a log of this name in this folder.
    pub(super) fn start(mut command: Command, name: &str, folder: &Path) -> Self {
        let log = folder.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log);
        let child = command
            .stderr(file.expect("a log file"))
            .stdout(Stdio::null())
            .spawn();
        let child = child.expect("the program under test starts");
        reaper::started(child.id());
        Self { child, log }
    }

    /// Everything that it has logged, and those of its name before it.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its API, as soon as it says where.
    pub async fn api(&mut self) -> Api {
        let what = format!("an API by {}", self.log.display());
        eventually(&what, PATIENCE, async || {
            let announced = self.announced();
            let alive = announced.is_some() || !self.has_ended();
            assert!(alive, "it has ended: {}", self.log());
            announced
        })
        .await
    }

    /// Its API, if it has said where.
    pub fn announced(&self) -> Option<Api> {
        let said = |line: &str| {
            let line: Value = serde_json::from_str(line).ok()?;
            line["api"].as_str()?.rsplit(':').next()?.parse().ok()
        };
        let port = self.log().lines().rev().find_map(said)?;
        Some(Api::new(port, 0))
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        let ended = self.child.try_wait();
        ended.expect("a child can be waited for").is_some()
    }

    /// Its exit status, if it has ended by itself and was not killed.
    pub fn exit(&mut self) -> Option<i32> {
        let ended = self.child.try_wait();
        ended.expect("a child can be waited for")?.code()
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Freezes it where it stands.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Asks it to stop, and waits for its exit status.
    pub async fn terminate(&mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        let what = format!("the end of {}", self.log.display());
        let status = eventually(&what, PATIENCE, async || {
            self.child.try_wait().expect("a child can be waited for")
        });
        status.await.code()
    }

    /// As [`terminate`](Self::terminate); the status must be 0.
    pub async fn stops_cleanly(&mut self) {
        let status = self.terminate().await;
        assert_eq!(status, Some(0), "{}", self.log());
    }

    fn signal(&self, signal: Signal) {
        kill_process(pid(self.child.id()), signal).expect("a child can be signalled");
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        reaper::ended(self.child.id());
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n");
            eprintln!("{}, its last lines:\n{tail}", self.log.display());
        }
    }
}
