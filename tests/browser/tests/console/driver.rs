//! `chromedriver`, in a process of its own, and the browser that it starts: both gone at the end, whatever happens.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

const HOW: &str = "the console's tests need a browser and its driver: apt-get install -y chromium chromium-driver";

/// A driver that listens.
pub struct Driver {
    child: Child,
    pub port: u16,
    profile: tempfile::TempDir,
}

impl Driver {
    /// Starts one on a port that it finds itself.
    pub fn start() -> Self {
        let child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("chromedriver: {error}; {HOW}"));
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut lines = said.lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        // Whoever stops reading would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            port: port.unwrap_or_else(|| panic!("chromedriver does not say its port; {HOW}")),
            child,
            profile: tempfile::tempdir().unwrap(),
        }
    }

    /// What the browser is started with: a profile of its own, and nothing that looks for the Internet.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = [
            "--headless",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
            "--lang=en-GB",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", self.profile()));
        if rustix::process::geteuid().is_root() {
            arguments.push("--no-sandbox".to_owned());
        }
        arguments
    }

    fn profile(&self) -> String {
        self.profile.path().display().to_string()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // A browser whose driver is gone stays: it is known by its profile, which nobody else has.
        for process in of_profile(&self.profile()) {
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

/// Processes whose command line names this profile.
fn of_profile(profile: &str) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let entries = entries.flatten().map(|entry| entry.path());
    entries.filter_map(|path| names(&path, profile)).collect()
}

fn names(process: &Path, profile: &str) -> Option<Pid> {
    let line = fs::read(process.join("cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line);
    let id = process.file_name()?.to_str()?.parse().ok()?;
    line.contains(profile).then(|| Pid::from_raw(id))?
}
