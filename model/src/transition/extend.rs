//! Extend: another expiry, the same spec. A converge without a job; the worker moves the timer. A pin
//! is an expiry too, beyond what others may have.

use std::time::Duration;

use super::Change;
use crate::{Actor, Deed, DeedKind, Phase, Pin, PinReason, Row, Timestamp};

/// What an expiry becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extended {
    /// This time.
    To(Timestamp),
    /// This much later than it is, but no later than `latest`. Asking for more never gives less, even
    /// where the limit has come down meanwhile.
    By {
        /// How much later.
        more: Duration,
        /// The limit.
        latest: Timestamp,
    },
    /// This time, whatever else is said of it until then, unless that is later.
    Pinned {
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: PinReason,
    },
    /// What it would be without the pin; but not sooner than `at_least`, if it was later than that.
    Unpinned {
        /// What is left at least.
        at_least: Timestamp,
    },
}

/// Why an expiry is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoExtend {
    /// The preview is failed, destroyed or being destroyed.
    #[error("the preview is {0}")]
    Ended(Phase),
    /// Its time was over before the request came.
    #[error("the preview's time was over at {0}")]
    Expired(Timestamp),
    /// It lives as long without a pin: choose a later time, or extend it.
    #[error("it lives until {0} without a pin")]
    NotLonger(Timestamp),
    /// There is no pin to take away.
    #[error("it is not pinned")]
    NotPinned,
}

/// The row with another expiry, due so that its timer is moved.
pub fn extend(row: &Row, to: &Extended, by: Actor, now: Timestamp) -> Result<Change, NoExtend> {
    if !row.desired.is_present() {
        return Err(NoExtend::Ended(row.phase()));
    }
    if row.expires_at <= now {
        return Err(NoExtend::Expired(row.expires_at));
    }
    let (from, otherwise) = (row.expires_at, row.expires_unpinned_at());
    let mut row = row.clone();
    let what = match to {
        Extended::To(time) => {
            row.set_expiry(*time, now);
            extended(from, &row)
        }
        Extended::By { more, latest } => {
            let time = otherwise.after(*more).min(*latest).max(otherwise);
            row.set_expiry(time, now);
            extended(from, &row)
        }
        Extended::Pinned { until, .. } if *until <= otherwise => {
            return Err(NoExtend::NotLonger(otherwise));
        }
        Extended::Pinned { until, reason } => {
            let (until, reason) = (*until, reason.clone());
            row.pin = Some(Box::new(Pin {
                until,
                otherwise,
                reason: reason.clone(),
            }));
            row.set_expiry(otherwise, now);
            Some(DeedKind::Pinned { until, reason })
        }
        Extended::Unpinned { at_least } => {
            if row.pin.take().is_none() {
                return Err(NoExtend::NotPinned);
            }
            row.set_expiry(otherwise.max(from.min(*at_least)), now);
            Some(DeedKind::Unpinned { to: row.expires_at })
        }
    };
    row.due_at = row.due_anew(now);
    let mut change = Change::of(row);
    change.deed = what.map(|what| Box::new(Deed { at: now, by, what }));
    Ok(change)
}

fn extended(from: Timestamp, row: &Row) -> Option<DeedKind> {
    let to = row.expires_at;
    (from != to).then_some(DeedKind::Extended { from, to })
}

impl Row {
    /// When its time is over without a pin.
    pub fn expires_unpinned_at(&self) -> Timestamp {
        self.pin
            .as_ref()
            .map_or(self.expires_at, |pin| pin.otherwise)
    }

    /// Another expiry; a pinned preview has it no sooner than its pin ends. Another end is warned of
    /// anew.
    pub(super) fn set_expiry(&mut self, expires_at: Timestamp, now: Timestamp) {
        let to = match &mut self.pin {
            None => expires_at,
            Some(pin) => {
                pin.otherwise = expires_at;
                pin.until.max(expires_at)
            }
        };
        if to != self.expires_at {
            self.expires_at = to;
            if let Some(warning) = &mut self.warning {
                warning.begin(to, now);
            }
        }
    }
}
