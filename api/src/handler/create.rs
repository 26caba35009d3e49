//! `POST /preview/create`

use axum::extract::State;
use axum::response::Response;
use tempus_engine::{CreateError, JobError, NewPreview};
use tempus_model::transition::accept::DestroyReason;
use tempus_model::{Actor, FieldError, Identity, Owner, PreviewId};
use uuid::Uuid;

use super::accepted::{self, Told};
use super::costs;
use crate::doc::{Conflict, QuotaReached};
use crate::extract::{Json, Key};
use crate::hint;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::request::identity::Asked;
use crate::request::{access, lifetime, spec};
use crate::shape::{Accepted, CreateRequest};
use crate::state::Api;

/// How often a create is tried again: with another random id, as one in 2^32 previews shares a
/// short id with a given other one, or after the destroy of the name's last preview.
const TRIES: u32 = 8;

/// Create a preview
///
/// Answers at once; the preview is made in the background, and the job says how far it has come.
/// A create of a name that a live preview of the same owner, repository and pull request (or
/// branch) holds is an update of that preview.
#[utoipa::path(
    post,
    path = "/preview/create",
    tag = "previews",
    request_body = CreateRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request return the first answer, for 24 hours")),
    responses(
        (status = 202, description = "Accepted: poll the job", body = Accepted, headers(("Location" = String, description = "The job"))),
        Conflict,
        QuotaReached,
    )
)]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    key: Key,
    body: Json<CreateRequest>,
) -> Result<Response, Refusal> {
    let Created {
        accepted,
        owner,
        told,
    } = accept(&api, &caller, caller.actor(), key, body).await?;
    Ok(accepted::answer(&api, accepted, &owner.id, told).await)
}

/// A create that was accepted; the hint is still to be sent.
pub(crate) struct Created {
    pub accepted: tempus_engine::Accepted,
    /// Whose it is.
    pub owner: Owner,
    pub told: Told,
}

/// Accepts it, whoever it came from and whoever is behind it.
pub(crate) async fn accept(
    api: &Api,
    caller: &Caller,
    by: Actor,
    key: Key,
    body: Json<CreateRequest>,
) -> Result<Created, Refusal> {
    let Json {
        value: mut request,
        mut errors,
        fingerprint,
    } = body;
    let config = api.config();
    let mut asked = Asked::read(&request, caller, &mut errors)?;
    let access = access::read(request.access.take(), api.gate(), &mut errors);
    let ttl = lifetime::read(
        request.ttl_hours,
        request.ttl.as_deref(),
        &config.ttl,
        &mut errors,
    );
    let spec = spec::of_create(&mut request, config, api.platform(), &mut errors);
    access.fits(spec.as_ref(), &mut errors);
    errors.finish()?;
    let mut spec = spec.ok_or_else(|| Refusal::internal("a refused spec without a reason"))?;

    asked.settle_name(api).await?;
    let name = asked.known_name();
    if name.is_some_and(|name| config.is_taken(&name)) {
        let problem = "must be another one: that is where the API answers";
        return Err(Refusal::invalid(vec![FieldError::new("name", problem)]));
    }
    let fingerprint = access.fingerprint(api.gate(), fingerprint);
    let ttl = ttl.unwrap_or(config.ttl.default_ttl()).duration();
    let job = accepted::new_job(api, by);
    let key = key.of(caller.keys(&asked.owner), &fingerprint);
    asked.fits(api, &spec).await?;
    if spec.has_url() {
        spec.access = access.of_create(api, &asked).await?;
    }
    let budgets = api.check_budgets(&asked.owner, caller).await;
    let mut tries = 1;
    loop {
        let id = PreviewId::new(Uuid::new_v4());
        let identity = identity(&asked, &spec.template, id, job.now)?;
        let listeners = config.listeners.iter();
        let new = NewPreview {
            listeners: listeners
                .map(|listener| listener.listener(&identity.name, identity.short()))
                .collect(),
            identity,
            spec: spec.clone(),
            expires_at: job.now.after(ttl),
            warn_before: config.warnings.of(&asked.origin),
            job: job.clone(),
            quotas: config.quotas,
            budget: budgets.verdict(),
            key: key.clone(),
        };
        match api.store().create(new).await {
            Ok(accepted) => {
                let told = Told {
                    estimate: costs::estimate(api, &spec),
                    budgets: budgets.worth_a_word(),
                };
                return Ok(Created {
                    accepted,
                    owner: asked.owner,
                    told,
                });
            }
            Err(CreateError::Budget) if let Some(budget) = budgets.spent() => {
                return Err(Refusal::budget(budget));
            }
            Err(CreateError::ShortTaken) if tries < TRIES => tries += 1,
            Err(CreateError::Expired {
                preview,
                expires_at,
            }) if tries < TRIES => {
                tries += 1;
                let why = DestroyReason::Expired(expires_at);
                let destroy = accepted::new_job(api, Actor::Timer);
                match api.store().destroy(preview, why, destroy, None).await {
                    // Somebody else has found that its time is over, or has extended it.
                    Ok(_) | Err(JobError::NotAccepted(_)) => {}
                    Err(error) => return Err(error.into()),
                }
                hint::look(api, preview, &asked.owner.id).await;
            }
            Err(error) => return Err(Refusal::of_create(error, caller)),
        }
    }
}

fn identity(
    asked: &Asked,
    template: &str,
    id: PreviewId,
    now: tempus_model::Timestamp,
) -> Result<Identity, Refusal> {
    Ok(Identity {
        id,
        name: asked.name(id)?,
        owner: asked.owner.clone(),
        origin: asked.origin.clone(),
        template: template.to_owned(),
        // The store chooses one of the listeners, in the same transaction that takes its slot, if
        // the preview has a URL.
        route: None,
        created_at: now,
        predecessor: None,
    })
}
