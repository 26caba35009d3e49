//! What the tests of several crates need around an engine.
#![allow(
    clippy::missing_panics_doc,
    reason = "what cannot be set up fails the test that needs it: that is how it says so"
)]

pub mod clock;
pub mod emulator;
pub mod postgres;
mod python;
pub mod wire;
