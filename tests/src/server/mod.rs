//! A real server: the program itself, in a process of its own, over a folder of its own.
//!
//! ```text
//!   suite ──► Api ──── HTTP ────► tempus serve ──► shims ──► apps
//!     │        each answer is held                    │
//!     │        against the OpenAPI document           │ TMPDIR, which passes on to all of them
//!     └─────► Witness ─── /proc, lock files ──────────┘
//! ```
//!
//! The [`Witness`] finds what a server started without asking the server: by a variable that this
//! harness puts into the server's environment, by the installation's tag, by lock files and by
//! listening sockets. Dropping a [`Server`] ends it and everything that the witness still finds.

pub mod app;
mod exposed;
mod http;
mod outcomes;
mod ports;
mod program;
mod proof;
mod search;
mod witness;

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use tempfile::TempDir;

pub use exposed::Exposed;
pub use http::{Answer, Api, Call, Cut, Method, text};
pub use outcomes::Outcomes;
pub use ports::Ports;
pub use program::{Ran, binary, command, tempus};
pub use proof::{GONE, proved, proved_gone};
pub use search::search;
pub use witness::{Leftovers, Seen, Witness};

/// How long a server may take to answer, on a machine that does something else as well.
const START: Duration = Duration::from_secs(30);
/// How long a server may take to stop.
const STOP: Duration = Duration::from_secs(30);
/// How often something is looked at again.
const LOOK: Duration = Duration::from_millis(20);

/// The same for what takes long: whoever is asked has something else to do.
const LONG_LOOK: Duration = Duration::from_millis(250);

/// What makes a test quick where people would rather be patient.
const QUICK: &[(&str, &str)] = &[
    ("ttl.minimum", "1s"),
    ("worker.reminder", "1s"),
    ("worker.verify_delay", "0.5s"),
    ("previews.grace", "2s"),
    ("log.format", "json"),
];

/// A server and its folder. The folder stays over restarts, and so do the addresses.
pub struct Server {
    role: &'static str,
    root: TempDir,
    ports: Ports,
    settings: Vec<(String, String)>,
    variables: Vec<(String, String)>,
    process: Option<Child>,
    installation: Option<String>,
}

