//! What is configured about callers: `[identity]`. Nothing here is a secret.
//!
//! ```toml
//! [identity]
//! admin_token_hash = "5e88…"   # printed by `tempus token new`
//! oidc = """
//! issuer=https://token.actions.githubusercontent.com audience=tempus repository=acme/* ref=refs/heads/main scope=admin
//! issuer=https://token.actions.githubusercontent.com audience=tempus repository=acme/* scope=deployer
//! """
//! rate = "300/5"
//! ```

use std::fmt;

use serde_json::Value;
use tempus_model::{Scope, TokenHash};

use super::Setting;
use super::oidc::OidcRule;

/// `[identity]`: who may call the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The hash of an administrator's token, for an installation that has no token yet.
    pub admin_token_hash: Option<TokenHash>,
    /// Whose identity tokens are taken, and for what. The first rule that matches decides.
    pub oidc: Vec<OidcRule>,
    /// How fast each caller may call.
    pub rate: CallRate,
}

impl Identity {
    /// Whether callers must say who they are. If not, everybody who can reach the API is its
    /// administrator, so it may be reached from this machine only.
    pub fn is_on(&self) -> bool {
        self.admin_token_hash.is_some() || !self.oidc.is_empty()
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            admin_token_hash: None,
            oidc: Vec::new(),
            rate: CallRate {
                burst: 300,
                per_second: 5,
            },
        }
    }
}

/// How fast one caller may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallRate {
    /// How many calls at once, after a quiet while.
    pub burst: u32,
    /// How many a second after that.
    pub per_second: u32,
}

impl fmt::Display for CallRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.burst, self.per_second)
    }
}

impl Setting for CallRate {
    const EXPECTS: &'static str = "BURST/PER_SECOND in whole numbers, such as \"300/5\"";

    fn read(text: &str) -> Option<Self> {
        let (burst, per_second) = text.split_once('/')?;
        Some(Self {
            burst: u32::read(burst)?,
            per_second: u32::read(per_second)?,
        })
    }

    fn show(&self) -> Value {
        self.to_string().into()
    }
}

impl Setting for TokenHash {
    const EXPECTS: &'static str =
        "the 64 hex digits that `tempus token new` prints, and never the token itself";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> Value {
        self.to_string().into()
    }
}

impl Setting for Scope {
    const EXPECTS: &'static str = "\"viewer\", \"deployer\" or \"admin\"";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> Value {
        self.as_str().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_on_by_a_hash_or_a_rule() {
        let mut identity = Identity::default();
        assert!(!identity.is_on());
        identity.admin_token_hash = TokenHash::read(&"0a".repeat(32));
        assert!(identity.is_on());
        let mut identity = Identity::default();
        identity.oidc =
            Setting::read("issuer=https://ci.example audience=t sub=a scope=viewer").unwrap();
        assert!(identity.is_on());
    }

    #[test]
    fn a_token_is_not_taken_for_its_hash() {
        for wrong in ["", "tps_abc_def", &"0A".repeat(32), &"0".repeat(63)] {
            assert!(TokenHash::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_rate_is_shown_as_it_is_read() {
        assert_eq!(CallRate::read("20/1").unwrap().show(), "20/1");
        for wrong in ["", "20", "20/0", "0/1", "1/1/1", "a/b"] {
            assert!(CallRate::read(wrong).is_none(), "{wrong}");
        }
    }
}
