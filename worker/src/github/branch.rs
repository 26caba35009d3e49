//! A branch: has a preview while it is there and has no open pull request.

use tempus_model::github::{Absent, Branches, Call, Next, Repository, Verdict, act};

use super::LATER;
use super::act::Deployed;
use super::client::GitHubError;
use super::pull::origin;
use super::tend::{Tending, Trouble};

impl Tending<'_> {
    pub(super) async fn branch(&mut self, name: &str) -> Result<Next, Trouble> {
        let Some(repository) = self.source.repository.clone() else {
            return Ok(Next::WhenNoted);
        };
        if self.source.gone || self.github.settings.branches == Branches::Ignored {
            return self.without().await;
        }
        let verdict = self.called_for(&repository, name).await?;
        let preview = self.preview().await?;
        let row = preview.as_ref().map(|preview| &preview.row);
        let act = act(&verdict, &self.tended, row);
        let origin = origin(&repository, None, Some(name));
        let deployed = self
            .follow(&repository, origin, &verdict, act, preview.as_ref())
            .await?;
        // There is no conversation to comment in.
        self.report(&repository, None, Some(&verdict)).await?;
        if deployed == Deployed::Later {
            return Ok(Next::At(self.now().after(LATER)));
        }
        match (verdict, self.tended.preview) {
            (Verdict::Absent(_), None) => Ok(Next::Ended(self.github.settings.kept)),
            _ => self.next().await,
        }
    }

    /// What the branch calls for. A push carries nothing that orders it, so GitHub is always asked.
    async fn called_for(&self, of: &Repository, name: &str) -> Result<Verdict, Trouble> {
        let client = &self.github.client;
        let sha = match client.branch(of, name).await {
            Ok(sha) => sha,
            Err(GitHubError::NotFound(_)) => {
                // It is deleted only if the repository can be seen.
                client.is_there(of).await?;
                return Ok(Verdict::Absent(Absent::Closed));
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(number) = client.pull_of(of, name).await? {
            return Ok(Verdict::Absent(Absent::HasPull(number)));
        }
        Ok(Verdict::Present(Call { sha, ask: None }))
    }
}
