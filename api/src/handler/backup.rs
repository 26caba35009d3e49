//! `POST /backup`

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tempus_engine::BackupError;
use tokio_util::io::ReaderStream;

use crate::refusal::Refusal;
use crate::shape::ProblemKind;
use crate::state::Api;

/// What SQLite files are called.
const MEDIA_TYPE: &str = "application/vnd.sqlite3";

/// Back the store up
///
/// The whole store as one file, as it is at one moment, for `tempus restore`. Nothing waits for it. It
/// holds the environment of every preview. An engine that keeps nothing in a file refuses.
#[utoipa::path(
    post,
    path = "/backup",
    tag = "server",
    responses(
        (status = 200, description = "An SQLite file", content_type = "application/vnd.sqlite3", body = Vec<u8>),
        (status = 501, description = "This engine has no file", content_type = "application/problem+json", body = crate::shape::Problem),
        (status = 507, description = "There is no room for the copy", content_type = "application/problem+json", body = crate::shape::Problem),
        (status = 503, description = "The store cannot be read, or its copy not be written", content_type = "application/problem+json", body = crate::shape::Problem),
    )
)]
pub(crate) async fn backup(State(api): State<Api>) -> Result<Response, Refusal> {
    let copy = api.store().backup(api.now()).await?;
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CONTENT_LENGTH, copy.bytes.to_string()),
    ];
    // As many bytes as were promised, or the answer is cut off and the client knows.
    let bytes = ReaderStream::new(tokio::fs::File::from_std(copy.file));
    Ok((headers, Body::from_stream(bytes)).into_response())
}

impl From<BackupError> for Refusal {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::NoFile => Self::new(ProblemKind::NoBackup, error.to_string()),
            BackupError::Store(error) => error.into(),
        }
    }
}
