//! Worlds in one thread and virtual time: the crash matrix's, with one preview and one fault
//! ([`World`]), and the simulation's, with many of everything ([`storm`]).

pub mod engine;
mod eye;
mod faults;
pub mod gate;
mod invariants;
mod matrix;
pub mod predicate;
mod scenario;
pub mod storm;
#[cfg(test)]
mod tests;
pub mod witness;
mod world;
mod wrap;

pub use faults::{Cell, FaultKind, Injector};
pub use matrix::{Outcome, run_cell, run_matrix};
pub use scenario::Scenario;
pub use world::{World, spec};
