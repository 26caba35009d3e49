//! Saying it: what was said before is not said again, and nothing is made twice.

use std::fmt::Debug;

use sha2::{Digest, Sha256};
use tempus_model::github::{
    CommitStatus, Deployed, DeploymentReport, DeploymentState, Report, Repository, marker,
};

use super::client::GitHubError;
use super::tend::{Tending, Trouble};

impl Tending<'_> {
    /// The comment first: it is what people look at, and limits may be reached after it.
    pub(super) async fn say(
        &mut self,
        repository: &Repository,
        number: Option<u64>,
        report: Report,
    ) -> Result<(), Trouble> {
        if let Some((number, text)) = number.zip(report.comment) {
            may_be_refused(self.say_comment(repository, number, &text).await)?;
        }
        if let Some(status) = report.status {
            may_be_refused(self.say_status(repository, &status).await)?;
        }
        if let Some(deployment) = report.deployment {
            may_be_refused(self.say_deployment(repository, &deployment).await)?;
        }
        Ok(())
    }

    async fn say_comment(
        &mut self,
        repository: &Repository,
        number: u64,
        text: &str,
    ) -> Result<(), Trouble> {
        let digest = digest(&text);
        if self.tended.posted.text.as_deref() == Some(&digest) {
            return Ok(());
        }
        let client = self.github.client.clone();
        if let Some(known) = self.tended.posted.comment {
            match client.edit_comment(repository, known, text).await {
                Ok(()) => {
                    self.tended.posted.text = Some(digest);
                    return self.keep().await;
                }
                // Somebody has deleted it.
                Err(GitHubError::NotFound(_)) => self.tended.posted.comment = None,
                Err(error) => return Err(error.into()),
            }
        }
        // Nobody else writes one from here on, and one whose answer was lost is found.
        self.keep().await?;
        let marker = marker(self.parts.store.installation(), &self.source.key);
        let comment = match client.find_comment(repository, number, &marker).await? {
            Some(found) => {
                client.edit_comment(repository, found, text).await?;
                found
            }
            None => client.comment(repository, number, text).await?,
        };
        self.tended.posted.comment = Some(comment);
        self.tended.posted.text = Some(digest);
        self.keep().await
    }

    async fn say_status(
        &mut self,
        repository: &Repository,
        status: &CommitStatus,
    ) -> Result<(), Trouble> {
        let digest = digest(status);
        if self.tended.posted.status.as_deref() != Some(&digest) {
            self.github.client.status(repository, status).await?;
            self.tended.posted.status = Some(digest);
            self.keep().await?;
        }
        Ok(())
    }

    async fn say_deployment(
        &mut self,
        repository: &Repository,
        report: &DeploymentReport,
    ) -> Result<(), Trouble> {
        let client = self.github.client.clone();
        let known = self.tended.posted.deployment.clone();
        let is_this = |known: &Deployed| known.sha == report.sha;
        let mut deployed = if let Some(known) = known.clone().filter(is_this) {
            known
        } else {
            // GitHub retires no transient ones by itself.
            if let Some(old) = known {
                let mut retired = report.clone();
                retired.sha.clone_from(&old.sha);
                retired.state = DeploymentState::Inactive;
                "there is a later commit".clone_into(&mut retired.description);
                match client.deployment_status(repository, old.id, &retired).await {
                    Ok(()) | Err(GitHubError::NotFound(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            self.keep().await?;
            let id = match client.find_deployment(repository, report).await? {
                Some(found) => found,
                None => client.deploy(repository, report).await?,
            };
            let new = Deployed {
                id,
                sha: report.sha.clone(),
                status: None,
            };
            self.tended.posted.deployment = Some(new.clone());
            self.keep().await?;
            new
        };
        let digest = digest(report);
        if deployed.status.as_deref() != Some(&digest) {
            client
                .deployment_status(repository, deployed.id, report)
                .await?;
            deployed.status = Some(digest);
            self.tended.posted.deployment = Some(deployed);
            self.keep().await?;
        }
        Ok(())
    }
}

/// What GitHub will not have (a comment where the conversation is locked, a status of a commit that
/// was forced away) keeps nothing else from being said. It is tried again with the next look.
fn may_be_refused(said: Result<(), Trouble>) -> Result<(), Trouble> {
    match said {
        Err(Trouble::GitHub(error @ GitHubError::Refused { .. })) => {
            tracing::warn!(%error, "not said");
            Ok(())
        }
        said => said,
    }
}

/// By what it is seen that something was said already.
fn digest(of: &impl Debug) -> String {
    hex::encode(&Sha256::digest(format!("{of:?}").as_bytes())[..8])
}
