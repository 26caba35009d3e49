//! The `local` platform: previews are processes on this machine behind a built-in reverse proxy.
//!
//! ```text
//!   timer → predecessor → ports → checkout → process (each service) → healthy (each) → route
//!                           │         │          │                                       │
//!                    reserved numbers │          │                                  proxy::Routes
//!                              checkout::Checkouts
//!                                   process::Supervisor
//! ```
//!
//! A preview of the template `api-database` has its database made beside its ports.
//! A preview of a pull request or branch has a checkout of its commit, which is built and run; any
//! other has no such stage. A database that begins with a dump of that commit is made after it.
//!
//! A service runs as one process per specification: an update starts the new ones beside the old,
//! waits until they are healthy, moves the route, and only then removes the old. So an update has
//! no gap, and a failed one has nothing to bring back.
//!
//! A scheduled worker has no port and no route: its plan is one process that waits for its times.
//!
//! Processes outlive a crash of this program and are found again; the routes do not, so every
//! wanted preview is verified at start, which puts them back.

mod admit;
mod audit;
pub mod checkout;
mod files;
mod health;
mod launch;
mod logs;
mod plan;
mod platform;
mod ports;
pub mod process;
pub mod proxy;
mod route;
mod secrets;
mod service;
mod task;
mod templates;

pub use platform::{LocalOptions, LocalPlatform};
pub use secrets::{SecretFile, SecretFileError};

/// The ranks of this platform's stages, after the common ones.
mod rank {
    /// What must be there before a process starts: its ports, its database.
    pub(super) const PORTS: u8 = 2;
    /// No number was left between ports and processes. What is removed of ports is nothing, so the
    /// two may go side by side.
    pub(super) const CHECKOUT: u8 = PORTS;
    pub(super) const PROCESS: u8 = 3;
    pub(super) const HEALTHY: u8 = 4;
    pub(super) const ROUTE: u8 = 5;
}
