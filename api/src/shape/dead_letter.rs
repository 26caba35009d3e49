//! `GET /dead-letters`, `POST /dead-letters/replay` and `DELETE /dead-letters/{id}`.

use serde::{Deserialize, Serialize};
use tempus_model::{PreviewId, Timestamp};
use utoipa::ToSchema;

use super::JobRefView;

/// Everything that needs a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetters {
    /// Parked sagas first, then messages that nobody could read.
    pub dead_letters: Vec<DeadLetterView>,
    /// Whether there are more of either than are listed here.
    pub more: bool,
}

/// A parked saga, or a message that nobody could read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterView {
    /// What to replay or discard it by: a parked saga's is its preview's id.
    pub id: String,
    /// Which of the two it is.
    pub kind: DeadLetterKind,
    /// The preview of a parked saga.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<DeadLetterPreview>,
    /// The job that a parked saga carries out, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobRefView>,
    /// The step that it is stuck on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What it is stuck on, or why nobody could read it.
    pub error: String,
    /// What helps to understand it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detail: Vec<String>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The steps whose resources a parked saga still owns. It can be discarded only without any.
    pub owns: Vec<String>,
    /// The beginning of a message that nobody could read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The kinds of dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterKind {
    /// A saga that stands still until it is replayed.
    Saga,
    /// A message of the queue that nobody could read.
    Message,
    /// Resources that carry this installation's tags and belong to no preview; a replay removes
    /// them, and nothing else does.
    Orphan,
}

/// The preview of a parked saga.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterPreview {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// Its name.
    pub name: String,
    /// Its owner's login.
    pub owner: String,
}

/// Which dead letters to replay: either `ids`, or `all` as `true`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"all": true}))]
pub struct ReplayRequest {
    /// These.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
    /// Every parked saga.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
}

/// What became of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Replayed {
    /// One for each id, in the order asked.
    pub results: Vec<ReplayResult>,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayResult {
    /// The dead letter.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where it was not replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What a replay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It goes on from where it stood.
    Replayed,
    /// It does not wait for a person (any more).
    NotParked,
    /// There is no such dead letter.
    NotFound,
    /// A message that nobody could read cannot be replayed, only discarded.
    Unreadable,
    /// What belongs to no preview is being removed.
    Removing,
    /// The store did not do it; ask again.
    Unavailable,
}
