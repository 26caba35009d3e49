//! `GET /dead-letters`, `POST /dead-letters/replay` and `DELETE /dead-letters/{id}`
//!
//! One list of two things: parked sagas, which are a state of their row and go by their preview's
//! id, and messages that nobody could read.

use axum::extract::State;
use axum::http::StatusCode;
use tempus_engine::{DeadLetter, DeadLetterId, DiscardError, Filter, Page, Store, StoreError};
use tempus_model::{PreviewId, Snapshot};

use crate::doc::{Conflict, Missing};
use crate::extract::{Errors, Json, Text};
use crate::hint;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{
    DeadLetterKind, DeadLetterPreview, DeadLetterView, DeadLetters, Outcome, ReplayRequest,
    ReplayResult, Replayed,
};
use crate::state::Api;

/// How many of each kind are looked at: listed, counted, replayed at a time. More are as alarming as this
/// many.
pub(crate) const MOST: usize = 1000;

/// List dead letters
///
/// Everything that needs a person: sagas that are parked, and messages that nobody could read.
#[utoipa::path(
    get,
    path = "/dead-letters",
    tag = "dead letters",
    responses((status = 200, description = "Dead letters", body = DeadLetters))
)]
pub(crate) async fn list(State(api): State<Api>) -> Result<axum::Json<DeadLetters>, Refusal> {
    let parked = parked(api.store()).await?;
    let mut messages = api.store().dead_letters(MOST + 1).await?;
    let more = parked.next.is_some() || messages.len() > MOST;
    messages.truncate(MOST);
    let sagas = parked.items.iter().filter_map(saga);
    let dead_letters = sagas.chain(messages.into_iter().map(message)).collect();
    Ok(axum::Json(DeadLetters { dead_letters, more }))
}

/// Replay dead letters
///
/// A parked saga goes on from the step it is stuck on, with its deadlines counted anew. A message
/// that nobody could read cannot be replayed. For resources that belong to no preview, a replay is the
/// word that they shall be removed. `all` replays parked sagas only, up to 1000; ask again for the rest.
#[utoipa::path(
    post,
    path = "/dead-letters/replay",
    tag = "dead letters",
    request_body = ReplayRequest,
    responses((status = 200, description = "What became of each", body = Replayed))
)]
pub(crate) async fn replay(
    State(api): State<Api>,
    caller: Caller,
    body: Json<ReplayRequest>,
) -> Result<axum::Json<Replayed>, Refusal> {
    let Json {
        value: request,
        errors,
        ..
    } = body;
    let ids = match which(request, errors)? {
        Which::These(ids) => ids,
        Which::All => {
            let parked = parked(api.store()).await?.items;
            let ids = parked.iter().map(|preview| preview.identity.id.to_string());
            ids.collect()
        }
    };
    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        let (outcome, detail) = match replay_one(&api, &caller, &id).await {
            Ok(outcome) => (outcome, reason(outcome).map(str::to_owned)),
            Err(error) => (Outcome::Unavailable, Some(error.to_string())),
        };
        results.push(ReplayResult {
            id,
            outcome,
            detail,
        });
    }
    Ok(axum::Json(Replayed { results }))
}

