//! What can be wrong with a configuration. Each error names the place, the key, and what would be
//! accepted; all of them are reported at once.

use std::fmt;
use std::path::PathBuf;

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: the built-in default.
    Default,
    /// A line of a file, from 1.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag, as it is written: `--data` or `--set quota.total`.
    Flag(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read: correct its name, or its permissions.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The file is not TOML at this place.
    #[error("{place}: {reason}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser says.
        reason: String,
    },
    /// There is no such key.
    #[error("{place}: {key}: no such key; accepted here: {accepted}")]
    Unknown {
        /// Where.
        place: Place,
        /// Its full name.
        key: String,
        /// The keys that exist there.
        accepted: String,
    },
    /// The key exists, the value is not one it accepts.
    #[error("{place}: {key} = {given}: must be {expects}")]
    Value {
        /// Where.
        place: Place,
        /// Its full name.
        key: String,
        /// What was given.
        given: String,
        /// What would be accepted.
        expects: String,
    },
    /// What was chosen needs this key, and nobody set it.
    #[error("{key}: is missing, and {needed_by} needs it: {about}; must be {expects}")]
    Missing {
        /// Its full name.
        key: &'static str,
        /// The choice, such as `engine = "aws"`.
        needed_by: &'static str,
        /// What it is for.
        about: &'static str,
        /// What would be accepted.
        expects: &'static str,
    },
}

impl ConfigError {
    /// The line of the file that it is about; 0 if it is about something else.
    pub(super) const fn line(&self) -> usize {
        match self {
            Self::Syntax { place, .. }
            | Self::Unknown { place, .. }
            | Self::Value { place, .. } => match place {
                Place::File { line, .. } => *line,
                _ => 0,
            },
            Self::File { .. } | Self::Missing { .. } => 0,
        }
    }
}

/// Everything that is wrong. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is refused")?;
        for error in &self.0 {
            write!(f, "\n  {error}")?;
        }
        Ok(())
    }
}
