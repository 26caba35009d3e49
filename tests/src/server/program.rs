//! The program under test, which Cargo has built together with the suite.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What it is called: beside most suites, and beside those of the browser, which are a package of their own.
const NAMES: [&str; 2] = ["tempus-under-test", "tempus-in-browser"];

/// Where it is: next to the folder that the suite itself is in, or next to a program of ours. Both are there
/// where both packages were built, so it is asked for by package: Cargo says which one a test is of.
pub fn binary() -> PathBuf {
    let suite = std::env::current_exe().expect("the suite's own path");
    let places = suite.ancestors().skip(1).take(2);
    let [usual, browser] = NAMES;
    let package = std::env::var("CARGO_PKG_NAME");
    let name = if package.is_ok_and(|package| package == "browser") {
        browser
    } else {
        usual
    };
    let mut binaries = places.map(|place| place.join(name));
    let built = binaries.find(|binary| binary.is_file());
    built.unwrap_or_else(|| panic!("{name} is built: cargo does so with a suite, or with --bins"))
}

/// The program with nothing of this process's environment, in this folder.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(binary());
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// How a run of a client command ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit status.
    pub exit: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs a client command against a server, to its end.
pub async fn tempus(folder: &Path, url: &str, args: &[&str]) -> Ran {
    let mut command = tokio::process::Command::from(command(folder));
    let output = command.args(args).env("TEMPUS_URL", url).output().await;
    let output = output.expect("the program under test starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        exit: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}
