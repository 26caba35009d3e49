//! `GET /preview/{preview_id}/logs`.

use serde::{Deserialize, Serialize};
use tempus_model::Timestamp;
use utoipa::ToSchema;

/// One line that an application wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The service that wrote it.
    pub service: String,
    /// `stdout` or `stderr`.
    pub stream: String,
    /// The line, without its end.
    pub text: String,
}

impl From<tempus_steps::LogLine> for LogLine {
    fn from(line: tempus_steps::LogLine) -> Self {
        Self {
            at: line.at,
            service: line.service,
            stream: line.stream,
            text: line.text,
        }
    }
}
