//! What names a source, as it is stored and as it is shown.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Origin;

/// Names a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKey {
    /// The App itself: due when its repositories' pull requests are to be listed.
    App,
    /// A pull request.
    Pull {
        /// Its repository's stable id.
        repository: u64,
        /// Its number.
        number: u64,
    },
    /// A branch.
    Branch {
        /// Its repository's stable id.
        repository: u64,
        /// Its name.
        name: String,
    },
}

const APP: &str = "app";
const PULL: &str = "pull#";
const BRANCH: &str = "branch#";

impl SourceKey {
    /// The source of a preview that was made from this, if it was made from one.
    pub fn of(origin: &Origin) -> Option<Self> {
        let repository = origin.repository_id?;
        match (origin.pr_number, &origin.branch) {
            (Some(number), _) => Some(Self::Pull { repository, number }),
            (None, Some(name)) => Some(Self::Branch {
                repository,
                name: name.clone(),
            }),
            (None, None) => None,
        }
    }

    /// The repository, where it is of one.
    pub const fn repository(&self) -> Option<u64> {
        match self {
            Self::App => None,
            Self::Pull { repository, .. } | Self::Branch { repository, .. } => Some(*repository),
        }
    }

    /// The first half of the key as it is stored: what is listed together.
    pub fn scope(&self) -> String {
        self.repository()
            .map_or_else(|| APP.to_owned(), |repository| repository.to_string())
    }

    /// The second half of the key as it is stored.
    pub fn item(&self) -> String {
        match self {
            Self::App => APP.to_owned(),
            Self::Pull { number, .. } => format!("{PULL}{number:020}"),
            Self::Branch { name, .. } => format!("{BRANCH}{name}"),
        }
    }

    /// The key that is stored as these two halves.
    pub fn parse(scope: &str, item: &str) -> Option<Self> {
        if scope == APP {
            return (item == APP).then_some(Self::App);
        }
        let repository = scope.parse().ok()?;
        if let Some(number) = item.strip_prefix(PULL) {
            let number = number.parse().ok()?;
            return Some(Self::Pull { repository, number });
        }
        let name = item.strip_prefix(BRANCH)?.to_owned();
        Some(Self::Branch { repository, name })
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => f.write_str(APP),
            Self::Pull { repository, number } => write!(f, "repository {repository} pull {number}"),
            Self::Branch { repository, name } => write!(f, "repository {repository} branch {name}"),
        }
    }
}
