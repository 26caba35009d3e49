//! Jobs: what clients asked for, and what became of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Actor, Failure, Generation, JobId, PreviewId, Row, SpecId, StepProgress, Timestamp};

/// What a job changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Make the preview.
    Create,
    /// Move it to another spec.
    Update,
    /// Remove it.
    Destroy,
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Destroy => "destroy",
        })
    }
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Accepted; no worker has taken it up.
    Queued,
    /// A saga is carrying it out.
    Running,
    /// Done.
    Succeeded,
    /// It cannot be done; the reason is in `error`.
    Failed,
    /// A newer job took its place before it was done.
    Superseded,
    /// Its saga needs a person.
    Parked,
}

impl JobStatus {
    /// Whether the job has its one outcome; it never changes again.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Superseded)
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
            Self::Parked => "parked",
        })
    }
}

/// A job as the row knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRef {
    /// Its id.
    pub id: JobId,
    /// What it changes.
    pub kind: JobKind,
}

/// A job as it is stored. While it is open the row knows more: see [`Job::seen_with`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The preview it changes.
    pub preview: PreviewId,
    /// What it changes.
    pub kind: JobKind,
    /// The generation that it asked for.
    pub generation: Generation,
    /// The spec that it asked for; `None` for a destroy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<SpecId>,
    /// How it stands. Stored as `Queued` until it is final.
    pub status: JobStatus,
    /// Who asked for it; `None` where an older version accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When a saga took it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Set if and only if `status` is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Why it failed, or what it is parked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Its steps so far, in the order in which they were begun.
    #[serde(default)]
    pub steps: Vec<StepProgress>,
}

impl Job {
    /// The job as a client should see it, with what its preview's row knows while it is open.
    #[must_use]
    pub fn seen_with(mut self, row: &Row) -> Self {
        if self.status.is_final() {
            return self;
        }
        let Some(saga) = row
            .saga
            .as_ref()
            .filter(|saga| saga.job.is_some_and(|job| job.id == self.id))
        else {
            return self;
        };
        self.status = JobStatus::Running;
        self.started_at = Some(saga.started_at);
        self.error = saga.rejected.clone();
        self.steps.clone_from(&saga.progress);
        if let Some(parked) = &row.parked {
            self.status = JobStatus::Parked;
            self.error = Some(parked.failure.clone());
        }
        self
    }
}
