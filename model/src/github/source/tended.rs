//! What was done about a source: written only by whoever holds its lease.

use serde::{Deserialize, Serialize};

use super::super::Rules;
use super::remember;
use crate::{By, DnsName, PreviewId};

/// What writers have said in comments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether it was stopped, and not asked for since.
    #[serde(default)]
    pub stopped: bool,
    /// The comment that asked for a preview last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<u64>,
    /// The commit of a fork that may be run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<String>,
    /// Who asked, approved or stopped last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
}

/// What a preview was called for by. Called for once: what expired or failed comes back only for
/// another commit, or when somebody asks again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The commit.
    pub sha: String,
    /// The comment that asked for it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<u64>,
}

/// What was said on GitHub, so that it is said again only when it has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<u64>,
    /// A hash of its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A hash of the commit status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployed>,
}

/// What the repository's file says at a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesAt {
    /// The commit.
    pub sha: String,
    /// What it says.
    pub rules: Rules,
}

/// A deployment on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// Its id.
    pub id: u64,
    /// The commit that it is of.
    pub sha: String,
    /// A hash of its last status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// What was done. Written only by the holder of the lease.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tended {
    /// What its previews are called. Chosen once, so that it is stable over re-creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DnsName>,
    /// Its latest preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<PreviewId>,
    /// What that was called for by; none when it was destroyed because it is not wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Call>,
    /// What writers have said.
    #[serde(default)]
    pub standing: Standing,
    /// The comments whose commands were carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handled: Vec<u64>,
    /// What the last command was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it has a preview, by the repository's file at a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesAt>,
    /// Why no preview could be called for, though one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What was to be known when the preview was called for: how a budget stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// What was said on GitHub.
    #[serde(default)]
    pub posted: Posted,
    /// Failures in a row, for the pause before the next try.
    #[serde(default)]
    pub failures: u32,
}

impl Tended {
    /// Notes that a command was carried out.
    pub fn handle(&mut self, comment: u64, answer: Option<String>) {
        remember(&mut self.handled, comment);
        self.answer = answer;
    }
}
