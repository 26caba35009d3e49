//! `GET /preview/{preview_id}/link`.

use serde::{Deserialize, Serialize};
use tempus_model::Timestamp;
use utoipa::{IntoParams, ToSchema};

/// Which link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct LinkQuery {
    /// How long it opens the preview, such as `90m` or `2d`, but never longer than the preview
    /// lives; as long as that unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(example = "1h")]
    pub ttl: Option<String>,
}

/// A link that opens a protected preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkView {
    /// The link. Whoever has it gets in.
    pub url: String,
    /// When it ends, and with it what was opened by it. Another password ends it at once.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}
