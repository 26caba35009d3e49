//! The simulation: three workers, an API and its clients, twenty previews and two hundred events,
//! everything going wrong that can, from one seed, in one thread and virtual time.
//!
//! ```text
//!   timeline (seeded): what users do · what befalls the world
//!        │                       │
//!        ▼                       ▼
//!     client ──┐      worker, worker, worker      each a process that can die, freeze, be stopped,
//!              ▼              ▼                   with a clock of its own
//!            gate           gate                  latency, faults, outages, at every call of a port
//!              └──────┬───────┘
//!                     ▼
//!          simulated engine and cloud ──► every change is seen ──► predicates
//! ```
//!
//! At the end faults stop; everything must come to rest, then everything is destroyed, and must be
//! gone. The same seed gives the same trace, byte for byte: there is one thread, no wall clock, no
//! randomness of the system and no order of a hash map on the path.

mod breakages;
mod chaos;
mod client;
mod climate;
mod process;
mod regressions;
mod report;
mod rest;
mod run;
mod shared;
mod stepping;
mod trace;
mod world;

pub use breakages::{Caught, catch, caught_by};
pub use climate::EVENTS;
pub use regressions::REGRESSIONS;
pub use report::{Report, Totals, replay};
pub use run::{Shown, run_seed, run_seeds};
