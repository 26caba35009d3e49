//! Pins: a longer end, which is an end all the same.

use super::*;

fn pinned(row: &Row, until: i64, now: i64) -> Result<Change, NoExtend> {
    let reason = "the demo on Friday".parse().unwrap();
    let until = at(until);
    let pin = Extended::Pinned { until, reason };
    extend::extend(row, &pin, Actor::Worker, at(now))
}

fn extended(row: &Row, to: &Extended, now: i64) -> Row {
    extend::extend(row, to, Actor::Worker, at(now)).unwrap().row
}

#[test]
fn a_pin_is_an_end_that_nothing_shortens() {
    let row = pinned(&ready(), 90_000, 10).unwrap().row;
    assert_eq!(row.expires_at, at(90_000));
    assert_eq!(
        (row.work(at(10)), row.due_at),
        (Work::MoveTimer, Some(at(10)))
    );

    // A later push, which gives every other preview its whole life anew.
    let new = NewJob {
        id: job_id(2),
        by: Actor::Worker,
        now: at(20),
    };
    let end = Some(at(20).after(HOUR));
    let pushed = accept::update(&row, None, spec(2), end, &new).unwrap().row;
    assert_eq!(pushed.expires_at, at(90_000));
    assert_eq!(pushed.expires_unpinned_at(), at(20).after(HOUR));
    let shorter = extended(&row, &Extended::To(at(100)), 20);
    assert_eq!(shorter.expires_at, at(90_000));
    let later = extended(&row, &Extended::To(at(100_000)), 20);
    assert_eq!(later.expires_at, at(100_000));

    // Its end comes like any other, and a destroy does not wait for it.
    assert_eq!(row.work(at(90_000)), Work::Expire);
    let gone = accept::destroy(&row, None, DestroyReason::Asked, &new).unwrap();
    assert_eq!(
        (gone.row.phase(), gone.row.pinned()),
        (Phase::Destroying, None)
    );
}

#[test]
fn a_pin_is_longer_than_what_there_is_and_is_taken_back() {
    let row = ready();
    let end = row.expires_at;
    assert_eq!(pinned(&row, 60, 10).unwrap_err(), NoExtend::NotLonger(end));
    let unpin = |at_least: i64| Extended::Unpinned {
        at_least: at(at_least),
    };
    let none = extend::extend(&row, &unpin(0), Actor::Worker, at(10));
    assert_eq!(none.unwrap_err(), NoExtend::NotPinned);

    let long = pinned(&row, 90_000, 10).unwrap().row;
    // Pinned otherwise: sooner than before, but not sooner than without.
    assert_eq!(
        pinned(&long, 80_000, 10).unwrap().row.expires_at,
        at(80_000)
    );
    assert_eq!(extended(&long, &unpin(20), 10).expires_at, end);
    // What its end was without the pin has passed meanwhile: it does not go at once.
    assert_eq!(
        extended(&long, &unpin(40_000), 30_000).expires_at,
        at(40_000)
    );
    assert_eq!(
        extended(&long, &unpin(99_000), 30_000).expires_at,
        at(90_000)
    );
}

#[test]
fn more_is_more_than_without_the_pin_and_never_past_the_limit() {
    let row = ready();
    let end = row.expires_at;
    let long = pinned(&row, 90_000, 10).unwrap().row;
    let more = Extended::By {
        more: HOUR,
        latest: end.after(HOUR / 2),
    };
    let row = extended(&long, &more, 20);
    assert_eq!(row.expires_at, at(90_000));
    assert_eq!(row.expires_unpinned_at(), end.after(HOUR / 2));
}

#[test]
fn what_was_done_is_in_the_write_that_did_it() {
    let change = pinned(&ready(), 90_000, 10).unwrap();
    let deed = *change.deed.unwrap();
    assert_eq!((deed.at, deed.by), (at(10), Actor::Worker));
    assert!(matches!(deed.what, crate::DeedKind::Pinned { until, .. } if until == at(90_000)));
    let same = extend::extend(&change.row, &Extended::To(at(100)), Actor::Worker, at(20));
    assert_eq!(same.unwrap().deed, None, "its end is the same");
}
