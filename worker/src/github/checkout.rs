//! The files of a commit, for a platform that runs previews on them.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use tempus_model::Checkout;
use tempus_model::github::Repository;
use tempus_steps::StepError;
use tempus_steps::local::checkout::{Archive, Archives};

use super::client::{Client, GitHubError};

/// Commits' files from GitHub.
pub struct FromGitHub(pub Arc<Client>);

#[async_trait]
impl Archives for FromGitHub {
    async fn archive(&self, of: &Checkout) -> Result<Archive, StepError> {
        let repository = Repository {
            id: of.repository_id,
            full_name: of.repository.clone(),
            installation: of.installation_id,
        };
        let pieces = self.0.archive(&repository, &of.sha).await;
        let pieces = pieces.map_err(|error| step_error(&error))?;
        let pieces = pieces.map(|piece| piece.map_err(|error| step_error(&error)));
        Ok(Box::pin(pieces))
    }
}

/// What it means to whoever needs the files. What GitHub does not find now may be there in a moment:
/// its reads lag behind its deliveries.
fn step_error(error: &GitHubError) -> StepError {
    match error {
        GitHubError::Limited(_) => StepError::Throttled(error.to_string()),
        GitHubError::Refused { .. } => StepError::rejected(error.to_string()),
        GitHubError::Unavailable(_) | GitHubError::NotFound(_) | GitHubError::Unreadable { .. } => {
            StepError::transient(error.to_string())
        }
    }
}
