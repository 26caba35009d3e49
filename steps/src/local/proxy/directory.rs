//! What is known of a preview that has no live route.

use async_trait::async_trait;

use super::site::Site;
use crate::visitor::Standing;

/// Says what became of previews. Asked for each request that finds no live route, and for no
/// other: this is also where a sleeping preview would notice that it is wanted.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Where the preview of this site stands. An answer that takes longer than two seconds is
    /// given up and counts as [`Standing::Unavailable`].
    async fn lookup(&self, site: &Site) -> Standing;
}
