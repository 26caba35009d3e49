//! How a repository and a pull request are, as GitHub has them.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A repository as it was last heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its stable id.
    pub id: u64,
    /// Its full name, which may change.
    pub full_name: String,
    /// The installation of the App through which it is reached.
    pub installation: u64,
}

/// A pull request as GitHub had it at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// When GitHub last changed it, by GitHub's clock, to the second.
    pub updated_at: Timestamp,
    /// Whether it is open.
    pub state: PullState,
    /// Whether it is a draft.
    #[serde(default)]
    pub draft: bool,
    /// What it would merge.
    pub head: Head,
    /// The branch that it would be merged into.
    pub base: String,
    /// Its labels, sorted.
    #[serde(default)]
    pub labels: Vec<String>,
}

/// Whether a pull request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullState {
    /// It is.
    Open,
    /// It is closed, merged or not.
    Closed,
}

/// What a pull request would merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The commit.
    pub sha: String,
    /// The branch.
    pub branch: String,
    /// The repository of the branch; `None` where it is gone. Another one is a fork.
    #[serde(default)]
    pub repository: Option<u64>,
}

/// Whether what is known can be acted on without asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// GitHub must be asked first.
    #[default]
    No,
    /// It is the newest that was heard, and nothing contradicts it.
    Yes,
}
