//! The receipt: the stored proof that everything a preview owned is gone.

use serde::{Deserialize, Serialize};

use crate::{Generation, InstallationId, PreviewId, Timestamp};

/// Written once, by a verify that found nothing (or removed what it found and looked again).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The preview that is gone.
    pub preview_id: PreviewId,
    /// The installation that owned it.
    pub installation: InstallationId,
    /// The generation that removed it.
    pub generation: Generation,
    /// When its last resource was removed, as far as its own steps could tell.
    pub destroyed_at: Timestamp,
    /// When the listing below was made. Later than any call of a dead worker could land.
    pub verified_at: Timestamp,
    /// What the listing looked for, how, and what it found at the end: always nothing.
    pub checks: Vec<Check>,
    /// What the preview's removal took away.
    pub removed: Vec<Removed>,
    /// What only the verify found, and removed: a call that landed late.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found_late: Vec<Removed>,
}

/// One way of looking for what might be left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The kind of resource, such as `process` or `target group`.
    pub kind: String,
    /// How it was looked for, such as `lock file` or `tag`.
    pub by: String,
    /// What was found.
    pub found: Vec<String>,
}

/// One resource that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The step that had made it, or the kind of resource.
    pub step: String,
    /// Its name.
    pub resource: String,
    /// When its removal was seen.
    pub at: Timestamp,
}
