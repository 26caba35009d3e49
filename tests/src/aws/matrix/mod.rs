//! The crash matrix over the whole AWS path: every request that a clean run of a story makes, of
//! every service, each with everything that can go wrong with it.
//!
//! ```text
//!   story ── HTTP ──► tempus api            tempus worker ◄── killed, frozen, thawed
//!                         │                      │ Wire: counts every request, one meets its fault
//!   second worker ────────┴──────────────────────┴──► emulator ◄── Listing, by plain calls
//! ```
//!
//! A [`Story`] is played by real processes against an emulator. A clean run records each request
//! as `service.operation` and which of its name it was; a [`Cell`] is one of them with one
//! [`FaultKind`]. The faulted process has a wire of its own; when it dies, freezes or gives up,
//! another is started that has none. A frozen process goes on when another has taken over and done
//! the job, and only then its held request reaches the cloud.
//!
//! Afterwards what the [`Listing`](super::Listing) shows is what is desired, each job has one
//! outcome, the receipt stands, and to verify once more changes nothing. A fault that did not
//! strike is a failure.

mod attend;
mod cell;
mod fault;
mod lane;
mod run;
mod story;
mod striker;

pub use cell::{Cell, Failed, Ran, Strike};
pub use fault::FaultKind;
pub use run::{Part, matrix};
pub use story::Story;
