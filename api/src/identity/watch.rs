//! Ends what a caller began when it is not good any more.

use std::time::Duration;

use tempus_model::TokenId;

use super::{Caller, Who};
use crate::state::Api;

/// How often a stream's caller is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Ends when the caller would be refused now: its token was revoked, or its time is over. A store
/// that does not answer ends nothing.
pub(crate) async fn refused(api: Api, caller: Caller) {
    let ends = caller.until.is_some() || matches!(caller.who, Who::Token(_));
    if !ends {
        return std::future::pending().await;
    }
    loop {
        let left = caller.until.map(|end| api.now().until(end));
        tokio::time::sleep(left.unwrap_or(LOOK).min(LOOK)).await;
        if caller.until.is_some_and(|end| end <= api.now())
            || is_over(&api, caller.session).await
            || is_revoked(&api, &caller.who).await
        {
            return;
        }
    }
}

async fn is_revoked(api: &Api, who: &Who) -> bool {
    match who {
        Who::Token(id) => is_over(api, Some(*id)).await,
        Who::Local | Who::Configured | Who::App | Who::Oidc { .. } => false,
    }
}

/// Whether a token was revoked, or a session signed out.
async fn is_over(api: &Api, id: Option<TokenId>) -> bool {
    let Some(id) = id else { return false };
    match api.store().token(id).await {
        Ok(record) => record.is_none_or(|record| record.revoked_at.is_some()),
        Err(_) => false,
    }
}
