//! Other processes of this program: what would spoil a figure if it ran in the same.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::arguments::Arguments;

/// The raw floor, in jobs a second.
pub fn floor(arguments: &Arguments) -> anyhow::Result<f64> {
    let said = run(arguments, &["floor"])?;
    said.as_f64().context("the floor is a number")
}

/// Runs this program with the same arguments and says what its last line was.
pub fn run(arguments: &Arguments, workload: &[&str]) -> anyhow::Result<Value> {
    let ended = command(arguments, workload)?.output()?;
    ensure!(
        ended.status.success(),
        "{workload:?} ended with {}",
        ended.status
    );
    last_line(&ended.stdout)
}

/// This program with the same arguments.
pub fn command(arguments: &Arguments, workload: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(workload)
        .arg("--json")
        .arg("--data")
        .arg(&arguments.data)
        .args(["--seconds", &arguments.seconds.to_string()])
        .args(["--rounds", &arguments.rounds.to_string()])
        .args(["--waiting", &arguments.waiting.to_string()])
        .args(["--creates", &arguments.creates.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    Ok(command)
}

/// What the last line says.
pub fn last_line(printed: &[u8]) -> anyhow::Result<Value> {
    let text = std::str::from_utf8(printed)?;
    let line = text.lines().last().context("it printed nothing")?;
    Ok(serde_json::from_str(line)?)
}
