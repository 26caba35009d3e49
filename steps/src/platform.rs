//! The platform trait: where previews run.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use futures::Stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempus_model::{
    Check, FieldError, Identity, InstallationId, Ledger, PlanId, PlanKind, PreviewId, Snapshot,
    Spec, SpecId, Stage, StepId, Timestamp, Wakefulness,
};

use crate::{AnyStep, Ctx, Progress, StepError};

/// Where previews run: steps, the plans they are arranged into, and a way to see what exists.
#[async_trait]
pub trait Platform: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// The version of this plan that new sagas begin with, towards a preview that runs or that
    /// sleeps. An older worker, which would start what shall sleep, does not know the latter's.
    fn newest(&self, kind: PlanKind, wakefulness: Wakefulness) -> PlanId;

    /// Whether this version of the program can carry the plan out. One that it cannot is handed
    /// back: a newer worker knows it.
    fn knows(&self, plan: PlanId) -> bool;

    /// The plan's stages for this preview: pure, and frozen in the row at the claim.
    fn stages(&self, plan: PlanId, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError>;

    /// The step of this kind. Kinds are never removed: rows may still name them.
    fn step(&self, kind: &str) -> Option<&dyn AnyStep>;

    /// Lists, by name and by tag, everything that really exists of a preview, and says what of it
    /// the ledger does not know.
    async fn audit(&self, ctx: &dyn Ctx, ledger: &Ledger) -> Result<Audit, StepError>;

    /// Removes something that an audit found and no ledger knows.
    async fn remove(&self, ctx: &dyn Ctx, stray: &Stray) -> Result<Progress<()>, StepError>;

    /// Lists everything that carries this installation's tags. An empty list is an answer; what
    /// could not be listed completely is an error.
    async fn inventory(&self, installation: InstallationId) -> Result<Vec<Stray>, StepError>;

    /// What a message that no hint can be read from is about.
    fn event(&self, body: &str) -> CloudEvent;

    /// How long after an unwind, or after an answer was lost, a call of a dead worker may still
    /// land: a verify comes no earlier.
    fn verify_delay(&self) -> Duration;

    /// Whether what it ran is gone when this program starts, so that every wanted preview is
    /// verified then.
    fn starts_afresh(&self) -> Afresh;

    /// What this platform would refuse about a spec, found before anything is accepted.
    fn admit(&self, spec: &Spec) -> Vec<FieldError>;

    /// Whether anybody has used a preview since then. What cannot be told is never taken for
    /// idleness.
    async fn used_since(&self, _of: &Snapshot, _since: Timestamp) -> Result<Used, StepError> {
        Ok(Used::Unknown)
    }

    /// What a preview owns, by the names that users look for, such as `service_arn`.
    fn resources(&self, ledger: &Ledger) -> BTreeMap<String, Value>;

    /// The last runs of a scheduled worker's task, newest first; `None` where nobody keeps them.
    async fn runs(&self, _of: &Snapshot) -> Result<Option<Vec<Run>>, StepError> {
        Ok(None)
    }

    /// A preview's log lines.
    async fn logs(&self, of: &Snapshot, query: &LogQuery) -> Result<LogStream, StepError>;
}

/// What a platform put on the queue by itself, or somebody else did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudEvent {
    /// Something happened to what bears this preview's name.
    Of(PreviewId),
    /// Something happened to what is no preview's: of no concern here.
    Foreign,
    /// The platform says no such thing.
    Unreadable,
}

/// Whether anybody uses a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// At this moment, or then for the last time.
    At(Timestamp),
    /// Not in all the time that was asked about.
    No,
    /// It cannot be told.
    Unknown,
}

/// Whether a platform's previews outlive this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afresh {
    /// They do not: what should be up must be brought up.
    Yes,
    /// They do.
    No,
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'a> {
    /// The installation: part of every name.
    pub installation: InstallationId,
    /// The preview.
    pub identity: &'a Identity,
    /// What it shall run.
    pub spec: &'a Spec,
    /// That spec's id.
    pub spec_id: SpecId,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// Whether it shall run, or sleep.
    pub wakefulness: Wakefulness,
}

/// Something that exists, as a platform lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// What it is, such as `process` or `target group`.
    pub kind: String,
    /// Its name; derives from the installation and the preview.
    pub name: String,
    /// Which version of it, where one name can hold several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// Something that exists, and whose it says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// What exists.
    pub resource: Resource,
    /// The preview it is tagged with; `None` if the tag cannot be read.
    pub preview: Option<PreviewId>,
    /// When it was made, where the platform knows.
    pub since: Option<Timestamp>,
}

/// What really exists of a preview.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// How it was looked for, and what was found. The receipt's evidence.
    pub checks: Vec<Check>,
    /// What exists and no ledger entry stands for.
    pub strays: Vec<Stray>,
    /// Steps whose resource should exist and does not.
    pub missing: Vec<StepId>,
}

/// One run of a scheduled worker's task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it began.
    pub began: Timestamp,
    /// When it ended; `None` while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// How it ended, in words such as "exit status 1"; `None` while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
}

/// Which log lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// The service; `None` is all of them.
    pub service: Option<String>,
    /// How many of the newest lines to begin with.
    pub tail: usize,
    /// Whether to go on with lines as they come.
    pub follow: bool,
}

/// One line that an application wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// The service that wrote it.
    pub service: String,
    /// `stdout` or `stderr`.
    pub stream: String,
    /// The line, without its end.
    pub text: String,
}

/// Log lines as they come.
pub type LogStream = Pin<Box<dyn Stream<Item = Result<LogLine, StepError>> + Send>>;
