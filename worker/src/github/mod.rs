//! Tends pull requests and branches: sees to it that each has the preview that it calls for, and says
//! on GitHub how that stands. `tempus_model::github` says what is kept, and why order and doubles do not
//! matter.
//!
//! ```text
//!   hint ─► claim ─► ask, if in doubt ─► commands ─► verdict ─► act ─► report ─► release
//!                        │ client            │                   │        │
//!                        └───────────────────┴── GitHub ─────────│────────┘
//!                                                                ▼
//!                                            Previews: the repository's file, and the accept
//! ```
//!
//! A source is due when something is noted of it, when its preview moved on, after a pause when
//! GitHub did not answer, and from time to time while it has a preview. Its lease keeps two workers
//! from writing two comments: who claims it holds it for longer than all its calls may take, and
//! renews it before whatever makes something on GitHub.
//!
//! GitHub being down delays what is said, and what has to be asked. It delays no teardown: a close
//! that nothing contradicts is acted on without asking.

mod act;
mod branch;
mod checkout;
pub mod client;
mod command;
mod pass;
mod post;
mod previews;
mod pull;
mod report;
mod tend;

use std::sync::Arc;
use std::time::Duration;

use tempus_model::github::Branches;
use tempus_model::{Prices, Ttl};

pub use checkout::FromGitHub;
pub use previews::{Called, FileText, NoFile, NotCalled, Previews, Wish};

use client::Client;

/// How long a lease of a source lasts: longer than what is done between two renewals.
const LEASE: Duration = Duration::from_mins(3);
/// How often a source is looked at whose preview is on its way.
const LOOK: Duration = Duration::from_secs(10);
/// How often one is looked at whose preview is at rest: nothing but reads of the store.
const REST: Duration = Duration::from_mins(15);
/// The first pause after GitHub did not answer.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How long to wait where a preview cannot be had now, as when a quota is reached.
const LATER: Duration = Duration::from_mins(5);

/// What a worker needs to tend pull requests.
#[derive(Clone)]
pub struct GitHub {
    /// Asks GitHub.
    pub client: Arc<Client>,
    /// Accepts what is called for.
    pub previews: Arc<dyn Previews>,
    /// What is configured.
    pub settings: Settings,
}

/// What is configured about GitHub.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether branches without a pull request have previews.
    pub branches: Branches,
    /// How often the open pull requests are listed.
    pub pass_every: Duration,
    /// How many sources one pass may put in doubt: at most as many previews go because of it.
    pub pass_cap: usize,
    /// The API's public address, for links, without a slash at its end.
    pub api_url: Option<String>,
    /// The longest life that a comment may ask for.
    pub longest: Ttl,
    /// For how long a comment may pin a preview.
    pub longest_pin: Ttl,
    /// How much of its life a preview keeps at least whose pin is taken away.
    pub left_unpinned: Ttl,
    /// How long a source is remembered of which nothing is left.
    pub kept: Duration,
    /// What previews cost, where they cost anything.
    pub prices: Option<Prices>,
}
