//! `GET /preview/{preview_id}/receipt`.

use serde::{Deserialize, Serialize};
use tempus_model::{Check, Generation, InstallationId, PreviewId, Receipt, Removed, Timestamp};
use utoipa::ToSchema;

/// The proof that everything a preview owned is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptView {
    /// The preview that is gone.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// The installation of Tempus that owned it.
    #[schema(value_type = String)]
    pub installation: InstallationId,
    /// The generation that removed it.
    #[schema(value_type = u64)]
    pub generation: Generation,
    /// When its last resource was removed, as far as its own steps could tell.
    #[schema(value_type = String, format = DateTime)]
    pub destroyed_at: Timestamp,
    /// When everything was listed again. Later than any call of a dead worker could land.
    #[schema(value_type = String, format = DateTime)]
    pub verified_at: Timestamp,
    /// What was looked for, how, and what was found at the end: always nothing.
    pub checks: Vec<CheckView>,
    /// What its removal took away.
    pub removed: Vec<RemovedView>,
    /// What only the last look found, and removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found_late: Vec<RemovedView>,
}

/// One way of looking for what might be left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// The kind of resource.
    pub kind: String,
    /// How it was looked for.
    pub by: String,
    /// What was found.
    pub found: Vec<String>,
}

/// One resource that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovedView {
    /// The step that had made it, or the kind of resource.
    pub step: String,
    /// Its name.
    pub resource: String,
    /// When its removal was seen.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<Receipt> for ReceiptView {
    fn from(receipt: Receipt) -> Self {
        let removed = |list: Vec<Removed>| list.into_iter().map(Into::into).collect();
        Self {
            preview_id: receipt.preview_id,
            installation: receipt.installation,
            generation: receipt.generation,
            destroyed_at: receipt.destroyed_at,
            verified_at: receipt.verified_at,
            checks: receipt.checks.into_iter().map(Into::into).collect(),
            removed: removed(receipt.removed),
            found_late: removed(receipt.found_late),
        }
    }
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        Self {
            kind: check.kind,
            by: check.by,
            found: check.found,
        }
    }
}

impl From<Removed> for RemovedView {
    fn from(removed: Removed) -> Self {
        Self {
            step: removed.step,
            resource: removed.resource,
            at: removed.at,
        }
    }
}
