//! Finds the preview that a person means.

use tempus_api::shape::{PreviewView, PreviewsQuery};
use tempus_model::PreviewId;

use super::{Client, ClientError};

/// Phases of previews that are there, and of those that are not any more.
pub(crate) const LIVE: &str = "pending,provisioning,ready,asleep,updating,destroying";
const GONE: &str = "destroyed,failed";

impl Client {
    /// The preview of this id, short id or name. Of several that had the name, the one that is
    /// there; failing that, the latest.
    pub async fn resolve(&self, given: &str) -> Result<PreviewId, ClientError> {
        if let Ok(id) = given.parse() {
            return Ok(id);
        }
        for phase in [LIVE, GONE] {
            if let Some(found) = self.find(given, phase).await? {
                return Ok(found.preview_id);
            }
        }
        Err(ClientError::NoPreview(given.to_owned()))
    }

    /// The preview of this name that is there, if one is.
    pub async fn find_live(&self, name: &str) -> Result<Option<PreviewView>, ClientError> {
        self.find(name, LIVE).await
    }

    async fn find(&self, given: &str, phase: &str) -> Result<Option<PreviewView>, ClientError> {
        let mut query = PreviewsQuery {
            phase: Some(phase.to_owned()),
            limit: Some(200),
            ..PreviewsQuery::default()
        };
        loop {
            let page = self.previews(&query).await?.value;
            let is_meant =
                |p: &PreviewView| p.name == given || p.preview_id.short().to_string() == given;
            if let Some(found) = page.previews.into_iter().find(is_meant) {
                return Ok(Some(found));
            }
            let Some(cursor) = page.next_cursor else {
                return Ok(None);
            };
            query.cursor = Some(cursor);
        }
    }
}
