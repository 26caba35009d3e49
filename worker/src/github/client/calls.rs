//! The calls, each a question or a statement about a repository.

use reqwest::Method;
use serde_json::json;
use tempus_model::github::{CommitStatus, DeploymentReport, PullShape, Repository};

use super::shape::{
    Access, BranchShape, CommentShape, Id, InstallationShape, NamedShape, PermissionShape,
    RepositoriesShape,
};
use super::{As, Client, GitHubError, read, unreadable};

/// The name under which a commit's status is shown.
const CONTEXT: &str = "tempus/preview";
/// The file as it is, and not as JSON about it.
const RAW: &str = "application/vnd.github.raw+json";
/// The largest page that GitHub gives.
const PAGE: (&str, &str) = ("per_page", "100");

impl Client {
    /// An address within a repository.
    pub(super) fn at(
        &self,
        repository: &Repository,
        rest: &[&str],
        query: &[(&str, &str)],
    ) -> reqwest::Url {
        let full_name = &repository.full_name;
        let (owner, name) = full_name.split_once('/').unwrap_or((full_name, ""));
        let segments: Vec<&str> = ["repos", owner, name].iter().chain(rest).copied().collect();
        self.url(&segments, query)
    }

    /// The installations of the App that may do something.
    pub async fn installations(&self) -> Result<Vec<u64>, GitHubError> {
        let url = self.url(&["app", "installations"], &[PAGE]);
        let items = |page: Vec<InstallationShape>| {
            let active = page.into_iter().filter(|one| one.suspended_at.is_none());
            active.map(|one| one.id).collect()
        };
        self.all(As::App, url, items).await
    }

    /// The repositories of an installation.
    pub async fn repositories(&self, installation: u64) -> Result<Vec<Repository>, GitHubError> {
        let url = self.url(&["installation", "repositories"], &[PAGE]);
        let repository = |one: NamedShape| Repository {
            id: one.id,
            full_name: one.full_name,
            installation,
        };
        let items = |page: RepositoriesShape| {
            let live = page.repositories.into_iter().filter(|one| !one.archived);
            live.map(repository).collect()
        };
        self.all(As::Installation(installation), url, items).await
    }

    /// The repository's open pull requests.
    pub async fn open_pulls(&self, of: &Repository) -> Result<Vec<PullShape>, GitHubError> {
        let url = self.at(of, &["pulls"], &[("state", "open"), PAGE]);
        self.all(by(of), url, |page: Vec<PullShape>| page).await
    }

    /// A pull request as it is now.
    pub async fn pull(&self, of: &Repository, number: u64) -> Result<PullShape, GitHubError> {
        let url = self.at(of, &["pulls", &number.to_string()], &[]);
        let answer = self.get(by(of), url.clone()).await?;
        let pull: PullShape = read(&url, &answer.body)?;
        // Its name may be another repository's by now.
        if pull.repository() != Some(of.id) {
            return Err(unreadable(&url, "it is of another repository"));
        }
        Ok(pull)
    }

    /// The commit that a branch is at.
    pub async fn branch(&self, of: &Repository, name: &str) -> Result<String, GitHubError> {
        let url = self.at(of, &["branches", name], &[]);
        let answer = self.get(by(of), url.clone()).await?;
        Ok(read::<BranchShape>(&url, &answer.body)?.commit.sha)
    }

    /// Whether a repository is there under its name: what is not found in it is then really not.
    pub async fn is_there(&self, of: &Repository) -> Result<(), GitHubError> {
        let url = self.at(of, &[], &[]);
        let answer = self.get(by(of), url.clone()).await?;
        if read::<Id>(&url, &answer.body)?.id == of.id {
            return Ok(());
        }
        Err(unreadable(&url, "it is another repository"))
    }

    /// The open pull request of a branch, if it has one.
    pub async fn pull_of(&self, of: &Repository, branch: &str) -> Result<Option<u64>, GitHubError> {
        let owner = of.full_name.split('/').next().unwrap_or_default();
        let head = format!("{owner}:{branch}");
        let url = self.at(of, &["pulls"], &[("state", "open"), ("head", &head), PAGE]);
        let pulls = self.all(by(of), url, |page: Vec<PullShape>| page).await?;
        Ok(pulls.first().map(|pull| pull.number))
    }

