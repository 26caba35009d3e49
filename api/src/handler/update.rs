//! `POST /preview/{preview_id}/update`

use axum::extract::State;
use axum::response::Response;
use tempus_engine::Update;
use tempus_model::transition::accept::NotAccepted;
use tempus_model::{Desired, PreviewId, Snapshot, Spec, SpecId};

use super::accepted::{self, Told};
use super::costs;
use crate::doc::{Conflict, Missing};
use crate::extract::{Json, Key, Theirs};
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::request::{access, lifetime, spec};
use crate::shape::{Accepted, UpdateRequest};
use crate::state::Api;

/// Update a preview
///
/// Moves it to another specification; what is not given stays as it is. If that fails, the
/// preview goes back to what it ran before and stays up.
#[utoipa::path(
    post,
    path = "/preview/{preview_id}/update",
    tag = "previews",
    request_body = UpdateRequest,
    params(
        ("preview_id" = Uuid, Path, description = "The preview"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request return the first answer, for 24 hours"),
    ),
    responses(
        (status = 202, description = "Accepted: poll the job", body = Accepted, headers(("Location" = String, description = "The job"))),
        Missing,
        Conflict,
    )
)]
pub(crate) async fn update(
    State(api): State<Api>,
    caller: Caller,
    Theirs(snapshot): Theirs<Snapshot>,
    key: Key,
    body: Json<UpdateRequest>,
) -> Result<Response, Refusal> {
    let Json {
        value: mut request,
        mut errors,
        fingerprint,
    } = body;
    let config = api.config();
    let ttl = lifetime::read(
        request.ttl_hours,
        request.ttl.as_deref(),
        &config.ttl,
        &mut errors,
    );
    let access = access::read(request.access.take(), api.gate(), &mut errors);
    let base = base(&api, &snapshot).await?;
    let spec = spec::of_update(&mut request, base, config, api.platform(), &mut errors);
    access.fits(spec.as_ref(), &mut errors);
    errors.finish()?;
    let mut spec = spec.ok_or_else(|| Refusal::internal("a refused spec without a reason"))?;

    let fingerprint = access.fingerprint(api.gate(), fingerprint);
    spec.access = access
        .of_update(&api, &snapshot.identity, spec.access)
        .await?;
    let owner = &snapshot.identity.owner;
    let footing = spec.clone();
    let job = accepted::new_job(&api, caller.actor());
    let update = Update {
        preview: snapshot.row.preview,
        spec,
        expires_at: ttl.map(|ttl| job.now.after(ttl.duration())),
        job,
        key: key.of(caller.keys(owner), &fingerprint),
    };
    let accepted = api.store().update(update).await?;
    let told = Told {
        estimate: costs::estimate(&api, &footing),
        budgets: api.check_budgets(owner, &caller).await.worth_a_word(),
    };
    Ok(accepted::answer(&api, accepted, &owner.id, told).await)
}

/// The spec that what is not given is taken from: the wanted one. One is found for a preview that
/// has ended too, so that the store can tell a repeated request, which gets its first answer, from
/// a new one, which is refused.
async fn base(api: &Api, snapshot: &Snapshot) -> Result<Spec, Refusal> {
    let row = &snapshot.row;
    let id = match &row.desired {
        Desired::Present(spec) => Some(*spec),
        Desired::Absent(_) => newest(api, row.preview).await?,
    };
    let Some(id) = id else {
        return Err(NotAccepted::Ended(row.phase()).into());
    };
    let spec = api.store().spec(row.preview, id).await?;
    spec.ok_or_else(|| Refusal::internal(format!("spec {id} of {} is missing", row.preview)))
}

async fn newest(api: &Api, preview: PreviewId) -> Result<Option<SpecId>, Refusal> {
    let jobs = api.store().jobs(preview, 10).await?;
    Ok(jobs.iter().find_map(|job| job.spec))
}
