//! The server that is configured, if one is.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;

use super::{Address, DatabaseKeys};
use crate::StepError;

/// The server that previews' databases are on, as far as a process knows it.
#[derive(Debug, Clone, Default)]
pub enum Databases {
    /// There is none: previews with databases are refused.
    #[default]
    None,
    /// There is one, of which other processes have what it takes to speak to it: this one only accepts
    /// previews.
    Elsewhere,
    /// There is one.
    On(Arc<Server>),
}

/// A Postgres server, of version 14 or later.
#[derive(Debug)]
pub struct Server {
    /// Where it is.
    pub address: Address,
    /// The password of the address's user.
    pub password: Password,
    /// How it is spoken to.
    pub transport: Transport,
    /// What roles' passwords are derived from.
    pub keys: DatabaseKeys,
}

/// How the server is spoken to, by Tempus and by previews.
#[derive(Clone)]
pub enum Transport {
    /// In the clear.
    Plain,
    /// By TLS, with whom this configuration trusts.
    Tls(Box<ClientConfig>),
}

/// A password of the server's own user.
#[derive(Clone)]
pub enum Password {
    /// None: the server asks for none.
    Unneeded,
    /// Itself.
    Text(String),
    /// In this file, which is read for each connection: whoever changes passwords can change it.
    File(PathBuf),
}

impl Databases {
    /// Whether previews can have databases.
    pub fn are_offered(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// The server, which whoever carries steps out has.
    pub(crate) fn server(&self) -> Result<&Server, StepError> {
        match self {
            Self::On(server) => Ok(server),
            Self::None | Self::Elsewhere => Err(StepError::rejected(
                "this server has no database server any more: its operator names one in \
                 database.url",
            )),
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Tls(_) => "Tls(_)",
        })
    }
}

impl Password {
    /// The password as it is now.
    pub(super) fn read(&self) -> Result<Option<String>, StepError> {
        match self {
            Self::Unneeded => Ok(None),
            Self::Text(text) => Ok(Some(text.clone())),
            Self::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    let path = path.display();
                    StepError::transient(format!("database.password_file: {path}: {error}"))
                })?;
                Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
        }
    }
}

/// Leaves the password out.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unneeded => f.write_str("Unneeded"),
            Self::Text(_) => f.write_str("Text(_)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}