/// Discard a dead letter
///
/// A parked saga is given up, and its preview is `failed`; not while it still owns something. A
/// message is forgotten.
#[utoipa::path(
    delete,
    path = "/dead-letters/{id}",
    tag = "dead letters",
    params(("id" = String, Path, description = "The dead letter")),
    responses((status = 204, description = "It is no more"), Missing, Conflict)
)]
pub(crate) async fn discard(
    State(api): State<Api>,
    caller: Caller,
    Text(id): Text,
) -> Result<StatusCode, Refusal> {
    if let Some(preview) = find(&api, &id).await? {
        let id = preview.identity.id;
        match api.store().discard(id, caller.actor(), api.now()).await {
            Ok(()) => {
                // What it may have left behind all the same is looked for at once.
                hint::look(&api, id, &preview.identity.owner.id).await;
                return Ok(StatusCode::NO_CONTENT);
            }
            Err(DiscardError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if api.store().delete_dead_letter(&DeadLetterId(id)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(DiscardError::NotFound.into())
    }
}

enum Which {
    These(Vec<String>),
    All,
}

fn which(request: ReplayRequest, mut errors: Errors) -> Result<Which, Refusal> {
    let which = match (request.ids, request.all) {
        (Some(ids), None) if (1..=MOST).contains(&ids.len()) => Some(Which::These(ids)),
        (None, Some(true)) => Some(Which::All),
        (None, Some(false)) => {
            errors.push("all", "must be true; or give ids");
            None
        }
        (_, None) => {
            errors.push(
                "ids",
                format!("must list 1 to {MOST} ids; or give all as true"),
            );
            None
        }
        (Some(_), Some(_)) => {
            errors.push("all", "cannot be given together with ids");
            None
        }
    };
    errors.finish()?;
    which.ok_or_else(|| Refusal::internal("a refused replay without a reason"))
}

async fn replay_one(api: &Api, caller: &Caller, id: &str) -> Result<Outcome, StoreError> {
    if let Some(preview) = find(api, id).await? {
        let id = preview.identity.id;
        if !api.store().replay(id, caller.actor(), api.now()).await? {
            return Ok(Outcome::NotParked);
        }
        hint::look(api, id, &preview.identity.owner.id).await;
        return Ok(Outcome::Replayed);
    }
    let messages = api.store().dead_letters(MOST).await?;
    let Some(letter) = messages.iter().find(|message| message.id.0 == id) else {
        return Ok(Outcome::NotFound);
    };
    let Some(preview) = letter.id.orphaned() else {
        return Ok(Outcome::Unreadable);
    };
    hint::reap(api, preview).await;
    Ok(Outcome::Removing)
}

const fn reason(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Replayed | Outcome::Removing | Outcome::Unavailable => None,
        Outcome::NotParked => Some("it does not wait for a person"),
        Outcome::NotFound => Some("there is no dead letter of this id"),
        Outcome::Unreadable => {
            Some("what nobody can read, or does not say whose it is, can only be discarded")
        }
    }
}

/// The preview that an id names, if it names one.
async fn find(api: &Api, id: &str) -> Result<Option<Snapshot>, StoreError> {
    match id.parse::<PreviewId>() {
        Ok(id) => api.store().get(id).await,
        Err(_) => Ok(None),
    }
}

/// Parked sagas, up to [`MOST`] of them.
async fn parked(store: &dyn Store) -> Result<Page<Snapshot>, StoreError> {
    let filter = Filter {
        parked: true,
        ..Filter::default()
    };
    store.list(&filter, None, MOST).await
}

fn saga(preview: &Snapshot) -> Option<DeadLetterView> {
    let Snapshot { identity, row } = preview;
    // Lists may lag: it may have been replayed since.
    let parked = row.parked.as_ref()?;
    let entries = row.ledger.entries().iter();
    Some(DeadLetterView {
        id: identity.id.to_string(),
        kind: DeadLetterKind::Saga,
        preview: Some(DeadLetterPreview {
            preview_id: identity.id,
            name: identity.name.to_string(),
            owner: identity.owner.login.clone(),
        }),
        job: row.saga.as_ref().and_then(|saga| saga.job).map(Into::into),
        step: parked.failure.step.as_ref().map(ToString::to_string),
        error: parked.failure.reason.clone(),
        detail: parked.failure.detail.clone(),
        since: parked.since,
        owns: entries.map(|entry| entry.step.to_string()).collect(),
        body: None,
    })
}

fn message(letter: DeadLetter) -> DeadLetterView {
    let kind = if letter.id.is_report() {
        DeadLetterKind::Orphan
    } else {
        DeadLetterKind::Message
    };
    DeadLetterView {
        id: letter.id.0,
        kind,
        preview: None,
        job: None,
        step: None,
        error: letter.reason,
        detail: Vec::new(),
        since: letter.at,
        owns: Vec::new(),
        body: Some(letter.body),
    }
}
