//! `POST /preview/{preview_id}/wake`

use axum::Json;
use axum::extract::State;
use tempus_model::Snapshot;
use tempus_model::transition::accept::NotAccepted;

use crate::doc::{Conflict, Missing};
use crate::extract::Theirs;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::rouse::rouse;
use crate::shape::Roused;
use crate::state::Api;

/// Wake a preview
///
/// One that sleeps is started again: its phase is `ready` then. One that does not is not put to
/// sleep before it has been idle from now on.
#[utoipa::path(
    post,
    path = "/preview/{preview_id}/wake",
    tag = "previews",
    params(("preview_id" = Uuid, Path, description = "The preview")),
    responses(
        (status = 200, description = "It is wanted awake", body = Roused),
        Missing,
        Conflict,
    )
)]
pub(crate) async fn wake(
    State(api): State<Api>,
    caller: Caller,
    Theirs(preview): Theirs<Snapshot>,
) -> Result<Json<Roused>, Refusal> {
    let (row, now) = (&preview.row, api.now());
    if !row.desired.is_present() {
        return Err(NotAccepted::Ended(row.phase()).into());
    }
    if row.expires_at <= now {
        return Err(NotAccepted::Expired(row.expires_at).into());
    }
    rouse(api.store(), api.queue(), &preview, caller.actor(), now).await?;
    Ok(Json(Roused {
        preview_id: row.preview,
        phase: row.phase(),
    }))
}
