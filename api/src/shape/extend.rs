//! `POST /preview/{preview_id}/extend`.

use serde::{Deserialize, Serialize};
use tempus_model::{PreviewId, Timestamp};
use utoipa::ToSchema;

/// Gives a preview another expiry: exactly one of the fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"by": "1h"}))]
pub struct ExtendRequest {
    /// The time left, from now, in hours; may be fractional, and may shorten what is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_hours: Option<f64>,
    /// The time left, from now, such as `"90m"`; may shorten what is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<String>,
    /// How much later than now set, such as `"30m"`. Ends at the longest time allowed from now.
    /// Asked twice, it is added twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The new expiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Extended {
    /// The preview.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// When its time is over.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}
