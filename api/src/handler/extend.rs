//! `POST /preview/{preview_id}/extend`

use axum::extract::State;
use tempus_engine::Extended as To;
use tempus_model::{Snapshot, Timestamp, Ttl};

use crate::config::TtlRange;
use crate::doc::{Conflict, Missing};
use crate::extract::{Errors, Json, Theirs};
use crate::hint;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::request::lifetime;
use crate::shape::{ExtendRequest, Extended};
use crate::state::Api;

/// Extend a preview
///
/// `ttl` or `ttl_hours` sets the time left from now; `by` adds to what is left, up to the longest
/// time allowed from now. A pinned preview ends no sooner than its pin all the same.
#[utoipa::path(
    post,
    path = "/preview/{preview_id}/extend",
    tag = "previews",
    request_body = ExtendRequest,
    params(("preview_id" = Uuid, Path, description = "The preview")),
    responses(
        (status = 200, description = "The new expiry", body = Extended),
        Missing,
        Conflict,
    )
)]
pub(crate) async fn extend(
    State(api): State<Api>,
    caller: Caller,
    Theirs(preview): Theirs<Snapshot>,
    body: Json<ExtendRequest>,
) -> Result<axum::Json<Extended>, Refusal> {
    let Json {
        value: request,
        mut errors,
        ..
    } = body;
    let now = api.now();
    let to = read(&request, &api.config().ttl, now, &mut errors);
    errors.finish()?;
    let to = to.ok_or_else(|| Refusal::internal("a refused extend without a reason"))?;
    changed(&api, &caller, &preview, to).await
}

/// Gives a preview another expiry, and answers with it.
pub(super) async fn changed(
    api: &Api,
    caller: &Caller,
    preview: &Snapshot,
    to: To,
) -> Result<axum::Json<Extended>, Refusal> {
    let id = preview.row.preview;
    let extended = api.store().extend(id, to, caller.actor(), api.now());
    let row = extended.await?;
    hint::look(api, id, &preview.identity.owner.id).await;
    Ok(axum::Json(Extended {
        preview_id: id,
        expires_at: row.expires_at,
    }))
}

fn read(
    request: &ExtendRequest,
    range: &TtlRange,
    now: Timestamp,
    errors: &mut Errors,
) -> Option<To> {
    let (ttl_hours, ttl) = (request.ttl_hours, request.ttl.as_deref());
    let ttl = lifetime::read(ttl_hours, ttl, range, errors);
    let Some(by) = request.by.as_deref() else {
        if request.ttl_hours.is_none() && request.ttl.is_none() {
            errors.push("ttl", "is missing; give one of ttl, ttl_hours and by");
        }
        return ttl.map(|ttl| To::To(now.after(ttl.duration())));
    };
    if request.ttl_hours.is_some() || request.ttl.is_some() {
        errors.push("by", "cannot be given together with ttl or ttl_hours");
    }
    let more = errors.take("by", by.parse::<Ttl>())?;
    Some(To::By {
        more: more.duration(),
        latest: range.latest(now),
    })
}
