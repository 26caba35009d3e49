//! The life of previews on a real server: created, reached, updated, extended, ended by hand and by
//! time, over restarts of the server, and proved gone.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

mod costing;
mod creating;
mod ending;
mod failing;
mod names;
mod protecting;
mod reading;
mod restarting;
mod scaling;
mod scheduling;
mod secrets;
mod sleeping;
mod surviving;
mod updating;
