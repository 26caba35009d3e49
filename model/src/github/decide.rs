//! What a pull request calls for: decided from how it is, never from what happened to it.

use serde::{Deserialize, Serialize};

use super::{Call, Pull, PullState, Standing, Tended};
use crate::Row;

/// When a pull request has a preview, by the repository's own file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// It must have one of these labels; none are asked for if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// What is done with drafts.
    #[serde(default)]
    pub drafts: Drafts,
}

impl Rules {
    /// What asks for nothing: what it does not call for, no file does.
    pub const fn none() -> Self {
        Self {
            labels: Vec::new(),
            drafts: Drafts::Previewed,
        }
    }
}

/// What is done with drafts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drafts {
    /// They have no preview.
    #[default]
    Skipped,
    /// They have one like any other.
    Previewed,
}

/// What is called for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A preview of this commit.
    Present(Call),
    /// None, and why.
    Absent(Absent),
}

/// Why there is to be no preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// It is closed, or its branch is deleted.
    Closed,
    /// The App was taken away from the repository.
    Gone,
    /// Somebody who may has said so.
    Stopped,
    /// It is a draft.
    Draft,
    /// It has none of the labels that the repository asks for.
    Unlabeled(Vec<String>),
    /// It is of a fork, and nobody has approved this commit.
    Unapproved(String),
    /// The branch has an open pull request, which has its own.
    HasPull(u64),
}

/// What a pull request of this repository calls for.
pub fn verdict(pull: &Pull, repository: u64, standing: &Standing, rules: &Rules) -> Verdict {
    let sha = &pull.head.sha;
    if pull.state == PullState::Closed {
        return Verdict::Absent(Absent::Closed);
    }
    if standing.stopped {
        return Verdict::Absent(Absent::Stopped);
    }
    // What runs a stranger's code is allowed for what was looked at, and for nothing else.
    if pull.head.repository != Some(repository) && standing.approved.as_ref() != Some(sha) {
        return Verdict::Absent(Absent::Unapproved(sha.clone()));
    }
    // Who asks for one in so many words gets it.
    if standing.asked.is_none() {
        if pull.draft && rules.drafts == Drafts::Skipped {
            return Verdict::Absent(Absent::Draft);
        }
        let labeled = rules.labels.iter().any(|label| pull.labels.contains(label));
        if !labeled && !rules.labels.is_empty() {
            return Verdict::Absent(Absent::Unlabeled(rules.labels.clone()));
        }
    }
    Verdict::Present(Call {
        sha: sha.clone(),
        ask: standing.asked,
    })
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Create the preview, or move it to this commit.
    Deploy(Call),
    /// Destroy it.
    Destroy,
    /// Nothing.
    Nothing,
}

/// What is to be done, given what was done and the latest preview's row.
pub fn act(verdict: &Verdict, tended: &Tended, row: Option<&Row>) -> Act {
    match verdict {
        // What was called for once is not called for again: it may have expired, or have failed.
        Verdict::Present(call) if tended.made.as_ref() == Some(call) => Act::Nothing,
        Verdict::Present(call) => Act::Deploy(call.clone()),
        Verdict::Absent(_) if row.is_some_and(|row| row.desired.is_present()) => Act::Destroy,
        Verdict::Absent(_) => Act::Nothing,
    }
}
