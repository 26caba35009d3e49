//! `POST /tokens`, `GET /tokens` and `DELETE /tokens/{id}`

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use tempus_model::{Owner, Timestamp, Token, TokenId, TokenRecord, Ttl};
use tracing::info;

use crate::doc::Missing;
use crate::extract::{Errors, Json, Text};
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::request::identity::owner_text;
use crate::shape::{NewToken, TokenRequest, TokenState, TokenView, Tokens};
use crate::state::Api;

/// The longest that a token is good unless it never expires.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// How often another id is tried: one in 2^64 tokens shares its id with a given other one.
const TRIES: u32 = 3;

/// Make a token
///
/// The answer is the only one that ever shows it. What is stored recognises it, and cannot be used
/// in its place.
#[utoipa::path(
    post,
    path = "/tokens",
    tag = "identity",
    request_body = TokenRequest,
    responses((status = 201, description = "The token, shown this once", body = NewToken))
)]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    body: Json<TokenRequest>,
) -> Result<(StatusCode, axum::Json<NewToken>), Refusal> {
    let Json {
        value: request,
        mut errors,
        ..
    } = body;
    let now = api.now();
    let expires_at = expiry(&request.expires_in, now, &mut errors);
    let owner = owner(&request, &caller, &mut errors);
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        errors.push(
            "name",
            "must be 1 to 100 characters that say what it is for",
        );
    }
    errors.finish()?;
    for _ in 0..TRIES {
        let token = Token::new(TokenId::new(rand::random()), rand::random());
        let record = TokenRecord {
            id: token.id(),
            hash: token.hash(),
            name: name.to_owned(),
            scope: request.scope,
            owner: owner.clone(),
            created_by: caller.who.to_string(),
            created_at: now,
            expires_at,
            revoked_at: None,
            session_of: None,
        };
        if api.store().put_token(&record).await? {
            info!(token.id = %record.id, scope = %record.scope, owner = record.owner.id, "token made");
            let made = NewToken {
                token: token.expose().to_owned(),
                record: view(record, now),
            };
            return Ok((StatusCode::CREATED, axum::Json(made)));
        }
    }
    Err(Refusal::internal("every random token id was in use"))
}

/// List tokens
///
/// Without what they are recognised by.
#[utoipa::path(
    get,
    path = "/tokens",
    tag = "identity",
    responses((status = 200, description = "Tokens, oldest first", body = Tokens))
)]
pub(crate) async fn list(State(api): State<Api>) -> Result<axum::Json<Tokens>, Refusal> {
    let now = api.now();
    let tokens = api.store().tokens().await?.into_iter();
    let tokens = tokens.map(|record| view(record, now)).collect();
    Ok(axum::Json(Tokens { tokens }))
}

/// Revoke a token
///
/// It is refused from the next call on, by every process, and its streams end within seconds. One
/// that was revoked before stays so.
#[utoipa::path(
    delete,
    path = "/tokens/{id}",
    tag = "identity",
    params(("id" = String, Path, description = "The token's id")),
    responses((status = 204, description = "It is revoked"), Missing)
)]
pub(crate) async fn revoke(State(api): State<Api>, Text(id): Text) -> Result<StatusCode, Refusal> {
    let id = id.parse::<TokenId>();
    // Said without the text: it may well be the token itself.
    let id = id.map_err(|error| Refusal::unreadable("id", error.to_string()))?;
    match api.store().revoke_token(id, api.now()).await? {
        Some(_) => {
            info!(token.id = %id, "token revoked");
            Ok(StatusCode::NO_CONTENT)
        }
        None => Err(Refusal::not_found(
            "there is no token of this id; GET /tokens lists them",
        )),
    }
}

/// When it expires; `None` if never, or if that cannot be said.
fn expiry(text: &str, now: Timestamp, errors: &mut Errors) -> Option<Timestamp> {
    if text == "never" {
        return None;
    }
    let expected = "must be a lifetime of at most 366d, such as \"90d\", or \"never\"";
    let lifetime = text.parse::<Ttl>().ok().map(Ttl::duration);
    let lifetime = lifetime.filter(|lifetime| *lifetime <= LONGEST);
    let lifetime = errors.take("expires_in", lifetime.ok_or(expected))?;
    Some(now.after(lifetime))
}

fn owner(request: &TokenRequest, caller: &Caller, errors: &mut Errors) -> Owner {
    let Some(login) = &request.owner else {
        if request.owner_id.is_some() {
            errors.push("owner", "is missing; owner_id alone names nobody to people");
        }
        return caller.owner.clone();
    };
    let id = request.owner_id.as_ref().unwrap_or(login);
    owner_text("owner", login, errors);
    owner_text("owner_id", id, errors);
    Owner {
        id: id.clone(),
        login: login.clone(),
        avatar_url: None,
    }
}

fn view(record: TokenRecord, now: Timestamp) -> TokenView {
    TokenView {
        state: match (record.revoked_at, record.expires_at) {
            (Some(_), _) => TokenState::Revoked,
            (None, Some(end)) if end <= now => TokenState::Expired,
            _ => TokenState::Good,
        },
        id: record.id.to_string(),
        name: record.name,
        scope: record.scope,
        owner: record.owner.into(),
        created_by: record.created_by,
        created_at: record.created_at,
        expires_at: record.expires_at,
        revoked_at: record.revoked_at,
    }
}
