//! Where an operator sits: a shell with the program in `PATH`, and the values that pages leave open.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tempus_engine::testing::emulator;

use super::Page;
use super::page::filled;
use crate::aws::{Site, reaper};
use crate::server::{Ran, Witness, binary};

/// How long a command of a page may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A desk. What its commands have started ends with it.
pub struct Desk {
    folder: TempDir,
    witness: Witness,
    variables: BTreeMap<String, String>,
    words: BTreeMap<&'static str, String>,
}

impl Desk {
    /// A desk from which this server is asked.
    pub fn at(url: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("tempus-desk-").tempdir();
        let folder = folder.expect("a temporary folder");
        for name in ["bin", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder in a new folder");
        }
        symlink(binary(), folder.path().join("bin/tempus")).expect("a link in a new folder");
        let mut desk = Self {
            witness: Witness::marked(folder.path().join("tmp")),
            folder,
            variables: BTreeMap::new(),
            words: BTreeMap::new(),
        };
        let own = desk.folder.path().join("bin").display().to_string();
        let others = std::env::var("PATH").unwrap_or_default();
        desk.variable("PATH", format!("{own}:{others}"));
        desk.variable("HOME", desk.folder.path().display().to_string());
        desk.variable(
            "TMPDIR",
            desk.folder.path().join("tmp").display().to_string(),
        );
        desk.variable("TEMPUS_URL", url);
        desk
    }

    /// A desk for an installation on AWS: `aws` in `PATH`, what the index of the runbooks takes from
    /// Terraform's outputs, and the configuration of further processes. Calls of AWS go to `endpoint`.
    pub fn for_site(site: &Site, url: &str, endpoint: &str) -> Self {
        let mut desk = Self::at(url);
        // Told by a flag: its SQS does not look at the variable.
        let aws = emulator::aws_cli().join("aws");
        let aws = format!(
            "#!/bin/sh\nexec {} --endpoint-url {endpoint} \"$@\"\n",
            aws.display()
        );
        desk.program("aws", &aws);
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_PAGER", ""),
            ("TABLE", site.setting("aws.table")),
            ("QUEUE_URL", site.setting("aws.queue_url")),
            ("GROUP", site.setting("aws.schedule_group")),
            ("CLUSTER", &site.account.name),
            ("API", &format!("{}-api", site.account.name)),
            ("WORKER", &format!("{}-worker", site.account.name)),
        ] {
            desk.variable(name, value);
        }
        let config = site.folder().join("tempus.toml").display().to_string();
        desk.variable("TEMPUS_CONFIG", config);
        for (key, value) in site.settings() {
            let name = key.replace('.', "_").to_ascii_uppercase();
            desk.variable(&format!("TEMPUS_{name}"), value);
        }
        desk
    }

    /// Puts a program into `PATH`.
    fn program(&self, name: &str, text: &str) {
        let file = self.folder.path().join("bin").join(name);
        std::fs::write(&file, text).expect("a file in a new folder");
        let executable = Permissions::from_mode(0o755);
        std::fs::set_permissions(&file, executable).expect("a file of ours");
    }

    /// Sets an environment variable.
    pub fn variable(&mut self, name: &str, value: impl Into<String>) {
        self.variables.insert(name.to_owned(), value.into());
    }

    /// Says what stands in the place of a word from now on.
    pub fn word(&mut self, word: &'static str, value: impl Into<String>) {
        self.words.insert(word, value.into());
    }

    /// The desk's own folder, in which its commands run.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What its commands have started and left running.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// Runs a command of a page as it stands there, which must succeed. Returns what it printed.
    pub async fn run(&self, page: &Page, name: &str) -> String {
        let ran = self.ends(page, name, 0).await;
        ran.stdout + &ran.stderr
    }

    /// Runs a command of a page as it stands there, which must end with this status.
    pub async fn ends(&self, page: &Page, name: &str, exit: i32) -> Ran {
        let command = filled(page.command(name), &self.words);
        let command = command.unwrap_or_else(|wrong| panic!("{}: {wrong}", page.name));
        let mut bash = tokio::process::Command::new("bash");
        bash.args(["-e", "-o", "pipefail", "-c", &command])
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, bash.output()).await;
        let output = output.unwrap_or_else(|_| panic!("{}: not over: {command}", page.name));
        let output = output.expect("bash starts");
        for left in self.witness.processes() {
            reaper::started(left.pid);
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let ran = Ran {
            exit: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        assert_eq!(ran.exit, exit, "{}: {command}\n{ran:?}", page.name);
        ran
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let left = self.witness.processes();
        self.witness.end_all();
        for process in left {
            reaper::ended(process.pid);
        }
    }
}
