//! The reverse proxy in front of the previews of this machine.
//!
//! It has a port of its own, so that a preview's page never shares an origin with the API, and it
//! never forwards to the API. What it serves is decided by two things only:
//!
//! ```text
//!              Host: pr-42.localhost:7070        Host: localhost:7070  GET /preview-0a1b2c3d/x
//!                        │                                  │
//!                        └────── address: which site? ──────┘   any other host: 421
//!                                        │
//!                    Routes (written by steps) has a live route?
//!                         │ yes                       │ no
//!              protected? ask the gate        Directory (written by the store's
//!                         │ passes             side): starting, gone, failed, unknown
//!              asleep? have it woken, hold
//!                         │ awake
//!              forward: stream both ways,
//!              or a tunnel after a 101
//! ```
//!
//! # Which headers are believed
//! A peer on a loopback address is trusted with `X-Forwarded-*`: on this machine only a tunnel or
//! a TLS terminator has a reason to send them, and a web page cannot, for another site's page may
//! not add such headers without a preflight. From any other peer they are dropped, together with
//! `X-Real-IP`. `Forwarded` (RFC 7239) is always dropped, so that an application never sees two
//! stories, and `X-Forwarded-Prefix` is always the proxy's own.
//!
//! # What it does not do
//! In path mode neither `Location` nor cookies are rewritten; an application that builds absolute
//! paths uses `X-Forwarded-Prefix`, as it does behind a load balancer. All previews in path mode
//! share one origin (and browsers do not separate cookies by port): host mode is the one that
//! isolates. Requests have no total time-out, as long polls and event streams are fine.

mod activity;
mod address;
mod answer;
mod body;
mod directory;
mod forward;
mod headers;
mod hold;
mod keeper;
mod retired;
mod routes;
mod server;
mod site;
mod tunnel;
mod turns;
mod upstream;

#[cfg(test)]
mod tests;

pub use activity::Activity;
pub use directory::Directory;
pub use retired::Retired;
pub use routes::{Backend, Revision, Route, Routes, Set};
pub use server::{Served, serve};
pub use site::{HostLabel, NameError, PathPrefix, PreviewKey, ShortId, Site};
