//! Sleep: a preview that nobody uses stops running, and runs again when somebody does.
//!
//! Whether it should run is part of what is wanted, as its expiry is: a saga without a job makes it
//! so, and one that is under way turns. So a request that comes while a preview is put to sleep is
//! never lost: the next write of whoever does that says that it is wanted awake.

use super::Change;
use crate::{Actor, Deed, DeedKind, Row, State, Timestamp, Wakefulness, Work};

/// What a look at a preview that may be idle found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idleness {
    /// Nobody has used it for as long as it waits before it sleeps.
    Idle,
    /// Somebody has, or it cannot be told: to be looked at again then.
    LookAgain(Timestamp),
}

/// The row of a preview that is put to sleep, or looked at again later. `None` if it is not the row
/// that was looked at, or calls for no look: whatever came in between, a request above all, wins.
pub fn doze(row: &Row, looked_at: u64, found: Idleness, now: Timestamp) -> Option<Change> {
    if row.version != looked_at || row.work(now) != Work::LookIfIdle {
        return None;
    }
    let mut row = row.clone();
    let deed = match found {
        Idleness::Idle => {
            row.wakefulness = Wakefulness::Asleep;
            row.idle_at = None;
            Some(deed(DeedKind::Slept, Actor::Worker, now))
        }
        Idleness::LookAgain(at) => {
            row.idle_at = Some(at);
            None
        }
    };
    row.due_at = row.due_anew(now);
    let mut change = Change::of(row);
    change.deed = deed;
    Some(change)
}

/// The row of a preview that somebody wants to use: due to be woken if it sleeps, and otherwise not
/// put to sleep before it has been idle from now on. `None` if there is nothing to change.
pub fn rouse(row: &Row, by: Actor, now: Timestamp) -> Option<Change> {
    if !row.desired.is_present() || row.expires_at <= now {
        return None;
    }
    let mut row = row.clone();
    if row.wakefulness == Wakefulness::Asleep {
        row.wakefulness = Wakefulness::Awake;
        // What keeps it from its sleep need not keep it from waking.
        row.unpark();
        row.put_off(now);
        row.due_at = row.due_anew(now);
        let mut change = Change::of(row);
        change.deed = Some(deed(DeedKind::Woken, by, now));
        return Some(change);
    }
    let before = row.idle_at?;
    row.put_off(now);
    if row.idle_at.is_none_or(|at| at <= before) {
        return None;
    }
    if row.idle_due().is_some() {
        row.due_at = row.due_anew(now);
    }
    Some(Change::of(row))
}

fn deed(what: DeedKind, by: Actor, at: Timestamp) -> Box<Deed> {
    Box::new(Deed { at, by, what })
}

impl Row {
    /// Looks for idleness no earlier than it could have been idle from now on.
    fn put_off(&mut self, now: Timestamp) {
        if self.settled.state == State::Ready {
            self.idle_at = self.settled.sleep.map(|sleep| now.after(sleep.duration()));
        }
    }
}
