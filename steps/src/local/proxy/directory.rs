//! What is known of a preview that has no live route.

use async_trait::async_trait;

use super::site::{PreviewKey, Site};
use crate::visitor::Standing;

/// Says what became of previews, and wakes those that sleep. Asked for each request that finds no
/// live route, or only that of a preview that sleeps, and for no other.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Where the preview of this site stands. An answer that takes longer than two seconds is
    /// given up and counts as [`Standing::Unavailable`].
    async fn lookup(&self, site: &Site) -> Standing;

    /// Has a preview woken that sleeps; one that does not is left as it is.
    ///
    /// # Errors
    /// Why it could not be said that it is wanted, in words.
    async fn rouse(&self, preview: &PreviewKey) -> Result<(), String>;
}
