//! `POST /webhooks/github`: verifies, writes, hints. What a delivery calls for is decided by whoever
//! tends its pull request, so that order and doubles do not matter.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use futures::future::join_all;
use tempus_engine::SourceError;
use tempus_model::FieldError;
use tempus_model::github::{EventError, News, Note, SourceChange, SourceKey, Told, read};

use crate::doc::{BadHeader, NotJson, Unconfigured, Unsigned, Unsound};
use crate::hint;
use crate::refusal::Refusal;
use crate::shape::{Delivered, ProblemKind};
use crate::state::Api;

const EVENT: &str = "x-github-event";
const DELIVERY: &str = "x-github-delivery";
const SIGNATURE: &str = "x-hub-signature-256";

/// Take a delivery of GitHub's
///
/// Signed with the App's webhook secret over the bytes of its body. A delivery that came before
/// changes nothing.
#[utoipa::path(
    post,
    path = "/webhooks/github",
    tag = "github",
    params(
        ("X-GitHub-Event" = String, Header, description = "The event"),
        ("X-GitHub-Delivery" = String, Header, description = "The delivery's id; the same when it is delivered again"),
        ("X-Hub-Signature-256" = String, Header, description = "HMAC-SHA256 over the body, as sha256=HEX"),
    ),
    responses(
        (status = 200, description = "Taken", body = Delivered),
        BadHeader,
        Unsigned,
        Unconfigured,
        NotJson,
        Unsound,
    )
)]
pub(crate) async fn github(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<axum::Json<Delivered>, Refusal> {
    let Some(webhook) = api.webhook() else {
        return Err(Refusal::not_found(
            "this server has no webhook secret, so it takes no deliveries; its operator sets \
             TEMPUS_GITHUB_WEBHOOK_SECRET or github.webhook_secret_file",
        ));
    };
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
    if !webhook.signed(&body, signature.unwrap_or_default()) {
        return Err(Refusal::unauthenticated(
            "github_signature",
            "this delivery is not signed with the webhook secret of this server",
        ));
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Refusal::new(
            ProblemKind::NotJson,
            "set the webhook's content type to application/json",
        ));
    }
    let event = word(&headers, EVENT)?;
    let delivery = word(&headers, DELIVERY)?;
    let told = read(event, delivery, &body, webhook.branches()).map_err(|error| unsound(&error))?;
    let mut noted = Vec::new();
    for told in told {
        match told {
            Told::Of(key, note) => noted.extend(self::note(&api, key, *note).await?),
            Told::Gone(repository) => {
                for source in api.store().sources(repository).await? {
                    let note = Note {
                        delivery: Some(delivery.to_owned()),
                        repository: None,
                        by: None,
                        news: News::Gone,
                    };
                    noted.extend(self::note(&api, source.key, note).await?);
                }
            }
        }
    }
    let count = noted.len();
    // All at once: GitHub is answered within a second, whatever the queue does.
    join_all(noted.into_iter().map(|key| hint::source(&api, key))).await;
    Ok(axum::Json(Delivered { noted: count }))
}

/// Writes it down; the source, if that was news of it.
async fn note(api: &Api, key: SourceKey, note: Note) -> Result<Option<SourceKey>, Refusal> {
    let change = SourceChange::Note(note);
    match api.store().change_source(&key, &change, api.now()).await {
        Ok(_) => Ok(Some(key)),
        Err(SourceError::NoChange(_)) => Ok(None),
        Err(SourceError::Store(error)) => Err(error.into()),
    }
}

/// A header of which there is one, and nothing odd in it.
fn word<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, Refusal> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value
        .filter(|value| (1..=100).contains(&value.len()))
        .ok_or_else(|| Refusal::unreadable(name, "must be given, as 1 to 100 characters"))
}

fn unsound(error: &EventError) -> Refusal {
    let field = match error {
        EventError::Form(_) => "body",
        EventError::NoInstallation => "installation",
    };
    Refusal::invalid(vec![FieldError::new(field, error.to_string())])
}
