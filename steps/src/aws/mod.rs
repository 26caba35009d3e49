//! The `aws` platform: previews are ECS Fargate services behind application load balancers.
//!
//! ```text
//!   rank 2                        3              4                   5                 6
//!   target-group (each public)    rule (each)    service (each)      healthy (each)    scaling (each
//!   security-group (if several)                  private before                        by load)
//!   task-definition (each)                       public
//!   database                      database-url                        (api-database alone)
//!   log-group (if it says how long lines are kept)
//!   images (if they are deleted at the end)
//! ```
//!
//! A scheduled worker has neither: a task-definition and its task-runs, which stops what still runs of
//! it, and after them a task-schedule, at the rank of services.
//!
//! A target group must be attached to a load balancer before a service may use it, so the rule
//! comes before the service. Everything that the plan of an update no longer has (the old task
//! definition, the rule of a path that changed) is removed after the new one is healthy.
//!
//! What each step rests on is written down next to it; the facts are those of AWS's
//! documentation, not of an emulator. All calls go through [`client`], which knows the account's
//! rate limits, sorts errors by what to do about them, and is the list of what Tempus's role must
//! be allowed to do ([`actions`]).

#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "a path to a method of the SDK's is longer than the closure that calls it"
)]
#![allow(
    clippy::large_futures,
    reason = "the SDK's operations are large futures; each lives once, in a step's boxed call"
)]

mod admit;
mod audit;
mod client;
mod event;
mod exec;
mod heard;
mod idle;
mod inventory;
mod listing;
mod logs;
mod names;
mod options;
mod plan;
mod platform;
mod recurrence;
mod remove;
mod resources;
mod steps;
mod stray;
mod tagged;
mod tags;
mod templates;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use client::{ActionInfo, METRICS, actions};
pub use exec::{EXEC_ACTIONS, ExecError, ExecSession, open_exec};
pub use options::{
    AwsOptions, Capacity, Credentials, Exec, Images, ListenerMode, ListenerOption, ListenerTarget,
    PublicIp, Rate, Rates, Schedules,
};
pub use platform::AwsPlatform;

/// The ranks of this platform's stages, after the common ones.
mod rank {
    pub(super) const GROUNDWORK: u8 = 2;
    /// What rests on the groundwork: rules on target groups, the URL on its database.
    pub(super) const RULE: u8 = 3;
    pub(super) const SERVICE: u8 = 4;
    pub(super) const HEALTHY: u8 = 5;
    pub(super) const SCALING: u8 = 6;
}
