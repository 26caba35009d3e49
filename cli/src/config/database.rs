//! What is configured about previews' databases: `[database]`. The two secrets, the password of the
//! server's user and the key that previews' passwords are derived from, are no keys: what is a key is
//! shown by `tempus config`. They are in files, or in the environment.

use std::path::PathBuf;

use super::text::PostgresUrl;
use super::value::TlsKind;

/// `[database]`: the server that previews' databases are on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Database {
    /// Where it is, and as whom databases are made. Without it no preview has one.
    pub url: Option<PostgresUrl>,
    /// The file of that user's password.
    pub password_file: Option<PathBuf>,
    /// How it is spoken to.
    pub tls: TlsKind,
    /// The authorities that its certificate is from, if not of those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// The file of the key that previews' passwords are derived from.
    pub key_file: Option<PathBuf>,
}
