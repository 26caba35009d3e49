//! The caller of a request.

use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tempus_model::{Actor, Owner, Proof, Scope, Timestamp, TokenId};

use crate::refusal::Refusal;

/// Who sent a request, and what they may do. Every handler that changes or shows anything takes
/// one; there is none before the route's own scope was held against it.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Who it is, for logs.
    pub who: Who,
    /// Whose previews it sees and changes, unless it is an administrator.
    pub owner: Owner,
    /// What it may do.
    pub scope: Scope,
    /// When what it proved itself by stops being good.
    pub until: Option<Timestamp>,
    /// The session of a browser that it came by, which ends with it.
    pub session: Option<TokenId>,
}

/// Who somebody is, by what they proved themselves by. Shown in logs; holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// Whoever is at this machine: identity is off.
    Local,
    /// The bearer of the token whose hash is configured.
    Configured,
    /// The bearer of a token.
    Token(TokenId),
    /// This program, for a pull request.
    App,
    /// Somebody that an issuer speaks for.
    Oidc {
        /// The issuer.
        issuer: Arc<str>,
        /// The place of the rule that let them in, from 1.
        rule: u32,
        /// What the issuer calls them.
        subject: Arc<str>,
        /// Who made it run, where the issuer says so.
        actor: Option<Arc<str>>,
    },
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Configured => f.write_str("configured"),
            Self::Token(id) => write!(f, "token {id}"),
            Self::App => f.write_str("app"),
            Self::Oidc { subject, actor, .. } => {
                write!(f, "oidc {subject}")?;
                actor.iter().try_for_each(|actor| write!(f, " by {actor}"))
            }
        }
    }
}

impl Caller {
    /// Whoever is at this machine, where identity is off.
    pub fn local() -> Self {
        Self::administrator(Who::Local, "local")
    }

    /// The bearer of the token whose hash is configured.
    pub fn configured() -> Self {
        Self::administrator(Who::Configured, "admin")
    }

    fn administrator(who: Who, owner: &str) -> Self {
        Self {
            who,
            owner: Owner {
                id: owner.to_owned(),
                login: owner.to_owned(),
                avatar_url: None,
            },
            scope: Scope::Admin,
            until: None,
            session: None,
        }
    }

    /// Who it is, as it is kept with what they do.
    pub fn actor(&self) -> Actor {
        let by = match &self.who {
            Who::Local => Proof::Machine,
            Who::Configured => Proof::Configured,
            Who::App => return Actor::App,
            Who::Token(id) => Proof::Token(*id),
            Who::Oidc {
                issuer,
                rule,
                subject,
                actor,
            } => Proof::Oidc {
                issuer: issuer.to_string(),
                rule: *rule,
                subject: subject.to_string(),
                actor: actor.as_deref().map(ToOwned::to_owned),
            },
        };
        Actor::Caller {
            id: self.owner.id.clone(),
            login: self.owner.login.clone(),
            by,
        }
    }

    /// Whether everything is its business.
    pub fn is_admin(&self) -> bool {
        self.scope == Scope::Admin
    }

    /// Whether what this owner has is its business.
    pub fn sees(&self, owner: &Owner) -> bool {
        self.is_admin() || self.owner.id == owner.id
    }

    /// Whether this text names its own owner.
    pub fn is_called(&self, owner: &str) -> bool {
        owner == self.owner.id || owner == self.owner.login
    }

    /// Whose idempotency keys it uses: its own, so that nobody is given an answer that was
    /// somebody else's. On this machine everybody is the same caller, and keys go by owner.
    pub fn keys<'a>(&'a self, owner: &'a Owner) -> &'a str {
        match self.who {
            Who::Local => &owner.id,
            _ => &self.owner.id,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = parts.extensions.get::<Self>().cloned();
        // An open route has no caller, so its handler must not ask for one.
        caller.ok_or_else(|| Refusal::internal("a route without a caller"))
    }
}
