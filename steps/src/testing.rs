//! What the tests of several folders share. The engine's own: the crates below the worker do not depend on
//! each other.

#![allow(
    dead_code,
    reason = "not everything that the engine's tests need is needed here"
)]

#[path = "../../engine/src/testing/emulator.rs"]
pub(crate) mod emulator;
#[path = "../../engine/src/testing/postgres.rs"]
pub(crate) mod postgres;
#[path = "../../engine/src/testing/python.rs"]
mod python;
