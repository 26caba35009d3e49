//! `GET /preview/{preview_id}/link`

use axum::Json;
use axum::extract::State;
use tempus_model::transition::accept::NotAccepted;
use tempus_model::{Desired, Snapshot, Timestamp, Ttl};
use tempus_steps::gate::KEY_PARAMETER;

use crate::doc::{Conflict, Missing};
use crate::extract::{Query, Theirs};
use crate::refusal::Refusal;
use crate::shape::{LinkQuery, LinkView, ProblemKind};
use crate::state::Api;

/// Make a link to a protected preview
///
/// Whoever follows it gets in without a password, until it ends. It is signed and kept nowhere: a
/// changed password ends all links to a preview, and nothing else does before their time.
#[utoipa::path(
    get,
    path = "/preview/{preview_id}/link",
    tag = "previews",
    params(("preview_id" = Uuid, Path, description = "The preview"), LinkQuery),
    responses(
        (status = 200, description = "The link", body = LinkView),
        Missing,
        Conflict,
    )
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Theirs(snapshot): Theirs<Snapshot>,
    Query(query): Query<LinkQuery>,
) -> Result<Json<LinkView>, Refusal> {
    let ttl = query.ttl.as_deref().map(str::parse::<Ttl>).transpose();
    let ttl = ttl.map_err(|error| Refusal::unreadable("ttl", error.to_string()))?;
    let (id, row) = (snapshot.identity.id, &snapshot.row);
    let Desired::Present(spec) = &row.desired else {
        return Err(NotAccepted::Ended(row.phase()).into());
    };
    let spec = api.store().spec(id, *spec).await?;
    let spec = spec.ok_or_else(|| Refusal::internal(format!("the spec of {id} is missing")))?;
    let Some(url) = snapshot.identity.url() else {
        return Err(Refusal::new(
            ProblemKind::NotProtected,
            "the preview has no url that a link could lead to",
        ));
    };
    let gate = api.gate().filter(|_| !spec.access.is_open());
    let Some(gate) = gate else {
        return Err(Refusal::new(
            ProblemKind::NotProtected,
            "the preview is open to everybody: its url is all that it takes",
        ));
    };
    let wanted = ttl.map_or(row.expires_at, |ttl| api.now().after(ttl.duration()));
    let until = wanted.min(row.expires_at);
    let key = gate.link(id, &spec.access, until);
    Ok(Json(LinkView {
        url: format!("{url}?{KEY_PARAMETER}={key}"),
        // The key tells whole seconds.
        expires_at: Timestamp::from_millis(until.millis().div_euclid(1000) * 1000),
    }))
}
