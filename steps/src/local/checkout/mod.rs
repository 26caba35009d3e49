//! A repository's files at one commit: fetched, made ready by the repository's own `build`, and run in.
//!
//! ```text
//!   <data>/checkouts/<name>/        one for each preview and version
//!      whose.json                   the preview: written first
//!      archive.tar.gz, unpacking/   on their way; what is left of them is never looked at
//!      source/                      all of the commit's files: `unpacking` under its last name
//!      built.json                   the build ended well: written last, after the disk has the rest
//! ```
//!
//! The build runs in `source` under that very path, since what builds make often knows where it is:
//! nothing is moved afterwards. It is a task of the [`Supervisor`](super::process::Supervisor) under
//! the checkout's name, so a server that was killed finds it running, or how it ended; and whatever
//! was cut off before its end is begun anew, from the archive on. Only what has `built.json` is run in.

mod folder;
mod step;
mod unpack;

use std::pin::Pin;

use async_trait::async_trait;
use futures::Stream;
use tempus_model::Checkout;

use crate::StepError;

pub use folder::Checkouts;
pub(super) use folder::{Built, is_checkout, name};
pub(super) use step::{CheckOut, CheckoutPlan};

/// What a build's lines are shown under, where a service's name would stand.
pub(super) const BUILD: &str = "build";

/// An archive as it comes, in pieces: a gzipped tar.
pub type Archive = Pin<Box<dyn Stream<Item = Result<Vec<u8>, StepError>> + Send>>;

/// Where commits' files come from.
#[async_trait]
pub trait Archives: Send + Sync {
    /// The files of exactly this commit, below a folder of any name, as `git archive` makes it.
    async fn archive(&self, of: &Checkout) -> Result<Archive, StepError>;
}
