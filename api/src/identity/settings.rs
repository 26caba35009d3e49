//! What an installation decides about its callers.

use std::num::NonZeroU32;
use std::time::Duration;

use tempus_model::TokenHash;

use super::Rule;

/// Whom the API believes. An API without it believes everybody, so it may be reached from its own
/// machine only.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The hash of a token that is an administrator's, whatever the store says.
    pub admin: Option<TokenHash>,
    /// Whose identity tokens are taken. The first rule that fits decides.
    pub rules: Vec<Rule>,
    /// How often each caller may call.
    pub rate: Rate,
    /// How often an address may fail to prove anything.
    pub failures: Rate,
    /// How often issuers are asked for their keys.
    pub pace: OidcPace,
}

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How often at once, after a quiet while.
    pub burst: NonZeroU32,
    /// The time until it may happen once more. More than zero.
    pub every: Duration,
}

impl Rate {
    /// So often at once, and so often a second after that.
    pub fn per_second(burst: NonZeroU32, per_second: NonZeroU32) -> Self {
        Self {
            burst,
            every: Duration::from_secs(1) / per_second.get(),
        }
    }

    /// What an address is allowed: enough for a job that is configured wrong to be told so, and
    /// not enough to fill a log.
    pub const FAILURES: Self = Self {
        burst: NonZeroU32::new(20).expect("twenty is not zero"),
        every: Duration::from_secs(6),
    };
}

/// How often an issuer is asked for its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OidcPace {
    /// The least time between two questions, whatever tokens come with keys nobody knows.
    pub pause: Duration,
    /// The age at which keys are asked for again.
    pub fresh: Duration,
    /// The age beyond which keys are not believed any more, if the issuer does not answer.
    pub stale: Duration,
}

impl Default for OidcPace {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(10),
            fresh: Duration::from_hours(1),
            stale: Duration::from_hours(24),
        }
    }
}
