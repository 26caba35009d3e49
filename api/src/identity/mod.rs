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
//! A browser has a session instead of a token: a cookie, which counts only in what the console's own pages
//! send (`session.rs`).
//!
//! With identity off there is one caller, the administrator of this machine.

pub(crate) mod access;
mod bearer;
mod caller;
mod limits;
mod oidc;
mod session;
mod settings;
mod tokens;
mod watch;

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, Method, header};
use tempus_model::TokenHash;

use crate::layer::peer::{Peer, Scheme};
use crate::refusal::Refusal;
use crate::state::Api;
use bearer::Credential;
use limits::Limits;

pub(crate) use caller::{Caller, Who};
pub use oidc::{OidcError, Pattern, Rule};
use session::Begun;
pub(crate) use session::{Cookie, says_where};
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
        method: &Method,
        headers: &HeaderMap,
        peer: Option<Peer>,
    ) -> Result<Caller, Refusal> {
        let proved = self.prove(api, method, headers, peer).await;
        let caller = self.counted(proved, peer.map(|peer| peer.client))?;
        tracing::Span::current().record("caller", tracing::field::display(&caller.who));
        self.limits.called(&caller.who)?;
        Ok(caller)
    }

    /// Begins a session for whoever has this token.
    pub async fn sign_in(
        &self,
        api: &Api,
        token: &str,
        peer: Option<Peer>,
    ) -> Result<Begun, Refusal> {
        let begun = session::begin(api, self.admin, token).await;
        self.counted(begun, peer.map(|peer| peer.client))
    }

    /// What was proved; that nothing was counts against the address. What cannot be looked up now says
    /// nothing about whoever asks.
    fn counted<T>(&self, proved: Result<T, Refusal>, peer: Option<IpAddr>) -> Result<T, Refusal> {
        proved.map_err(|refusal| {
            if refusal.is_unauthenticated() {
                return self.limits.failed(peer).err().unwrap_or(refusal);
            }
            refusal
        })
    }

    async fn prove(
        &self,
        api: &Api,
        method: &Method,
        headers: &HeaderMap,
        peer: Option<Peer>,
    ) -> Result<Caller, Refusal> {
        if !headers.contains_key(header::AUTHORIZATION) {
            let scheme = peer.map_or(Scheme::Http, |peer| peer.scheme);
            if let Some(token) = Cookie::over(scheme).read(method, headers) {
                return session::check(api, self.admin, &token).await;
            }
        }
        match Credential::read(headers)? {
            Credential::Token(token) => tokens::check(api, self.admin, &token).await,
            Credential::Signed(text) => self.oidc.check(text).await,
        }
    }
}
