//! `GET /job/{job_id}` and its events.

use serde::{Deserialize, Serialize};
use tempus_model::{
    Failure, FailureKind, Generation, Job, JobId, JobKind, JobStatus, Pause, PreviewId,
    StepProgress, StepState, Timestamp,
};
use utoipa::ToSchema;

use super::schema;

/// One requested change to a preview, and how far it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub job_id: JobId,
    /// The preview that it changes.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// What it changes.
    #[schema(value_type = schema::JobKind)]
    pub kind: JobKind,
    /// How it stands. `succeeded`, `failed` and `superseded` are final.
    #[schema(value_type = schema::JobStatus)]
    pub status: JobStatus,
    /// The generation of the preview that it asked for.
    #[schema(value_type = u64)]
    pub generation: Generation,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When a worker took it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// Set if and only if the status is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Why it failed, or what it is parked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FailureView>,
    /// Its steps so far, in the order in which they were begun.
    pub steps: Vec<StepView>,
}

/// One step of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// Which step: its kind and, where there are several of that kind, what it is about.
    pub step: String,
    /// How it stands.
    #[schema(value_type = schema::StepState)]
    pub state: StepState,
    /// Calls that did not succeed and were not mere waiting, and the one that did.
    pub attempts: u32,
    /// When it was first begun.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it was done or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// When it was done, of one whose removal has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub made_at: Option<Timestamp>,
    /// When its removal began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undo_started_at: Option<Timestamp>,
    /// How long it held still after attempts that failed: the last ones, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<PauseView>,
    /// When it is tried or looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub retry_at: Option<Timestamp>,
    /// What the platform is still doing, while the state is `waiting`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
    /// The last error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The name of what it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
}

/// The time between two attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PauseView {
    /// When an attempt had failed.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// When the next one was due.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
}

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailureView {
    /// What kind of end this was.
    #[schema(value_type = schema::FailureKind)]
    pub kind: FailureKind,
    /// The step that met it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// One sentence: what happened and, where it is known, what to do.
    pub reason: String,
    /// What helps to understand it, such as an application's last lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detail: Vec<String>,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            job_id: job.id,
            preview_id: job.preview,
            kind: job.kind,
            status: job.status,
            generation: job.generation,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            error: job.error.map(Into::into),
            steps: job.steps.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<StepProgress> for StepView {
    fn from(step: StepProgress) -> Self {
        // The row keeps one text for both: which it is, the state says.
        let (waiting_for, error) = match step.state {
            StepState::Waiting => (step.error, None),
            _ => (None, step.error),
        };
        Self {
            step: step.step.to_string(),
            state: step.state,
            attempts: step.attempts,
            started_at: step.started_at,
            finished_at: step.finished_at,
            made_at: step.made_at,
            undo_started_at: step.undo_started_at,
            pauses: step.pauses.into_iter().map(Into::into).collect(),
            retry_at: step.retry_at,
            waiting_for,
            error,
            resource: step.resource.as_deref().map(str::to_owned),
        }
    }
}

impl From<Pause> for PauseView {
    fn from(Pause { from, to }: Pause) -> Self {
        Self { from, to }
    }
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        Self {
            kind: failure.kind,
            step: failure.step.map(|step| step.to_string()),
            reason: failure.reason,
            detail: failure.detail,
        }
    }
}
