//! Identity tokens: whoever a configured issuer has signed for, as far as a rule lets them.
//!
//! What is believed of a token before its signature holds is where to find the key: an issuer that
//! is configured, and a key's name. Which algorithm is used says the key, never the token, so that
//! none can be verified with another than its issuer's.

mod claims;
mod fetch;
mod keys;
mod rules;
mod signatures;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, dangerous, decode, decode_header};

use super::{Caller, OidcPace, Who};
use crate::refusal::Refusal;
use claims::Claims;
use fetch::Web;
use keys::{Issuer, NoKey};

pub use fetch::OidcError;
pub use rules::{Pattern, Rule};

/// How far an issuer's clock may be from this one, in seconds.
const LEEWAY: u64 = 30;

/// Tells who bears an identity token.
pub(super) struct Verifier {
    rules: Vec<Rule>,
    issuers: HashMap<String, Issuer>,
}

impl Verifier {
    /// Believes the issuers of these rules. Nothing is fetched yet.
    pub fn new(rules: Vec<Rule>, pace: OidcPace) -> Result<Self, OidcError> {
        signatures::install();
        let web = Arc::new(Web::new(rules.iter().map(|rule| &*rule.issuer))?);
        let names = rules.iter().map(|rule| rule.issuer.clone());
        let issuers = names.map(|name| (name.clone(), Issuer::new(name, Arc::clone(&web), pace)));
        Ok(Self {
            issuers: issuers.collect(),
            rules,
        })
    }

    /// Whose token this is, if it is good now and a rule lets its bearer in.
    pub async fn check(&self, text: &str) -> Result<Caller, Refusal> {
        let claims = self.verified(text).await?;
        let mut rules = (1..).zip(&self.rules);
        let Some((place, rule)) = rules.find(|(_, rule)| rule.fits(&claims)) else {
            return Err(Refusal::unauthenticated(
                "oidc_no_rule",
                format!("no rule here lets in {}", claims.subject()),
            ));
        };
        Ok(Caller {
            who: Who::Oidc {
                issuer: rule.issuer.as_str().into(),
                rule: place,
                subject: claims.subject().into(),
                actor: claims.actor().map(Into::into),
            },
            owner: claims.owner(),
            scope: rule.scope,
            until: Some(claims.until().after(Duration::from_secs(LEEWAY))),
            session: None,
        })
    }

    /// The claims of a token that its issuer has signed, for us and for now.
    async fn verified(&self, text: &str) -> Result<Claims, Refusal> {
        let header = decode_header(text).map_err(|_| malformed())?;
        // What must be understood, and is not.
        if header.crit.is_some() {
            return Err(malformed());
        }
        let said: Claims = dangerous::insecure_decode_claims(text).map_err(|_| malformed())?;
        let issuer = said.issuer().and_then(|name| self.issuers.get(name));
        let Some(issuer) = issuer else {
            return Err(Refusal::unauthenticated(
                "oidc_issuer",
                "no rule here takes tokens of this issuer",
            ));
        };
        let Some(kid) = header.kid else {
            return Err(malformed());
        };
        let key = issuer.key(&kid).await.map_err(|no| no_key(no, issuer))?;
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&[issuer.name()]);
        let of_issuer = self
            .rules
            .iter()
            .filter(|rule| rule.issuer == issuer.name());
        let audiences: Vec<_> = of_issuer.map(|rule| &rule.audience).collect();
        validation.set_audience(&audiences);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let data = decode::<Claims>(text, &key.key, &validation);
        data.map(|data| data.claims)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => expired(),
                ErrorKind::ImmatureSignature => {
                    Refusal::unauthenticated("oidc_early", "this identity token is not good yet")
                }
                ErrorKind::InvalidAudience => Refusal::unauthenticated(
                    "oidc_audience",
                    "this identity token is for another audience than the rules here name",
                ),
                ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => {
                    Refusal::unauthenticated(
                        "oidc_signature",
                        "this identity token is not signed by its issuer",
                    )
                }
                _ => malformed(),
            })
    }
}

fn malformed() -> Refusal {
    Refusal::unauthenticated("malformed", "this is no identity token that can be read")
}

fn expired() -> Refusal {
    Refusal::unauthenticated(
        "expired",
        "this identity token has expired; ask its issuer for another",
    )
}

fn no_key(no: NoKey, issuer: &Issuer) -> Refusal {
    match no {
        NoKey::Unknown => Refusal::unauthenticated(
            "oidc_key",
            "this identity token is signed with a key that its issuer does not list",
        ),
        NoKey::Unreachable { why, again } => Refusal::unavailable(
            "the issuer of this identity token does not tell its keys now; ask again",
            again,
            format!("{}: {why}", issuer.name()),
        ),
    }
}
