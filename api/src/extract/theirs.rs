//! What a path names, as far as it is the caller's.
//!
//! A preview's or a job's id in a path can be had in no other way, so no handler can show or change
//! what is somebody else's by forgetting to look. What is somebody else's is not found, in the very
//! words in which nothing is.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use tempus_model::{Job, JobId, PreviewId, Snapshot};

use super::id::{Id, PathId};
use crate::identity::Caller;
use crate::refusal::{Refusal, no_job, no_preview};
use crate::state::Api;

/// A preview or a job that is the caller's business.
pub(crate) struct Theirs<T>(pub T);

impl<S> FromRequestParts<S> for Theirs<Snapshot>
where
    S: Send + Sync,
    Api: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let (api, caller, id) = asked::<PreviewId, _>(parts, state).await?;
        let preview = api.store().get(id).await?.ok_or_else(no_preview)?;
        if caller.sees(&preview.identity.owner) {
            return Ok(Self(preview));
        }
        Err(no_preview())
    }
}

impl<S> FromRequestParts<S> for Theirs<Job>
where
    S: Send + Sync,
    Api: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let (api, caller, id) = asked::<JobId, _>(parts, state).await?;
        let job = api.store().job(id).await?.ok_or_else(no_job)?;
        // Everything is an administrator's business: no read to find out whose it is.
        if caller.is_admin() {
            return Ok(Self(job));
        }
        let preview = api.store().get(job.preview).await?;
        match preview {
            Some(preview) if caller.sees(&preview.identity.owner) => Ok(Self(job)),
            _ => Err(no_job()),
        }
    }
}

/// Who asks for what.
async fn asked<T: PathId, S>(parts: &mut Parts, state: &S) -> Result<(Api, Caller, T), Refusal>
where
    S: Send + Sync,
    Api: FromRef<S>,
{
    let caller = Caller::from_request_parts(parts, state).await?;
    let Id(id) = Id::from_request_parts(parts, state).await?;
    Ok((Api::from_ref(state), caller, id))
}
