//! What becomes of a hint that meets a row: the rules that keep hints from being lost, and from
//! multiplying.

use std::time::Duration;

use crate::{Hint, Lease, MessageId, Row, Timestamp};

/// How long after it met its own sender's lease a hint comes again.
const STILL_HELD: Duration = Duration::from_secs(1);
/// How long after a worker declined it a hint comes again.
const DECLINED: Duration = Duration::from_secs(2);
/// How long after it met a lease an event comes again, once.
const EVENT_AGAIN: Duration = Duration::from_secs(5);

/// What becomes of a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It has done its work, or there is none: it is deleted.
    Delete,
    /// It comes again later, as a new message: receive counts count crashes only.
    Again(Hint, Duration),
    /// It is left alone: somebody works on its behalf.
    Leave,
}

impl Fate {
    /// What becomes of a hint that a worker declines: it has no room, or does not know the plan.
    pub fn declined(hint: &Hint) -> Self {
        match (hint, hint.preview()) {
            (Hint::Look { reminds: true, .. }, _) => Self::Delete,
            (_, Some(preview)) => Self::Again(Hint::look(preview), DECLINED),
            (_, None) => Self::Again(hint.clone(), DECLINED),
        }
    }
}

/// A hint that meets the row that it is about.
#[derive(Debug, Clone, Copy)]
pub struct Meeting<'a> {
    /// What the message says.
    pub hint: &'a Hint,
    /// The message.
    pub message: &'a MessageId,
    /// The row as the store has it.
    pub row: &'a Row,
    /// Now.
    pub now: Timestamp,
    /// How far the clocks of two workers may be apart.
    pub skew: Duration,
}

impl Meeting<'_> {
    /// What a timer's hint or an event comes to by what it says; `None` if the row must be looked
    /// at like for any other hint. An event for which there is a fate here wakes nobody.
    pub fn at_first(&self) -> Option<Fate> {
        let Self { row, now, .. } = *self;
        match *self.hint {
            Hint::Expire { expires_at, .. } if row.desired.is_present() => {
                if row.expires_at != expires_at {
                    return Some(Fate::Delete);
                }
                // The alarm fired in the minute that contains the expiry, but early.
                (expires_at > now).then(|| Fate::Again(self.hint.clone(), now.until(expires_at)))
            }
            // Its holder looks every few seconds at what it takes down.
            Hint::Event { .. } if row.is_held(now, Duration::ZERO) && !row.desired.is_present() => {
                Some(Fate::Delete)
            }
            Hint::Event { preview, again } if row.is_held(now, Duration::ZERO) => {
                let once_more = Hint::Event {
                    preview,
                    again: true,
                };
                Some(if again {
                    Fate::Delete
                } else {
                    Fate::Again(once_more, EVENT_AGAIN)
                })
            }
            _ => None,
        }
    }

    /// What becomes of a hint for a row that is not due, or that somebody holds; `None` if the
    /// row is there to be claimed.
    pub fn too_early(&self) -> Option<Fate> {
        let Self { row, now, skew, .. } = *self;
        if row.is_held(now, skew) {
            return Some(self.with_lease(row.lease.as_ref()));
        }
        match row.due_at {
            Some(due) if due <= now => None,
            Some(due) if due <= now.after(skew) => {
                Some(Fate::Again(Hint::look(row.preview), now.until(due)))
            }
            _ => Some(Fate::Delete),
        }
    }

    /// What becomes of a hint whose row somebody holds, or held a moment ago.
    pub fn with_lease(&self, lease: Option<&Lease>) -> Fate {
        let Self { row, now, skew, .. } = *self;
        let sent_by_holder = matches!(
            self.hint,
            Hint::Look { sent_by: Some(by), .. } if *by == row.nonce
        );
        let Some(lease) = lease.filter(|lease| lease.until > now || sent_by_holder) else {
            // The lease has run out, and only the skew margin keeps us away.
            return Fate::Again(Hint::look(row.preview), skew);
        };
        if sent_by_holder {
            return Fate::Again(Hint::look(row.preview), STILL_HELD);
        }
        if lease.message.as_ref() == Some(self.message) {
            return Fate::Leave;
        }
        Fate::Delete
    }
}
