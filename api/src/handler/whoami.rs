//! `GET /whoami`

use axum::Json;

use crate::identity::{Caller, Who};
use crate::shape::{CallerKind, CallerView};

/// Say who is calling
#[utoipa::path(
    get,
    path = "/whoami",
    tag = "identity",
    responses((status = 200, description = "The caller, and what it may do", body = CallerView))
)]
pub(crate) async fn whoami(caller: Caller) -> Json<CallerView> {
    Json(CallerView {
        kind: match caller.who {
            Who::Local => CallerKind::Local,
            Who::Configured => CallerKind::Configured,
            Who::Token(_) => CallerKind::Token,
            // It never asks.
            Who::App | Who::Oidc { .. } => CallerKind::Oidc,
        },
        name: caller.who.to_string(),
        scope: caller.scope,
        owner: caller.owner.into(),
        expires_at: caller.until,
    })
}
