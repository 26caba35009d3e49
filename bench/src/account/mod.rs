//! An emulated AWS account behind a wire: it answers as slowly as the real one, starts services as
//! slowly, grants as few calls, and counts what is asked of it.
//!
//! ```text
//!   engine, steps ──► wire ── counted, delayed, refused beyond the rates ──► ministack
//! ```
//!
//! The account itself is the one that the end-to-end tests make, call by call.

#[allow(dead_code, reason = "the tests call more")]
#[path = "../../../tests/src/aws/calls.rs"]
mod calls;
mod ledger;
#[allow(dead_code, reason = "the tests call more")]
#[path = "../../../tests/src/aws/account.rs"]
mod made;
mod manners;
mod rates;
mod site;

pub use ledger::Ledger;
pub use rates::{BALANCERS, DEFINITIONS, SERVICES};
pub use site::{Conditions, Site};
