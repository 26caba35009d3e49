//! Who calls, and what they may do.
//!
//! ```text
//!   Authorization: Bearer …          bearer    exactly one, of a known form
//!        │
//!        ├── tps_…      tokens       one look at the store: hash, revocation, expiry
//!        └── a.b.c      oidc         signature by a key of a configured issuer, then the rules
//!        ▼
//!      Caller { who, owner, scope }  limits    so many calls for each; failures by address
//!        ▼
//!      the scope that the route states in `router.rs`, then the owner, where a preview is named
//! ```
//!
//! Nothing is remembered of a good token: each call looks it up, so a revocation holds from the
//! next call on, in every process. A stream that began before is looked at every few seconds.
//!
//! With identity off there is one caller, the administrator of this machine.

pub(crate) mod access;
mod bearer;
mod caller;
mod limits;
mod oidc;
mod settings;
mod tokens;
mod watch;

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use tempus_model::TokenHash;

use crate::refusal::Refusal;
use crate::state::Api;
use bearer::Credential;
use limits::Limits;

pub(crate) use caller::{Caller, Who};
pub use oidc::{OidcError, Pattern, Rule};
pub use settings::{Identity, OidcPace, Rate};
pub(crate) use watch::refused;

/// What callers are told apart by, ready for use.
pub(crate) struct Guard {
    admin: Option<TokenHash>,
    oidc: oidc::Verifier,
    limits: Limits,
}

impl Guard {
    /// Ready for use: what is configured, or nothing if callers need not say who they are.
    pub fn new(identity: Option<Identity>) -> Result<Option<Arc<Self>>, OidcError> {
        let Some(identity) = identity else {
            return Ok(None);
        };
        Ok(Some(Arc::new(Self {
            admin: identity.admin,
            limits: Limits::new(identity.rate, identity.failures),
            oidc: oidc::Verifier::new(identity.rules, identity.pace)?,
        })))
    }

    /// Who sent this request, if it proves that and they do not call too often.
    pub async fn identify(
        &self,
        api: &Api,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Result<Caller, Refusal> {
        let caller = match self.prove(api, headers).await {
            Ok(caller) => caller,
            // What cannot be looked up now says nothing about whoever asks.
            Err(refusal) if refusal.is_unauthenticated() => {
                return Err(self.limits.failed(peer).err().unwrap_or(refusal));
            }
            Err(refusal) => return Err(refusal),
        };
        tracing::Span::current().record("caller", tracing::field::display(&caller.who));
        self.limits.called(&caller.who)?;
        Ok(caller)
    }

    async fn prove(&self, api: &Api, headers: &HeaderMap) -> Result<Caller, Refusal> {
        match Credential::read(headers)? {
            Credential::Token(token) => tokens::check(api, self.admin, &token).await,
            Credential::Signed(text) => self.oidc.check(text).await,
        }
    }
}
