//! A world in one thread and virtual time.

mod faults;
mod invariants;
mod matrix;
mod scenario;
mod world;
mod wrap;

pub use faults::{Cell, FaultKind, Injector};
pub use matrix::{Outcome, run_cell, run_matrix};
pub use scenario::Scenario;
pub use world::{World, spec};
