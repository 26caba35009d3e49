//! `DELETE /preview/{preview_id}`

use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::Response;
use tempus_engine::{Accepted, JobError, Repeat};
use tempus_model::Snapshot;
use tempus_model::transition::accept::{DestroyReason, NotAccepted};

use super::accepted::{self, Told};
use crate::doc::{KeyReused, Missing};
use crate::extract::{Key, Theirs, fingerprint};
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape;
use crate::state::Api;

/// Destroy a preview
///
/// Destroying what is being destroyed already answers with the job that does it.
#[utoipa::path(
    delete,
    path = "/preview/{preview_id}",
    tag = "previews",
    params(
        ("preview_id" = Uuid, Path, description = "The preview"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request return the first answer, for 24 hours"),
    ),
    responses(
        (status = 202, description = "Accepted: poll the job", body = shape::Accepted, headers(("Location" = String, description = "The job"))),
        Missing,
        KeyReused,
    )
)]
pub(crate) async fn destroy(
    State(api): State<Api>,
    caller: Caller,
    Theirs(snapshot): Theirs<Snapshot>,
    method: Method,
    uri: Uri,
    key: Key,
) -> Result<Response, Refusal> {
    let (id, owner) = (snapshot.row.preview, &snapshot.identity.owner);
    let key = key.of(caller.keys(owner), &fingerprint(&method, uri.path(), b""));
    let job = accepted::new_job(&api, caller.actor());
    let store = api.store();
    let accepted = match store.destroy(id, DestroyReason::Asked, job, key).await {
        Err(JobError::NotAccepted(NotAccepted::Already(job))) => Accepted {
            preview: id,
            job,
            url: snapshot.identity.url().map(str::to_owned),
            expires_at: snapshot.row.expires_at,
            repeat: Repeat::Yes,
        },
        other => other?,
    };
    let owner = &snapshot.identity.owner.id;
    Ok(accepted::answer(&api, accepted, owner, Told::default()).await)
}
