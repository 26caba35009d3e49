//! Why a call has no answer that can be used.

use std::fmt;

use serde::Deserialize;
use tempus_api::shape::{FieldProblem, ProblemKind};
use tempus_steps::http::TrustError;

use crate::output::Exit;

/// Why a call did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The server says no, and why: change the request.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Nobody answers at that address: start a server, or name another one.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// Why not.
        reason: String,
    },
    /// Something answers there, but not as a Tempus server does.
    #[error(
        "the answer cannot be understood, so this is no Tempus server or another version of it: {0}"
    )]
    NotUnderstood(String),
    /// Whom to trust cannot be said: correct the file of authorities, or install the system's.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The workflow's identity cannot be had, so nobody knows who calls.
    #[error("GitHub gives this workflow no identity token: {0}")]
    NoIdentity(String),
    /// No preview goes by this name.
    #[error("no preview has the id, the short id or the name {0:?}; `tempus list --all` shows all")]
    NoPreview(String),
}

impl ClientError {
    /// The exit status that tells this apart.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Refused(refusal) => match refusal.status {
                401 => Exit::Unauthenticated,
                403 => Exit::Forbidden,
                404 => Exit::NotFound,
                429 if !self.is(ProblemKind::Quota) && !self.is(ProblemKind::Budget) => {
                    Exit::TooOften
                }
                500.. => Exit::Unreachable,
                _ => Exit::Refused,
            },
            Self::Unreachable { .. } | Self::NotUnderstood(_) => Exit::Unreachable,
            Self::Trust(_) => Exit::Usage,
            Self::NoIdentity(_) => Exit::Unauthenticated,
            Self::NoPreview(_) => Exit::NotFound,
        }
    }

    /// Whether the server gave this kind of problem.
    pub fn is(&self, kind: ProblemKind) -> bool {
        let known = serde_json::to_value(kind).ok();
        matches!(self, Self::Refused(refusal) if known.as_ref().and_then(|k| k.as_str()) == Some(&refusal.kind))
    }
}

/// A problem document. Kinds that this version does not know are read too: their text is what
/// matters to people, their status to scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// The kind, a URN.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The status code.
    pub status: u16,
    /// What was wrong with this request.
    pub detail: String,
    /// The fields at fault.
    pub errors: Vec<FieldProblem>,
    /// For a quota: how many there may be.
    pub limit: Option<u32>,
    /// For a quota: who has the places.
    pub holders: Vec<String>,
    /// For a dead letter: what it still owns.
    pub owns: Vec<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: Vec<_> = [self.title.as_str(), self.detail.as_str()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        if said.is_empty() {
            write!(f, "the server answered {} without a reason", self.status)?;
        }
        f.write_str(&said.join(": "))?;
        for FieldProblem { field, problem } in &self.errors {
            write!(f, "\n  {field}: {problem}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, "\n  limit: {limit}")?;
        }
        if !self.holders.is_empty() {
            write!(f, "\n  held by: {}", self.holders.join(", "))?;
        }
        if !self.owns.is_empty() {
            write!(f, "\n  still owns: {}", self.owns.join(", "))?;
        }
        Ok(())
    }
}
