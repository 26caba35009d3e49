//! The hidden modes of the binary: what runs beside a service, and what becomes it.
//!
//! A program whose binary a [`Supervisor`](super::Supervisor) uses calls [`intercept`] before all
//! else: before it starts a runtime, reads its configuration or looks at its arguments.

mod app;
mod backoff;
mod exec;
mod orders;
mod output;
mod run;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `<binary> shim <folder of the resource>`: looks after a resource's command.
pub(super) const SHIM: &str = "shim";
/// `<binary> shim-exec <pid of the shim> <command>`: becomes the command.
const EXEC: &str = "shim-exec";

/// How the binary is started in its hidden modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShimCommand {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl ShimCommand {
    /// A program and the arguments that stand before the mode.
    pub fn new(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().collect(),
        }
    }

    /// The binary that is running now.
    ///
    /// On Linux it is still found after it was replaced or deleted, as an upgrade does: shims of a
    /// server that is about to restart must not depend on what lies at its path by then.
    pub fn this_binary() -> io::Result<Self> {
        let path = std::env::current_exe()?;
        let path = if cfg!(target_os = "linux") && !path.exists() {
            PathBuf::from("/proc/self/exe")
        } else {
            path
        };
        Ok(Self::new(path, []))
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    pub(super) fn arguments(&self) -> &[OsString] {
        &self.arguments
    }
}

/// Runs a hidden mode if that is what this process was started for, and returns what to exit with.
/// `None` if it was not. `arguments` are the process's own, without its name.
pub fn intercept(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().peekable();
    let mode = arguments.peek()?;
    if mode != SHIM && mode != EXEC {
        return None;
    }
    match ShimCommand::this_binary() {
        Ok(own) => run_mode(&own, arguments),
        Err(error) => {
            eprintln!("cannot find this binary: {error}");
            Some(ExitCode::FAILURE)
        }
    }
}

/// As [`intercept`], for a binary that needs arguments before the mode to come here again.
pub fn run_mode(
    own: &ShimCommand,
    arguments: impl IntoIterator<Item = OsString>,
) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter();
    let mode = arguments.next()?;
    let code = if mode == SHIM {
        match arguments.next() {
            Some(folder) => run::main(own, PathBuf::from(folder)),
            None => misused("shim <folder of the resource>"),
        }
    } else if mode == EXEC {
        match (arguments.next(), arguments.next()) {
            (Some(parent), Some(command)) => exec::main(&parent, &command),
            _ => misused("shim-exec <pid of the shim> <command>"),
        }
    } else {
        return None;
    };
    Some(code)
}

fn misused(usage: &str) -> ExitCode {
    eprintln!("not for people to call: {usage}");
    ExitCode::FAILURE
}
