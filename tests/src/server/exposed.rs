//! The program with a certificate and an administrator, on loopback, where a test may listen: the
//! certificate makes no difference between this machine and any other.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Output};
use std::time::Instant;

use rustix::process::{Signal, kill_process};
use tempfile::TempDir;
use tempus_api::testing::Authority;
use tempus_model::{Token, TokenId};

use super::{LOOK, Ports, START, command, pid};

/// A server of one's own, which [`start`](Self::start) starts. Dropping it kills it.
pub struct Exposed {
    /// Its administrator's token.
    pub token: Token,
    /// Its ports.
    pub ports: Ports,
    /// The files of its certificate and its key, from its folder on.
    pub files: (PathBuf, PathBuf),
    folder: TempDir,
    authority: Authority,
    child: Option<Child>,
}

impl Exposed {
    /// One with a certificate of a new authority, and without a configuration yet.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = Authority::new(folder.path());
        let exposed = Self {
            authority,
            token: Token::new(TokenId::new([1; 8]), [7; 32]),
            ports: Ports::take(),
            child: None,
            files: (PathBuf::from("tls.pem"), PathBuf::from("tls.key")),
            folder,
        };
        exposed.sign(&exposed.files);
        exposed
    }

    /// Has the authority sign a new certificate, and writes it and its key to these files.
    pub fn sign(&self, (certificate, key): &(PathBuf, PathBuf)) {
        let signed = self.authority.sign(&["localhost", "tempus.example"]);
        for (from, to) in [(signed.0, certificate), (signed.1, key)] {
            let to = self.folder().join(to);
            if from != to {
                std::fs::copy(&from, to).expect("a folder to write in");
            }
        }
    }

    /// Writes its configuration, with this at the end.
    pub fn write_config(&self, more: &str) {
        let (api, previews, apps) = (
            self.ports.api(),
            self.ports.previews(),
            self.ports.apps_text(),
        );
        let hash = self.token.hash();
        let (certificate, key) = (self.files.0.display(), self.files.1.display());
        let text = format!(
            "data = \"state\"\n[api]\nlisten = \"127.0.0.1:{api}\"\nnames = \"tempus.example\"\n\
             tls_certificate = \"{certificate}\"\ntls_key = \"{key}\"\n\
             [identity]\nadmin_token_hash = \"{hash}\"\n\
             [previews]\nlisten = \"127.0.0.1:{previews}\"\nports = \"{apps}\"\n{more}"
        );
        std::fs::write(self.folder().join("tempus.toml"), text).expect("a folder to write in");
    }

    /// Runs the program in its folder.
    pub fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = command(self.folder());
        command.args(args).envs(variables.iter().copied());
        command.output().expect("the program under test starts")
    }

    /// Starts it, and waits until it says that it lives.
    pub fn start(&mut self) {
        let log = File::create(self.folder().join("log")).expect("a log file");
        let mut command = command(self.folder());
        let child = command.arg("serve").stderr(log).spawn();
        self.child = Some(child.expect("the program under test starts"));
        let deadline = Instant::now() + START;
        while self.run(&["health"], &[]).status.code() != Some(0) {
            assert!(Instant::now() < deadline, "{}", self.log());
            std::thread::sleep(LOOK);
        }
    }

    /// Stops it as a supervisor would: it must still be the process that was started.
    pub fn stop(&mut self) {
        let mut child = self.child.take().expect("a running server");
        kill_process(pid(child.id()), Signal::TERM).expect("a child can be signalled");
        let status = child.wait().expect("a child can be waited for");
        assert!(status.success(), "{}", self.log());
    }

    /// All that it has said since it was started.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }

    /// The folder of everything about it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its address by this name.
    pub fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.ports.api())
    }

    /// The file to trust it by.
    pub fn ca_file(&self) -> String {
        self.authority.file().display().to_string()
    }
}

impl Default for Exposed {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Exposed {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
