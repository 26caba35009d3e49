//! What is known of a preview that has no live route.

use async_trait::async_trait;
use jiff::Timestamp;

use super::site::Site;

/// Where a preview stands while it cannot be served. Its texts may come from anyone (a pull
/// request's title, a build's output): the proxy escapes and shortens them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is wanted and on its way; asking again soon is worth it.
    Starting {
        /// What is being done, in a few words.
        phase: String,
        /// More about it, for a person who waits.
        detail: Option<String>,
    },
    /// It was taken down, and this preview does not come back.
    Gone {
        /// When that was, as far as it is known.
        at: Option<Timestamp>,
    },
    /// It could not be made.
    Failed {
        /// Why, in plain words.
        reason: String,
        /// When it was given up, as far as it is known.
        at: Option<Timestamp>,
    },
    /// Nobody here has heard of it.
    Unknown,
    /// The directory itself cannot say.
    Unavailable {
        /// What is wrong with it.
        reason: String,
    },
}

/// Says what became of previews. Asked for each request that finds no live route, and for no
/// other: this is also where a sleeping preview would notice that it is wanted.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Where the preview of this site stands. An answer that takes longer than two seconds is
    /// given up and counts as [`Standing::Unavailable`].
    async fn lookup(&self, site: &Site) -> Standing;
}
