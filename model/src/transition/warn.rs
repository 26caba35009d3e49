//! Warn: that the end is near is said, or was. No saga and no lease: the due time is moved out before
//! it is tried, so that a try of which nothing comes is followed by another.

use super::Change;
use crate::{Actor, Deed, DeedKind, Row, Timestamp, Work};

/// What is done about a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warn {
    /// Takes the right to give it.
    Begin {
        /// When the next try begins, should nothing be heard of this one.
        again: Timestamp,
        /// How many tries there are.
        most: u32,
    },
    /// It was given.
    Given {
        /// For this expiry.
        of: Timestamp,
    },
}

/// The row with this done about its warning; `None` if it does not call for it, any more.
///
/// [`Warn::Begin`] of a row that has had all its tries gives up: nothing is due for this expiry then.
pub fn warn(row: &Row, warn: Warn, now: Timestamp) -> Option<Change> {
    let mut row = row.clone();
    let expires_at = row.expires_at;
    let is_due = row.work(now) == Work::Warn;
    let warning = row.warning.as_mut()?;
    let mut deed = None;
    match warn {
        Warn::Begin { again, most } => {
            if !is_due {
                return None;
            }
            warning.of = Some(expires_at);
            warning.at = (warning.tries < most).then_some(again);
            warning.tries = warning
                .tries
                .saturating_add(u32::from(warning.at.is_some()));
        }
        Warn::Given { of } => {
            if of != expires_at || warning.at.is_none() || !row.desired.is_present() {
                return None;
            }
            warning.of = Some(of);
            warning.at = None;
            deed = Some(Box::new(Deed {
                at: now,
                by: Actor::Worker,
                what: DeedKind::Warned { of },
            }));
        }
    }
    if row.warns() {
        row.due_at = row.due_anew(now);
    }
    let mut change = Change::of(row);
    change.deed = deed;
    Some(change)
}
