//! How a command that did not work ends: a message and an exit status.

use std::io;

use tempus_api::TlsError;

use crate::client::ClientError;
use crate::config::ConfigErrors;
use crate::context::ContextError;
use crate::output::Exit;
use crate::progress::FollowError;
use crate::repository_file::RepositoryFileError;

/// What a command failed with.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit status.
    pub exit: Exit,
    /// What to print; empty if everything has been said.
    pub message: String,
}

impl Failure {
    /// This status, with this message.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }

    /// This status; everything has been said.
    pub const fn silent(exit: Exit) -> Self {
        Self {
            exit,
            message: String::new(),
        }
    }

    /// The command line asks for something that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let hint = match &error {
            ClientError::Unreachable { .. } => {
                "\nstart a server with `tempus dev`, or name one with --url, --context or TEMPUS_URL"
            }
            _ if error.exit() == Exit::Unauthenticated => {
                "\nsay who you are with a token in TEMPUS_TOKEN, or keep one: `tempus context add NAME URL \
                 --token-stdin`"
            }
            _ => "",
        };
        Self::new(error.exit(), format!("{error}{hint}"))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Whoever read the output has seen enough, as in `tempus list | head -1`.
            io::ErrorKind::BrokenPipe => Self::silent(Exit::Ok),
            _ => Self::new(Exit::Internal, error.to_string()),
        }
    }
}

impl From<FollowError> for Failure {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Client(error) => error.into(),
            FollowError::Io(error) => error.into(),
        }
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::usage(errors.to_string())
    }
}

impl From<ContextError> for Failure {
    fn from(error: ContextError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<RepositoryFileError> for Failure {
    fn from(error: RepositoryFileError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let exit = match error.downcast_ref::<TlsError>() {
            Some(_) => Exit::Usage,
            None => Exit::Internal,
        };
        Self::new(exit, format!("{error:#}"))
    }
}
