//! `--access`: who may see a preview, and where its password is taken from.
//!
//! A password is never a flag, which every process of the machine can read, nor in a file of the
//! application's: it is taken from an environment variable, from the terminal, or from standard
//! input.

use std::io::{self, BufRead, IsTerminal};

use clap::ValueEnum;
use tempus_api::shape::AccessRequest;
use tempus_model::AccessMode;
use tempus_steps::gate::unfit;

use crate::failure::Failure;

/// The variable that holds a preview's password.
pub const VARIABLE: &str = "TEMPUS_PREVIEW_PASSWORD";

/// Who may see a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AccessWord {
    /// Whoever can reach it
    Open,
    /// Whoever was given a link by `tempus link`
    Link,
    /// Whoever knows the password in `TEMPUS_PREVIEW_PASSWORD`, or else on standard input
    Password,
}

impl AccessWord {
    /// What to ask the server for. May ask a person.
    pub fn request(self) -> Result<AccessRequest, Failure> {
        match self {
            Self::Open => Ok(AccessRequest::Open),
            Self::Link => Ok(AccessRequest::Link),
            Self::Password => {
                let password = password()?;
                match unfit(&password) {
                    // Where it came from, and never what it was.
                    Some(problem) => Err(Failure::usage(format!("the password {problem}"))),
                    None => Ok(AccessRequest::Password(password)),
                }
            }
        }
    }
}

impl From<AccessMode> for AccessWord {
    fn from(mode: AccessMode) -> Self {
        match mode {
            AccessMode::Open => Self::Open,
            AccessMode::Link => Self::Link,
            AccessMode::Password => Self::Password,
        }
    }
}

fn password() -> Result<String, Failure> {
    match std::env::var(VARIABLE) {
        Ok(password) => return Ok(password),
        Err(std::env::VarError::NotPresent) => {}
        Err(std::env::VarError::NotUnicode(_)) => {
            return Err(Failure::usage(format!("{VARIABLE} must be UTF-8")));
        }
    }
    if io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password("Password for the preview: ")?);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    if line.is_empty() {
        return Err(Failure::usage(format!(
            "access by password needs one: set {VARIABLE}, or give it on standard input"
        )));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
