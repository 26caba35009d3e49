//! Warnings: that a preview's time is nearly over. One for each expiry.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// When somebody is to be warned of a preview's end, and whether they were. In the row, so that a
/// crash loses no warning: what is due stays due until it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// How long before the end, in seconds.
    pub before: u32,
    /// When to warn, or to try again; `None` if nothing is left to be done about this expiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// How often it was begun for this expiry.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tries: u32,
    /// The expiry of which was warned last, or for which that was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Warning {
    /// A warning so long before this end, of a life that begins now. A life of less than twice that
    /// has none: it would be warned of nearly as soon as it has begun.
    pub fn new(before: Duration, expires_at: Timestamp, now: Timestamp) -> Self {
        let mut warning = Self {
            before: u32::try_from(before.as_secs()).unwrap_or(u32::MAX),
            at: None,
            tries: 0,
            of: None,
        };
        warning.begin(expires_at, now);
        warning
    }

    /// Begins anew for another expiry.
    pub(crate) fn begin(&mut self, expires_at: Timestamp, now: Timestamp) {
        let before = Duration::from_secs(self.before.into());
        let left = now.until(expires_at);
        self.at = (left >= before * 2).then(|| now.after(left.saturating_sub(before)));
        self.tries = 0;
    }
}
