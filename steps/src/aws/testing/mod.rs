//! What the tests of this platform share.

mod ctx;
mod made;
mod script;
mod strict;

pub(super) use crate::testing::emulator::{Emulator, Kind};
pub(super) use ctx::TestCtx;
pub(super) use made::{deployment, options, seen, service, spec, worker};
pub(super) use script::{Answer, Script};
pub(super) use strict::Strict;
