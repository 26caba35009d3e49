//! What becomes of what the cloud tells about a preview that somebody works on.

use std::time::Duration;

use super::{Change, DestroyReason, Row, accept, at, claimed, created, job_id};
use crate::transition::accept::NewJob;
use crate::{Actor, Fate, Hint, Meeting, MessageId, PreviewId};

fn event(preview: PreviewId, again: bool) -> Hint {
    Hint::Event { preview, again }
}

fn meets(row: &Row, again: bool) -> Option<Fate> {
    let meeting = Meeting {
        hint: &event(row.preview, again),
        message: &MessageId("m".to_owned()),
        row,
        now: at(2),
        skew: Duration::ZERO,
    };
    meeting.at_first()
}

#[test]
fn an_event_that_meets_a_lease_comes_again_once() {
    let held = claimed(&created(), 1, at(1));
    let again = Fate::Again(event(held.preview, true), Duration::from_secs(5));
    assert_eq!(meets(&held, false), Some(again));
    assert_eq!(meets(&held, true), Some(Fate::Delete));
}

#[test]
fn of_what_is_being_taken_down_it_does_not() {
    let new = NewJob {
        id: job_id(2),
        by: Actor::Worker,
        now: at(1),
    };
    let Change { row, .. } = accept::destroy(&created(), None, DestroyReason::Asked, &new).unwrap();
    assert_eq!(meets(&row, false), None, "nobody works on it: it wakes it");
    let held = claimed(&row, 1, at(1));
    assert_eq!(meets(&held, false), Some(Fate::Delete));
}
