//! Answers in GitHub's form: the few fields that are read of each.

use serde::Deserialize;

/// What somebody may do in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read, at most.
    Read,
    /// Write, or more.
    Write,
}

/// A comment.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CommentShape {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) user: Option<UserShape>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct UserShape {
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Id {
    pub(super) id: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct InstallationShape {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) suspended_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RepositoriesShape {
    pub(super) repositories: Vec<NamedShape>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NamedShape {
    pub(super) id: u64,
    pub(super) full_name: String,
    #[serde(default)]
    pub(super) archived: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct PermissionShape {
    pub(super) permission: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct BranchShape {
    pub(super) commit: CommitShape,
}

#[derive(Debug, Deserialize)]
pub(super) struct CommitShape {
    pub(super) sha: String,
}
