//! What becomes the command. Only a process itself can ask to die with its parent.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// As shells do for a command that they cannot run.
const CANNOT_RUN: u8 = 127;

pub(super) fn main(parent: &OsStr, command: &OsStr) -> ExitCode {
    // Fails only for a leader of a process group, which a shim does not make us.
    let _ = rustix::process::setsid();
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
            eprintln!("cannot arrange to die with the shim: {error}");
            return ExitCode::from(CANNOT_RUN);
        }
    }
    // The shim may have died before that: then nobody will tell us.
    let current = rustix::process::getppid().map(|pid| pid.as_raw_pid().to_string());
    if current.as_deref().map(OsStr::new) != Some(parent) {
        return ExitCode::from(CANNOT_RUN);
    }
    let error = Command::new("/bin/sh").arg("-c").arg(command).exec();
    eprintln!("cannot run /bin/sh: {error}");
    ExitCode::from(CANNOT_RUN)
}
