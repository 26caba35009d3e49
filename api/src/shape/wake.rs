//! `POST /preview/{preview_id}/wake`.

use serde::{Deserialize, Serialize};
use tempus_model::{Phase, PreviewId};
use utoipa::ToSchema;

use super::schema;

/// A preview that is wanted awake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Roused {
    /// The preview.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// Where it stands now: `asleep` until it runs again, and then `ready`.
    #[schema(value_type = schema::Phase)]
    pub phase: Phase,
}
