//! Databases of previews: each its own, with a role of its own, on a Postgres server that all previews share.
//!
//! ```text
//!   make:  lock ──► role ──► {name}_new ──► seed ──► rename to {name}        steps::Database
//!   drop:  lock ──► {name}, {name}_new WITH (FORCE) ──► what else it owns ──► role
//!   look:  by name, under the lock                                           audit, inventory
//! ```
//!
//! Database and role have one name, which holds the installation's and the preview's whole ids
//! ([`names`]): it is what finds them, and nothing else is needed to. A database is there whole or
//! not at all: it gets its name when it is seeded, so a crash in the middle leaves one that is
//! nobody's and is begun anew.
//!
//! The role's password is derived from the installation's key ([`DatabaseKeys`]) and stored
//! nowhere: the server gets a verifier that was computed here, which tells nobody who reads its log
//! or its catalogue the password. What it is for, a connection URL, goes to the service as a secret.
//!
//! Whoever changes anything holds a lock of the name's on the server for as long as its connection
//! lives, so a dead worker's last statement has ended before another one looks. One that only hangs
//! loses its connection, and with it the lock, to the server's own time-out.

mod address;
mod admit;
mod audit;
mod dump;
mod error;
mod folder;
mod keys;
mod list;
mod lock;
mod make;
mod names;
mod options;
mod remove;
mod seed;
mod session;
mod step;
#[cfg(test)]
mod tests;

pub use address::{Address, AddressError};
pub use keys::DatabaseKeys;
pub use options::{Databases, Password, Server, Transport};

pub(crate) use admit::{VARIABLE, admit};
pub(crate) use audit::{KIND, ROLE_KIND, audit, inventory, remove};
pub(crate) use folder::{Folder, Folders, NoFolders, dump_file};
pub(crate) use step::Database;
