//! Why something did not work, in words a user can act on.

use serde::{Deserialize, Serialize};

use crate::StepId;

/// A reason that is stored and shown. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of end this was.
    pub kind: FailureKind,
    /// The step that met it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// One sentence: what happened and, where it is known, what to do.
    pub reason: String,
    /// What helps to understand it, such as an application's last lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detail: Vec<String>,
}

/// The kinds of failure that turn or park a saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The platform will not do it, however often it is asked.
    Rejected,
    /// It did not happen within the step's deadline.
    Deadline,
    /// The saga ended its worker again and again without a checkpoint.
    CrashLoop,
}

impl Failure {
    /// A refusal met by this step.
    pub fn rejected(step: &StepId, reason: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Rejected,
            step: Some(step.clone()),
            reason: reason.into(),
            detail: Vec::new(),
        }
    }
}
