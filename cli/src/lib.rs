//! The `tempus` program: the server, whole or in parts, and the client.
//!
//! ```text
//!   tempus dev, serve,
//!   api, worker ──► config ──► server (the pipeline) ◄──────── HTTP ──┐
//!                                                                     │
//!   tempus create, list, … ──► context (which server) ──► client ─────┤
//!                                   repository_file (.tempus.yml)     │
//!   dev ──► client (its own API, like anybody else) ──► progress ─────┘
//! ```
//!
//! `dev` has no path of its own into the pipeline: what it shows, anybody could see. What is not
//! here: every rule of what may happen to a preview (`tempus-model`), and everything that makes it
//! happen (`tempus-worker`, `tempus-steps`, `tempus-engine`, `tempus-api`).

/// The version, and the commit it was built from where that was known.
pub const VERSION: &str = env!("BUILD_VERSION");

pub mod cli;
pub mod client;
pub mod commands;
pub mod config;
pub mod context;
pub mod dev;
pub mod failure;
pub mod guess;
pub mod hello;
pub mod logging;
pub mod output;
pub mod progress;
pub mod repository_file;
pub mod serve;
pub mod server;
pub mod signals;
pub mod telemetry;
