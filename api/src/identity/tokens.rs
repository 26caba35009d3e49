//! Tokens of this API.

use tempus_model::{NotGood, Token, TokenHash};

use super::{Caller, Who};
use crate::refusal::Refusal;
use crate::state::Api;

/// Whose token this is, if it is good now.
pub(super) async fn check(
    api: &Api,
    admin: Option<TokenHash>,
    token: &Token,
) -> Result<Caller, Refusal> {
    if admin == Some(token.hash()) {
        return Ok(Caller::configured());
    }
    // Not a secret: it says in the log which token it was, whatever is wrong with it.
    let who = Who::Token(token.id());
    tracing::Span::current().record("caller", tracing::field::display(&who));
    let Some(record) = api.store().token(token.id()).await? else {
        return Err(unknown("unknown"));
    };
    match record.check(token, api.now()) {
        // A session is the browser's whose cookie it is, and no token.
        Ok(()) if record.session_of.is_some() => Err(unknown("session")),
        Ok(()) => Ok(Caller {
            who,
            owner: record.owner,
            scope: record.scope,
            until: record.expires_at,
            session: None,
        }),
        // Told apart in the log only: whoever guesses learns nothing of ids.
        Err(NotGood::Secret) => Err(unknown("wrong_secret")),
        Err(NotGood::Revoked) => Err(Refusal::unauthenticated(
            "revoked",
            "this token was revoked; ask an administrator for another",
        )),
        Err(NotGood::Expired) => Err(Refusal::unauthenticated(
            "expired",
            "this token has expired; ask an administrator for another",
        )),
    }
}

pub(super) fn unknown(reason: &'static str) -> Refusal {
    Refusal::unauthenticated(reason, "this token is not known here")
}
