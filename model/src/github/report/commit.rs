//! The commit's status and its deployment: how a preview stands, in GitHub's own words for that.

use super::{Scene, words};
use crate::{Absence, Desired, JobStatus, Phase, Row, Snapshot};

/// The longest description that GitHub takes of a status, in characters.
const DESCRIPTION: usize = 140;

/// A commit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitStatus {
    /// The commit.
    pub sha: String,
    /// How it stands.
    pub state: CommitState,
    /// In a few words.
    pub description: String,
    /// What it links to.
    pub url: Option<String>,
}

/// How a commit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitState {
    /// Not known yet.
    Pending,
    /// Good.
    Success,
    /// Not good.
    Failure,
}

impl CommitState {
    /// In GitHub's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// A deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentReport {
    /// The commit.
    pub sha: String,
    /// The environment's name.
    pub environment: String,
    /// How it stands.
    pub state: DeploymentState,
    /// In a few words.
    pub description: String,
    /// Where the preview answers, if it does.
    pub url: Option<String>,
    /// Where its logs are.
    pub log_url: Option<String>,
}

/// How a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentState {
    /// Being made.
    InProgress,
    /// Running.
    Success,
    /// It could not be made.
    Failure,
    /// Gone.
    Inactive,
}

impl DeploymentState {
    /// In GitHub's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Inactive => "inactive",
        }
    }
}

impl Scene<'_> {
    pub(super) fn status(&self, preview: &Snapshot, sha: &str) -> CommitStatus {
        let row = &preview.row;
        // What still runs is not of this commit.
        if let Some(problem) = &self.source.tended.problem {
            return CommitStatus {
                sha: sha.to_owned(),
                state: CommitState::Failure,
                description: short(problem),
                url: None,
            };
        }
        let failed = self.job.is_some_and(|job| job.status == JobStatus::Failed);
        let unmade = matches!(row.desired, Desired::Absent(Absence::Failed(_)));
        let state = match row.phase() {
            Phase::Ready | Phase::Asleep if failed => CommitState::Failure,
            Phase::Destroying if unmade => CommitState::Failure,
            Phase::Failed => CommitState::Failure,
            Phase::Ready | Phase::Asleep | Phase::Destroying | Phase::Destroyed => {
                CommitState::Success
            }
            Phase::Pending | Phase::Provisioning | Phase::Updating => CommitState::Pending,
        };
        let shown = matches!(row.phase(), Phase::Ready | Phase::Asleep | Phase::Updating);
        CommitStatus {
            sha: sha.to_owned(),
            state,
            description: short(&self.in_short(row)),
            url: preview.identity.url().filter(|_| shown).map(str::to_owned),
        }
    }

    pub(super) fn deployment(&self, preview: &Snapshot, sha: &str) -> DeploymentReport {
        let (identity, row) = (&preview.identity, &preview.row);
        let failed = self.job.is_some_and(|job| job.status == JobStatus::Failed);
        let api = self.links.api;
        DeploymentReport {
            sha: sha.to_owned(),
            environment: format!("preview/{}", identity.name),
            state: match row.phase() {
                Phase::Ready | Phase::Asleep if failed => DeploymentState::Failure,
                Phase::Failed => DeploymentState::Failure,
                Phase::Ready | Phase::Asleep => DeploymentState::Success,
                Phase::Destroying | Phase::Destroyed => DeploymentState::Inactive,
                Phase::Pending | Phase::Provisioning | Phase::Updating => {
                    DeploymentState::InProgress
                }
            },
            description: short(&self.in_short(row)),
            url: identity.url().map(str::to_owned),
            log_url: api.map(|api| format!("{api}/preview/{}/logs", identity.id)),
        }
    }

    fn in_short(&self, row: &Row) -> String {
        match self.failure(row) {
            Some(failure) => format!("{}: {}", words(row, None), failure.reason),
            None => words(row, self.receipt),
        }
    }
}

/// As much as a description may have.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(DESCRIPTION).collect();
    if line.chars().count() > DESCRIPTION {
        short.pop();
        short.push('…');
    }
    short
}