impl Server {
    /// Starts a server on an empty folder, with these settings besides the quick ones.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_as("serve", settings).await
    }

    /// The same as whoever develops has it: `tempus dev`.
    pub async fn develop(settings: &[(&str, &str)]) -> Self {
        Self::start_as("dev", settings).await
    }

    async fn start_as(role: &'static str, settings: &[(&str, &str)]) -> Self {
        let root = tempfile::Builder::new()
            .prefix("tempus-e2e-")
            .tempdir()
            .expect("a temporary folder");
        fs::create_dir(root.path().join("tmp")).expect("a folder in a new folder");
        let settings = QUICK.iter().chain(settings);
        let mut server = Self {
            role,
            root,
            ports: Ports::take(),
            settings: settings
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            variables: Vec::new(),
            process: None,
            installation: None,
        };
        server.launch().await;
        server
    }

    /// Starts the process again after a [`kill`](Self::kill) or a [`terminate`](Self::terminate),
    /// and waits until it is ready.
    pub async fn launch(&mut self) {
        assert!(self.process.is_none(), "one server at a time");
        let log = self.log_file();
        let command = &mut self.command();
        let child = command
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn();
        self.process = Some(child.expect("the program under test starts"));
        let (api, deadline) = (self.api(), Instant::now() + START);
        loop {
            let ready = api.get("/ready").try_send().await;
            if ready.is_ok_and(|answer| answer.status == 200) {
                break;
            }
            let ended = self.process.as_mut().map(Child::try_wait);
            if let Some(Ok(Some(status))) = ended {
                panic!("the server ended with {status}:\n{}", self.log_tail());
            }
            assert!(
                Instant::now() < deadline,
                "the server is not ready after {START:?}:\n{}",
                self.log_tail()
            );
            tokio::time::sleep(LOOK).await;
        }
        if self.installation.is_none() {
            self.installation = witness::installation(&self.data());
        }
    }

    /// `tempus serve`, or `tempus dev`, on this server's folder and addresses, not yet started.
    pub fn command(&self) -> std::process::Command {
        let mut command = command(self.root.path());
        command.arg(self.role).arg("--data").arg(self.data());
        let own = [
            ("api.listen", format!("127.0.0.1:{}", self.ports.api())),
            (
                "previews.listen",
                format!("127.0.0.1:{}", self.ports.previews()),
            ),
            ("previews.ports", self.ports.apps_text()),
        ];
        let own = own.iter().map(|(key, value)| (*key, value.as_str()));
        let further = self.settings.iter();
        let further = further.map(|(key, value)| (key.as_str(), value.as_str()));
        for (key, value) in own.chain(further) {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        command
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("TMPDIR", self.marker())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Changes a setting for the next [`launch`](Self::launch).
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings.retain(|(known, _)| known != key);
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    /// Sets a variable of the environment for the next [`launch`](Self::launch).
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Ends the process as a power cut would.
    pub fn kill(&mut self) {
        let mut child = self.process.take().expect("a running server");
        child.kill().expect("a child can be killed");
        child.wait().expect("a child can be waited for");
    }

    /// From now on no file of the process grows beyond so many bytes, as if the disk was full; `None`
    /// lifts that. What it starts meanwhile has the same limit.
    pub fn limit_files(&self, most: Option<u64>) {
        let process = self.process.as_ref().expect("a running server");
        let own = getrlimit(Resource::Fsize);
        let limit = Rlimit {
            current: most.or(own.current),
            ..own
        };
        let set = prlimit(Some(pid(process.id())), Resource::Fsize, limit);
        set.expect("a child can be limited");
    }

    /// Its process number, if it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Freezes the process where it stands.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let process = self.process.as_ref().expect("a running server");
        kill_process(pid(process.id()), signal).expect("a child can be signalled");
    }

    /// Tells the process to end, with this signal, and waits until it has.
    pub async fn terminate(&mut self, signal: Signal) -> ExitStatus {
        let mut child = self.process.take().expect("a running server");
        kill_process(pid(child.id()), signal).expect("a child can be signalled");
        let deadline = Instant::now() + STOP;
        loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                return status;
            }
            if Instant::now() > deadline {
                self.process = Some(child);
                panic!("the server does not stop:\n{}", self.log_tail());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Its API, and its previews. Good over restarts.
    pub fn api(&self) -> Api {
        Api::new(self.ports.api(), self.ports.previews())
    }

    /// Who sees what this server started. Good over restarts.
    pub fn witness(&self) -> Witness {
        Witness::new(
            self.marker(),
            self.data(),
            self.installation.clone(),
            self.process.as_ref().map(Child::id),
            self.ports.apps(),
        )
    }

    /// The installation's id, which is in every name and tag.
    pub fn installation(&self) -> String {
        let id = self.installation.clone();
        id.expect("a server that has been ready")
    }

    /// The folder that holds all state.
    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// A folder that is gone with the server, for an application's files.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.root.path().join(name);
        fs::create_dir_all(&folder).expect("a folder in a temporary folder");
        folder
    }

    /// All that the server has said so far, over all its lives.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    fn log_path(&self) -> PathBuf {
        self.root.path().join("server.log")
    }

    fn log_file(&self) -> File {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        options.open(self.log_path()).expect("a log file")
    }

    fn marker(&self) -> PathBuf {
        self.root.path().join("tmp")
    }

    /// The folder of everything about this server.
    pub fn root(&self) -> &Path {
        self.root.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let witness = self.witness();
        if self.process.is_some() {
            self.kill();
        }
        witness.end_all();
        if std::thread::panicking() {
            eprintln!("the server's last lines:\n{}", self.log_tail());
            if std::env::var_os("TEMPUS_TEST_KEEP").is_some() {
                self.root.disable_cleanup(true);
                eprintln!("kept: {}", self.root.path().display());
            }
        }
    }
}

/// A process by its number.
pub(crate) fn pid(raw: u32) -> Pid {
    let raw = i32::try_from(raw).ok();
    raw.and_then(Pid::from_raw).expect("a process has a number")
}

/// Asks until there is an answer, at ever longer intervals, and fails with `what` if there is none in time.
pub async fn eventually<T>(
    what: &str,
    within: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + within;
    let mut look = LOOK;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(look).await;
        look = (look * 5 / 4).min(LONG_LOOK);
    }
}
