//! What the tests of this platform share.

mod ctx;
/// The engine's own: the crates below the worker do not depend on each other.
#[allow(dead_code)]
#[path = "../../../../engine/src/testing/emulator.rs"]
mod emulator;
mod made;
mod script;
mod strict;

pub(super) use ctx::TestCtx;
pub(super) use emulator::{Emulator, Kind};
pub(super) use made::{deployment, options, seen, service, spec};
pub(super) use script::{Answer, Script};
pub(super) use strict::Strict;
