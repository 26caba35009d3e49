//! Warnings: one for each end, given when it is time, and again until it was taken.

use super::*;

const BEFORE: Duration = Duration::from_mins(10);
/// When the story's preview is to be warned of: ten minutes before its hour is over.
const DUE: i64 = 3000;

fn life(seconds: u64) -> Row {
    let new = NewJob {
        id: job_id(1),
        by: Actor::Worker,
        now: at(0),
    };
    let end = at(0).after(Duration::from_secs(seconds));
    let row = accept::create(&identity("ann"), spec(1), end, Some(BEFORE), &new).row;
    settled(&claimed(&row, 7, at(1)), at(2)).row
}

fn begin(row: &Row, now: i64) -> Option<Change> {
    let again = at(now + 30);
    warn(row, Warn::Begin { again, most: 2 }, at(now))
}

fn given(row: &Row, of: Timestamp, now: i64) -> Option<Change> {
    warn(row, Warn::Given { of }, at(now))
}

#[test]
fn a_row_is_due_for_its_warning_and_then_for_its_end() {
    let row = life(3600);
    let end = row.expires_at;
    assert_eq!((row.due_at, row.work(at(DUE))), (Some(at(DUE)), Work::Warn));
    assert!(begin(&row, DUE - 1).is_none(), "not yet");
    assert!(!row.is_ending());

    let row = begin(&row, DUE).unwrap().row;
    assert!(row.is_ending(), "said where nobody has to be reached");
    assert_eq!(
        (row.due_at, row.work(at(DUE))),
        (Some(at(DUE + 30)), Work::Nothing)
    );
    let change = given(&row, end, DUE + 1).unwrap();
    assert_eq!(
        (change.row.due_at, change.row.is_ending()),
        (Some(end), true)
    );
    assert!(matches!(
        change.deed.unwrap().what,
        crate::DeedKind::Warned { of } if of == end
    ));
    assert!(given(&change.row, end, DUE + 2).is_none(), "once");
}

#[test]
fn what_nothing_was_heard_of_is_tried_again_and_given_up() {
    let row = begin(&life(3600), DUE).unwrap().row;
    let row = begin(&row, DUE + 30).unwrap().row;
    assert_eq!(row.warning.as_ref().unwrap().tries, 2);
    let row = begin(&row, DUE + 60).unwrap().row;
    assert_eq!(row.due_at, Some(row.expires_at), "two tries, and no third");
    assert!(row.is_ending());
}

#[test]
fn another_end_is_another_warning() {
    let row = begin(&life(3600), DUE).unwrap().row;
    let was = row.expires_at;
    let to = Extended::To(was.after(HOUR));
    let row = extend::extend(&row, &to, Actor::Worker, at(DUE + 5))
        .unwrap()
        .row;
    assert!(!row.is_ending());
    assert!(
        given(&row, was, DUE + 6).is_none(),
        "of an end that it has no more"
    );
    assert_eq!(row.work(at(DUE + 40)), Work::MoveTimer);
    let row = settled(&claim_to_move(&row, DUE + 40), at(DUE + 41)).row;
    assert_eq!(row.due_at, Some(at(DUE + 3600)));

    // The same end again says nothing new.
    let same = Extended::To(row.expires_at);
    let row = begin(&row, DUE + 3600).unwrap().row;
    let row = extend::extend(&row, &same, Actor::Worker, at(DUE + 3601))
        .unwrap()
        .row;
    assert!(row.is_ending());
    // One that is nearer than twice the time has none.
    let near = Extended::To(at(DUE + 3700).after(BEFORE));
    let row = extend::extend(&row, &near, Actor::Worker, at(DUE + 3602))
        .unwrap()
        .row;
    assert_eq!(row.warning.as_ref().unwrap().at, None);
}

fn claim_to_move(row: &Row, now: i64) -> Row {
    let fresh = saga(row, Course::Forward, None, at(now));
    claim(row, &ask(row, 9, Some(fresh), at(now))).unwrap().row
}

#[test]
fn a_short_life_has_none() {
    assert_eq!(life(1199).warning.unwrap().at, None);
    assert_eq!(life(1200).warning.unwrap().at, Some(at(600)));
}

#[test]
fn a_saga_on_its_way_is_not_cut_short_and_a_parked_one_does_not_hide_the_end() {
    let row = life(3600);
    let new = NewJob {
        id: job_id(2),
        by: Actor::Worker,
        now: at(DUE - 10),
    };
    let row = accept::update(&row, None, spec(2), None, &new).unwrap().row;
    let held = claimed(&row, 8, at(DUE - 9));
    let seen = Seen::of(&held);
    let waits = rest::wait(&held, &write(&held), seen, at(DUE + 60))
        .unwrap()
        .row;
    assert_eq!(
        (waits.due_at, waits.work(at(DUE))),
        (Some(at(DUE + 60)), Work::Resume)
    );
    assert!(begin(&waits, DUE).is_none());
    // When it is done, what is due is due.
    let row = settled(&held, at(DUE + 70)).row;
    assert_eq!(
        (row.due_at, row.work(at(DUE + 70))),
        (Some(at(DUE)), Work::Warn)
    );

    let parked = Parked {
        failure: Failure::rejected(&StepId::single("x"), "no"),
        since: at(DUE - 8),
    };
    let row = rest::park(&held, &write(&held), seen, parked).unwrap().row;
    assert_eq!((row.due_at, row.work(at(DUE))), (Some(at(DUE)), Work::Warn));
    let row = begin(&row, DUE).unwrap().row;
    assert_eq!(row.due_at, Some(at(DUE + 30)));
}
