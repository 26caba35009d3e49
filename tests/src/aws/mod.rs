//! Tempus in an emulated AWS account: real processes of the program, the real SDK, real HTTP.
//!
//! ```text
//!   suite ──► Api ──────── HTTP ──────► tempus api ────────┐
//!     │                                 tempus worker ─────┤ each by an endpoint of its own:
//!     │  starts, freezes, kills         tempus worker ─────┤ the emulator, or a wire to it
//!     │                                                    ▼
//!     └──► Account, Listing ── plain calls, none of our code ──► emulator
//! ```
//!
//! An [`Account`] is what previews need to find: a cluster, a network, a load balancer. A [`Site`]
//! is an installation of Tempus in it, with as many [`Role`]s as a test starts. A [`Listing`] is
//! what exists of it, asked for call by call without our own code. The [`matrix`] takes all of it
//! through every fault at every request.

mod account;
mod calls;
mod iam;
mod listing;
pub mod matrix;
pub(crate) mod reaper;
mod role;
mod site;

pub use account::Account;
pub use calls::{Calls, between, every};
pub use iam::{Allowed, allowed};
pub use listing::{Listing, Thing};
pub use role::Role;
pub use site::Site;
