//! `POST /preview/{preview_id}/pin`.

use serde::{Deserialize, Serialize};
use tempus_model::{Pin, Timestamp};
use utoipa::ToSchema;

/// Keeps a preview beyond the time that others may have: exactly one of `for` and `until`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"reason": "the demo on Friday", "for": "14d"}))]
pub struct PinRequest {
    /// Why: 1 to 200 characters on one line. Shown wherever the preview is.
    pub reason: String,
    /// How long from now, such as `"14d"`.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub length: Option<String>,
    /// Until when, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What keeps a preview beyond its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PinView {
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// When its time is over without the pin.
    #[schema(value_type = String, format = DateTime)]
    pub otherwise: Timestamp,
}

impl From<&Pin> for PinView {
    fn from(pin: &Pin) -> Self {
        Self {
            until: pin.until,
            reason: pin.reason.to_string(),
            otherwise: pin.otherwise,
        }
    }
}