    /// A file at a commit; `None` if it has none.
    pub async fn file(
        &self,
        of: &Repository,
        sha: &str,
        path: &str,
    ) -> Result<Option<String>, GitHubError> {
        let mut segments = vec!["contents"];
        segments.extend(path.split('/'));
        let url = self.at(of, &segments, &[("ref", sha)]);
        let answer = match self.get_as(by(of), url.clone(), RAW).await {
            Ok(answer) => answer,
            Err(GitHubError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = std::str::from_utf8(&answer.body);
        text.map(|text| Some(text.to_owned()))
            .map_err(|error| unreadable(&url, error.to_string()))
    }

    /// What somebody may do in a repository.
    pub async fn access(&self, of: &Repository, login: &str) -> Result<Access, GitHubError> {
        let url = self.at(of, &["collaborators", login, "permission"], &[]);
        let answer = match self.get(by(of), url.clone()).await {
            Ok(answer) => answer,
            Err(GitHubError::NotFound(_)) => return Ok(Access::Read),
            Err(error) => return Err(error),
        };
        let shape: PermissionShape = read(&url, &answer.body)?;
        Ok(match shape.permission.as_str() {
            "admin" | "maintain" | "write" => Access::Write,
            _ => Access::Read,
        })
    }

    /// The comment that begins with this marker and that an App has written.
    pub async fn find_comment(
        &self,
        of: &Repository,
        number: u64,
        marker: &str,
    ) -> Result<Option<u64>, GitHubError> {
        let url = self.at(of, &["issues", &number.to_string(), "comments"], &[PAGE]);
        let comments = self
            .all(by(of), url, |page: Vec<CommentShape>| page)
            .await?;
        let ours = |comment: &&CommentShape| {
            let text = comment.body.as_deref().unwrap_or_default();
            let kind = comment.user.as_ref().and_then(|user| user.kind.as_deref());
            // Anybody can write the marker.
            text.starts_with(marker) && kind == Some("Bot")
        };
        Ok(comments.iter().find(ours).map(|comment| comment.id))
    }

    /// Writes a comment.
    pub async fn comment(
        &self,
        of: &Repository,
        number: u64,
        text: &str,
    ) -> Result<u64, GitHubError> {
        let url = self.at(of, &["issues", &number.to_string(), "comments"], &[]);
        self.make_one(of, Method::POST, url, &json!({ "body": text }))
            .await
    }

    /// Replaces a comment's text.
    pub async fn edit_comment(
        &self,
        of: &Repository,
        comment: u64,
        text: &str,
    ) -> Result<(), GitHubError> {
        let url = self.at(of, &["issues", "comments", &comment.to_string()], &[]);
        self.make_one(of, Method::PATCH, url, &json!({ "body": text }))
            .await?;
        Ok(())
    }

    /// Says how a commit stands.
    pub async fn status(&self, of: &Repository, status: &CommitStatus) -> Result<(), GitHubError> {
        let url = self.at(of, &["statuses", &status.sha], &[]);
        let body = json!({
            "state": status.state.as_str(),
            "description": status.description,
            "target_url": status.url,
            "context": CONTEXT,
        });
        self.make_one(of, Method::POST, url, &body).await?;
        Ok(())
    }

    /// The deployment of a commit to an environment, if there is one.
    pub async fn find_deployment(
        &self,
        of: &Repository,
        report: &DeploymentReport,
    ) -> Result<Option<u64>, GitHubError> {
        let query = [
            ("sha", report.sha.as_str()),
            ("environment", report.environment.as_str()),
            PAGE,
        ];
        let url = self.at(of, &["deployments"], &query);
        let found = self.all(by(of), url, |page: Vec<Id>| page).await?;
        Ok(found.first().map(|deployment| deployment.id))
    }

    /// Begins a deployment.
    pub async fn deploy(
        &self,
        of: &Repository,
        report: &DeploymentReport,
    ) -> Result<u64, GitHubError> {
        let url = self.at(of, &["deployments"], &[]);
        let body = json!({
            "ref": report.sha,
            "environment": report.environment,
            "description": report.description,
            "task": "deploy",
            "auto_merge": false,
            // Nothing has to be green first: a preview is looked at before it is.
            "required_contexts": [],
            "transient_environment": true,
            "production_environment": false,
        });
        self.make_one(of, Method::POST, url, &body).await
    }

    /// Says how a deployment stands.
    pub async fn deployment_status(
        &self,
        of: &Repository,
        deployment: u64,
        report: &DeploymentReport,
    ) -> Result<(), GitHubError> {
        let id = deployment.to_string();
        let url = self.at(of, &["deployments", &id, "statuses"], &[]);
        let body = json!({
            "state": report.state.as_str(),
            "description": report.description,
            "environment": report.environment,
            "environment_url": report.url,
            "log_url": report.log_url,
            "auto_inactive": false,
        });
        self.make_one(of, Method::POST, url, &body).await?;
        Ok(())
    }

    /// Makes or changes something, and says its id.
    async fn make_one(
        &self,
        of: &Repository,
        method: Method,
        url: reqwest::Url,
        body: &serde_json::Value,
    ) -> Result<u64, GitHubError> {
        let answer = self.make(by(of), method, url.clone(), body).await?;
        Ok(read::<Id>(&url, &answer.body)?.id)
    }
}

/// A repository is seen by its own installation alone.
pub(super) const fn by(of: &Repository) -> As {
    As::Installation(of.installation)
}
