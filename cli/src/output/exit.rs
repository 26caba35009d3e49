//! How a command ends, as a number that scripts can tell apart.

use std::process::ExitCode;

/// A command's end. The numbers are part of the command line's interface and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It was done.
    Ok = 0,
    /// Something in this program or on this machine did not work.
    Internal = 1,
    /// The command line, the configuration or `.tempus.yml` is wrong. Also what `clap` uses.
    Usage = 2,
    /// The server refused the request (4xx), and says why.
    Refused = 3,
    /// The job failed.
    Failed = 4,
    /// The job is parked: it needs a person.
    Parked = 5,
    /// There is no such preview, job, receipt or dead letter.
    NotFound = 6,
    /// The server cannot be reached, or could not do its work (5xx).
    Unreachable = 7,
    /// `--timeout` was over before the job was.
    TimedOut = 8,
    /// A newer job took its place.
    Superseded = 9,
    /// The preview is gone, but its receipt is missing or shows something that was left over.
    NotProved = 10,
    /// The server does not know who calls (401).
    Unauthenticated = 11,
    /// The caller may not do this (403).
    Forbidden = 12,
    /// The caller asks too often (429).
    TooOften = 13,
    /// Ctrl-C, as shells number it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The table for `--help`.
pub const HELP: &str = "\
Exit status:
    0  done
    1  something in this program or on this machine did not work
    2  the command line, the configuration or .tempus.yml is wrong
    3  the server refused the request
    4  the job failed
    5  the job is parked: it needs a person
    6  no such preview, job, receipt or dead letter
    7  the server cannot be reached, or could not do its work
    8  --timeout was over before the job was
    9  a newer job took this job's place
   10  the preview is gone, but its receipt is missing or has findings
   11  the server does not know who calls: no token, or one that it does not accept
   12  the caller may not do this
   13  the caller asks too often
  130  interrupted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_documented() {
        for exit in [
            Exit::Ok,
            Exit::Internal,
            Exit::Usage,
            Exit::Refused,
            Exit::Failed,
            Exit::Parked,
            Exit::NotFound,
            Exit::Unreachable,
            Exit::TimedOut,
            Exit::Superseded,
            Exit::NotProved,
            Exit::Unauthenticated,
            Exit::Forbidden,
            Exit::TooOften,
            Exit::Interrupted,
        ] {
            let line = format!("\n{:>5}  ", exit as u8);
            assert!(HELP.contains(&line), "{exit:?}");
        }
    }
}
