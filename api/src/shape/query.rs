//! Query parameters.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// Which previews to list. Every filter that is given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PreviewsQuery {
    /// The owner's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The repository's full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr: Option<u64>,
    /// One of these phases, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(example = "ready,updating")]
    pub phase: Option<String>,
    /// `true` lists only what is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked: Option<bool>,
    /// What must occur in the name, the repository, the branch, the owner's login, or at the beginning of
    /// the id. A page may then have fewer previews than it could, and still a `next_cursor`: as many are
    /// looked at for one page as takes no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(min_length = 1, max_length = 200)]
    pub search: Option<String>,
    /// How many at most, 1 to 200; 50 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Which log lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct LogsQuery {
    /// How many of the newest lines to begin with, 0 to 10000; 100 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(maximum = 10_000)]
    pub tail: Option<usize>,
    /// The service; all of them unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `true` goes on with lines as they come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow: Option<bool>,
}
