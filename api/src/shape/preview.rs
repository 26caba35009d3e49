//! `GET /preview/{preview_id}` and `GET /previews`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempus_model::{
    AccessMode, Generation, Job, JobId, JobKind, JobRef, JobStatus, Owner, Phase, PreviewId,
    Timestamp, Ttl,
};
use tempus_steps::Run;
use utoipa::ToSchema;

use super::{AutoscaleRequest, CostView, FailureView, PinView, schema};

/// A preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PreviewView {
    /// Its id, used once.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// Its name, stable over re-creation.
    pub name: String,
    /// Where it answers while it is ready; absent for one without a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Who may see it; a link is made by `/preview/{preview_id}/link`.
    #[serde(default)]
    #[schema(value_type = schema::AccessMode)]
    pub access: AccessMode,
    /// Where it stands.
    #[schema(value_type = schema::Phase)]
    pub phase: Phase,
    /// After how long without a request it is put to sleep; absent where it never is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sleep: Option<Ttl>,
    /// Whether it waits for a person: see `/dead-letters`.
    pub parked: bool,
    /// Since when it is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub parked_since: Option<Timestamp>,
    /// Why it failed, or what it is parked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FailureView>,
    /// Why it is being removed, or was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// Numbers what is wanted; raised by every accepted job.
    #[schema(value_type = u64)]
    pub generation: Generation,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its time is over.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// What keeps it beyond the time that others may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinView>,
    /// When it was proved to be gone: see `/preview/{preview_id}/receipt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub verified_at: Option<Timestamp>,
    /// The template of its specification.
    pub template: String,
    /// Who it belongs to.
    pub owner: OwnerView,
    /// The repository's full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The repository's stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<u64>,
    /// The pull request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pr_number: Option<u64>,
    /// The branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<String>,
    /// The installation of the GitHub App.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation_id: Option<u64>,
    /// What it costs, where that has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostView>,
    /// What it runs, or ran last.
    pub services: Vec<ServiceView>,
    /// When its task is run, if it is a `scheduled-worker`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// The last runs of its task, newest first. Not in lists, and not of what is no
    /// `scheduled-worker`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<Vec<RunView>>,
    /// How many days its log lines are kept, if it says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_retention_days: Option<u16>,
    /// What it owns on its platform, such as `service_arn`.
    pub resources: BTreeMap<String, Value>,
    /// Its jobs that are not finished: at most the one being carried out and the one after it.
    pub open_jobs: Vec<JobRefView>,
    /// Its newest job, whatever became of it.
    pub last_job: JobRefView,
    /// Its newest jobs, newest first. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<Vec<JobSummary>>,
}

/// Why a preview is being removed, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Somebody said so.
    Asked,
    /// Its time was over.
    Expired,
    /// It could not be made.
    Failed,
}

/// Who a preview belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerView {
    /// Stable id.
    pub id: String,
    /// What people call them.
    pub login: String,
    /// A picture, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

impl From<Owner> for OwnerView {
    fn from(owner: Owner) -> Self {
        Self {
            id: owner.id,
            login: owner.login,
            avatar_url: owner.avatar_url,
        }
    }
}

/// One service of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceView {
    /// Its name.
    pub name: String,
    /// What it runs, where the platform runs processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its image, where the platform runs containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Its working folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// The port it was asked to have.
    pub port: u16,
    /// The names of its environment variables. Never their values: they may be secrets.
    pub env: Vec<String>,
    /// The names of the environment variables that are looked up by reference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// The path that says when it is ready.
    pub health_path: String,
    /// Its public path prefix; without one it is private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its public URL, if it has a public path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// CPU units, 1024 to a core.
    pub cpu: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// How many of it were started.
    #[serde(default = "one")]
    pub replicas: u32,
    /// How many of it run, by load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscale: Option<AutoscaleRequest>,
}

/// What an older server says by saying nothing.
const fn one() -> u32 {
    1
}

/// One run of a scheduled task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunView {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Timestamp,
    /// When it ended; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// How it ended, in words such as `exit status 0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        Self {
            began_at: run.began,
            ended_at: run.ended,
            exit: run.exit,
        }
    }
}

/// Names a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobRefView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub job_id: JobId,
    /// What it changes.
    #[schema(value_type = schema::JobKind)]
    pub kind: JobKind,
}

/// A job, without its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobSummary {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub job_id: JobId,
    /// What it changes.
    #[schema(value_type = schema::JobKind)]
    pub kind: JobKind,
    /// How it stands.
    #[schema(value_type = schema::JobStatus)]
    pub status: JobStatus,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Set if and only if the status is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
}

/// A page of previews, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Previews {
    /// The previews.
    pub previews: Vec<PreviewView>,
    /// What to pass as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl From<JobRef> for JobRefView {
    fn from(job: JobRef) -> Self {
        Self {
            job_id: job.id,
            kind: job.kind,
        }
    }
}

impl From<&Job> for JobSummary {
    fn from(job: &Job) -> Self {
        Self {
            job_id: job.id,
            kind: job.kind,
            status: job.status,
            created_at: job.created_at,
            finished_at: job.finished_at,
        }
    }
}
