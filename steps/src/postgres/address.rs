//! Where the server is, and as whom it is spoken to.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// The port of a server whose address names none.
const PORT: u16 = 5432;

/// `postgres://USER@HOST:PORT/DATABASE`, without a password: it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The user, who may make databases and roles.
    pub(super) user: String,
    /// The host, as it stands in a URL.
    pub(super) host: String,
    /// The port.
    pub(super) port: u16,
    /// The database that is connected to in order to make others.
    pub(super) database: String,
}

/// What is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", Address::ACCEPTED)]
pub struct AddressError;

impl Address {
    /// What is accepted; ends a sentence that begins with "must be".
    pub const ACCEPTED: &str = "a URL with a user, a host and a database, and without a password, \
        such as \"postgres://tempus@db.example.com:5432/postgres\"";

    /// The host as a resolver takes it.
    pub(super) fn host_name(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    /// Whether it is this machine: what goes there, nobody sees on its way.
    pub fn is_this_machine(&self) -> bool {
        crate::http::is_this_machine(&self.host)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let url: Url = text.parse().map_err(|_| AddressError)?;
        let is_postgres = matches!(url.scheme(), "postgres" | "postgresql");
        let is_plain =
            url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().filter(|host| !host.is_empty());
        let database = url.path().trim_start_matches('/');
        // Nothing in it needs an escape: what does is no name that anybody uses, and could be read twice.
        let is_name = |name: &str| !name.is_empty() && !name.contains(['%', '/']);
        let is_named = is_name(url.username()) && is_name(database);
        match host {
            Some(host) if is_postgres && is_plain && is_named && !host.contains('%') => Ok(Self {
                user: url.username().to_owned(),
                host: host.to_owned(),
                port: url.port().unwrap_or(PORT),
                database: database.to_owned(),
            }),
            _ => Err(AddressError),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_all_its_parts_and_no_password() {
        let address: Address = "postgres://tempus@db.example.com/postgres".parse().unwrap();
        assert_eq!(address.port, PORT);
        assert_eq!(address.to_string(), "db.example.com:5432");
        assert!(!address.is_this_machine());
        let six: Address = "postgresql://me@[::1]:5433/x".parse().unwrap();
        assert_eq!((six.host_name(), six.port), ("::1", 5433));
        assert!(six.is_this_machine());
        for wrong in [
            "",
            "db.example.com",
            "http://me@host/x",
            "postgres://host/x",
            "postgres://me@host",
            "postgres://me@host/",
            "postgres://me@host/a/b",
            "postgres://me@/x",
            "postgres://me@%2Ftmp/x",
            "postgres://me:hush@host/x",
            "postgres://me@host/x?sslmode=disable",
        ] {
            let error = wrong.parse::<Address>().unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
