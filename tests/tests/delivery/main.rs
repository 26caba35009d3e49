//! What is not Rust and cannot be run here (the image's recipe, the compose file, Terraform, the
//! way to deploy) says of the program what is true of it.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

mod compose;
mod context;
mod deploy;
mod image;
mod terraform;
mod watching;
mod workflows;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempus_tests::server::command;

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One of its files.
fn text(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The value of a line that begins so, such as `rust-version = "1.95"`.
fn value<'a>(text: &'a str, begins: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(begins));
    line.unwrap_or_else(|| panic!("no line begins with {begins:?}"))
}

/// Runs the program to its end, with nothing but these variables.
fn tempus(args: &[&str], environment: &[(&str, &str)]) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command
        .args(args)
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

/// Every key that the program knows.
fn keys() -> BTreeSet<String> {
    let shown = tempus(&["config", "--json"], &[]).stdout;
    let shown: serde_json::Value = serde_json::from_slice(&shown).unwrap();
    shown.as_object().unwrap().keys().cloned().collect()
}

/// The environment variable of a key.
fn variable(key: &str) -> String {
    format!("TEMPUS_{}", key.replace('.', "_").to_uppercase())
}
