//! The id in a request's path.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use tempus_model::{IdError, JobId, PreviewId};

use crate::refusal::Refusal;

/// What an id in a path can be, and how it shows in logs.
pub(super) trait PathId: FromStr<Err = IdError> {
    /// The name of the path segment.
    const SEGMENT: &'static str;
    /// The name in logs.
    const FIELD: &'static str;
}

impl PathId for PreviewId {
    const SEGMENT: &'static str = "preview_id";
    const FIELD: &'static str = "preview.id";
}

impl PathId for JobId {
    const SEGMENT: &'static str = "job_id";
    const FIELD: &'static str = "job.id";
}

/// An id in a path, noted in the request's span. Not for handlers: it says nothing of whose it is.
pub(super) struct Id<T>(pub T);

impl<T: PathId, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Text(text) = segment(parts, state, T::SEGMENT).await?;
        let id = text
            .parse()
            .map_err(|_| Refusal::unreadable(T::SEGMENT, MALFORMED))?;
        tracing::Span::current().record(T::FIELD, text);
        Ok(Self(id))
    }
}

const MALFORMED: &str = "must be a UUID such as 550e8400-e29b-41d4-a716-446655440000";

/// A text in a path, of which there is one.
pub(crate) struct Text(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Text {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        segment(parts, state, "id").await
    }
}

async fn segment<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &'static str,
) -> Result<Text, Refusal> {
    Path::<String>::from_request_parts(parts, state)
        .await
        .map(|Path(text)| Text(text))
        .map_err(|error| Refusal::unreadable(name, error.body_text()))
}
