//! The worker: takes hints off the queue, claims rows, and carries their sagas out.
//!
//! It knows rows, leases and steps; it does not know what a step makes. Everything it decides
//! about a saga is a pure function ([`next`](tempus_model::next())) of the row, and so is what
//! becomes of a hint ([`Fate`](tempus_model::Fate)); everything it writes goes through one holder
//! of the lease ([`held`](crate::held)).
//!
//! ```text
//!   queue ─► intake ─► dispatch ─► budget ─► claim ─► drive ──► release
//!              ▲          │ expiry passed?              │  ▲
//!              │          └► accept a destroy           ▼  │
//!   reminder ──┘                                  group of steps: attempt, wait, back off
//!   (every minute, the rows that are due)
//! ```
//!
//! A worker may die at any instant. Its lease runs out, another worker claims the row, and goes on
//! from the last checkpoint.

mod attempt;
mod backoff;
mod budget;
mod claim;
mod config;
mod ctx;
mod dispatch;
mod drive;
pub mod github;
mod group;
mod held;
mod idle;
mod intake;
mod metrics;
pub mod notify;
mod parts;
mod plan;
mod reap;
mod release;
mod remind;
mod sweep;
mod swept;
mod tasks;
mod verify;

pub use budget::Budgets;
pub use config::WorkerConfig;
pub use intake::Worker;
pub use metrics::METRICS;
pub use parts::Parts;
pub use sweep::SweepReport;
pub use tasks::Tasks;
