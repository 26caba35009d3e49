//! The program as a process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running role. Dropping it kills it.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it in this folder, whose `tempus.toml` it reads.
    pub fn start(folder: &Path, role: &str) -> Self {
        let log = folder.join(format!("{role}.log"));
        let out = File::create(&log).unwrap();
        let child = command(folder, role)
            .stderr(out)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// Everything that it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Where its API answers, as soon as it says so.
    pub async fn url(&mut self, patience: Duration) -> String {
        let asked = Instant::now();
        loop {
            let log = self.log();
            let mut lines = log
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok());
            let said = lines.find_map(|line: Value| line["api"].as_str().map(ToOwned::to_owned));
            if let Some(url) = said {
                return url;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && asked.elapsed() < patience,
                "{ended:?}: {log}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks it to stop, and waits for its exit status.
    pub async fn terminate(&mut self, patience: Duration) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(asked.elapsed() < patience, "{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), self.log());
        }
    }
}

/// What `tempus bootstrap` prints in this folder.
pub fn bootstrapped(folder: &Path) -> String {
    let output = command(folder, "bootstrap").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn command(folder: &Path, role: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tempus"));
    command
        .arg(role)
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}
