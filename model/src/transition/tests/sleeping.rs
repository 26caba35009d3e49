//! Falling asleep and waking.

use super::*;
use crate::transition::sleep::{Idleness, doze, rouse};
use crate::{Deed, DeedKind, Ttl, Wakefulness};

const IDLE: Duration = Duration::from_mins(10);

/// A saga towards a preview that sleeps when nobody uses it.
fn saga(row: &Row, job: Option<JobRef>, now: Timestamp) -> Saga {
    Saga {
        sleep: Ttl::new(IDLE).ok(),
        ..super::saga(row, Course::Forward, job, now)
    }
}

/// Claims what the row calls for.
fn claimed(row: &Row, now: Timestamp) -> Row {
    let fresh = saga(row, row.pending, now);
    claim(row, &ask(row, 77, Some(fresh), now)).unwrap().row
}

fn ready() -> Row {
    settled(&claimed(&created(), at(1)), at(2)).row
}

/// A moment at which the preview that was ready at two seconds may be idle.
fn later() -> Timestamp {
    at(2).after(IDLE)
}

fn dozed(row: &Row) -> Row {
    let change = doze(row, row.version, Idleness::Idle, later()).unwrap();
    change.row
}

/// Carries out what the row calls for.
fn converged(row: &Row, now: Timestamp) -> Row {
    settled(&claimed(row, now), now).row
}

#[test]
fn what_may_be_idle_is_due_for_a_look_and_sleeps_only_if_nothing_came_in_between() {
    let row = ready();
    assert_eq!(row.due_at, Some(later()));
    assert_eq!(row.work(at(500)), Work::Nothing);
    assert_eq!(row.work(later()), Work::LookIfIdle);
    assert!(doze(&row, row.version, Idleness::Idle, at(500)).is_none());
    assert!(doze(&row, row.version - 1, Idleness::Idle, later()).is_none());

    let used = Idleness::LookAgain(later().after(IDLE));
    let awake = doze(&row, row.version, used, later()).unwrap().row;
    assert_eq!(awake.due_at, Some(later().after(IDLE)));
    assert_eq!(awake.work(later()), Work::Nothing);

    let asleep = dozed(&row);
    assert_eq!(asleep.due_at, Some(later()));
    assert_eq!(asleep.work(later()), Work::SleepOrWake);
    assert_eq!(asleep.phase(), Phase::Ready, "it still runs");
    let asleep = converged(&asleep, later());
    assert_eq!(asleep.phase(), Phase::Asleep);
    assert_eq!(asleep.due_at, Some(asleep.expires_at));
    assert_eq!(asleep.work(later()), Work::Nothing);
}

#[test]
fn a_request_wakes_it_once() {
    let asleep = converged(&dozed(&ready()), later());
    let now = later().after(IDLE);
    let woken = rouse(&asleep, Actor::Visitor, now).unwrap().row;
    assert_eq!(
        (woken.due_at, woken.work(now)),
        (Some(now), Work::SleepOrWake)
    );
    assert!(
        rouse(&woken, Actor::Visitor, now).is_none(),
        "a second one changes nothing"
    );
    let awake = converged(&woken, now);
    assert_eq!(awake.phase(), Phase::Ready);
    assert_eq!(awake.due_at, Some(now.after(IDLE)));
}

#[test]
fn a_request_that_races_with_falling_asleep_wins() {
    // Before anybody has begun.
    let dozed = dozed(&ready());
    let kept = rouse(&dozed, Actor::Visitor, later()).unwrap().row;
    assert_eq!(kept.work(later()), Work::Nothing);
    assert_eq!(kept.due_at, Some(later().after(IDLE)));

    // While it is put to sleep: the holder cannot settle any more, and turns.
    let claimed = claimed(&dozed, later());
    let held = write(&claimed);
    let seen = Seen::by(&held.saga);
    let roused = rouse(&claimed, Actor::Visitor, later()).unwrap().row;
    assert_eq!(roused.work(later()), Work::Turn);
    let settle = Settle {
        checkpoint: held,
        job: None,
        seen,
        verify_at: later().after(HOUR),
        now: later(),
    };
    let refused = super::settle(&roused, &settle);
    assert!(matches!(refused, Err(Refused::Moved(_))));
}

#[test]
fn who_is_awake_is_kept_awake() {
    let row = ready();
    let kept = rouse(&row, Actor::Visitor, at(60)).unwrap().row;
    assert_eq!(kept.due_at, Some(at(60).after(IDLE)));
    assert_eq!(kept.work(later()), Work::Nothing);
    assert!(
        rouse(&kept, Actor::Visitor, at(60)).is_none(),
        "no write without a change"
    );
}

#[test]
fn an_extended_sleeper_sleeps_on_and_an_updated_or_destroyed_one_does_not() {
    let asleep = converged(&dozed(&ready()), later());
    let longer = Extended::To(asleep.expires_at.after(HOUR));
    let extended = extend::extend(&asleep, &longer, Actor::Worker, later());
    let extended = extended.unwrap().row;
    assert_eq!(extended.work(later()), Work::MoveTimer);
    assert_eq!(extended.phase(), Phase::Asleep);
    let extended = converged(&extended, later());
    assert_eq!(extended.phase(), Phase::Asleep);

    let new = NewJob {
        id: job_id(5),
        by: Actor::Worker,
        now: later(),
    };
    // To the spec that it would run, too.
    let updated = accept::update(&asleep, None, spec(1), None, &new)
        .unwrap()
        .row;
    assert!(matches!(updated.work(later()), Work::Begin(_)));
    assert_eq!(updated.wakefulness, Wakefulness::Awake);
    assert_eq!(updated.phase(), Phase::Updating);
    let destroyed = accept::destroy(&asleep, None, DestroyReason::Asked, &new);
    assert_eq!(destroyed.unwrap().row.wakefulness, Wakefulness::Awake);
}

#[test]
fn doubt_wakes_nobody_and_comes_before_the_look() {
    let asleep = converged(&dozed(&ready()), later());
    let doubted = doubt::doubt(&asleep, later()).row;
    assert_eq!(doubted.work(later()), Work::Verify);
    assert_eq!(doubted.wakefulness, Wakefulness::Asleep);

    let doubted = doubt::doubt(&ready(), later()).row;
    assert_eq!(doubted.work(later()), Work::Verify);
    assert!(doze(&doubted, doubted.version, Idleness::Idle, later()).is_none());
}

#[test]
fn what_cannot_be_put_to_sleep_can_be_woken() {
    let dozed = dozed(&ready());
    let claimed = claimed(&dozed, later());
    let held = write(&claimed);
    let parked = Parked {
        failure: Failure::rejected(&StepId::single("process"), "does not end"),
        since: later(),
    };
    let seen = Seen::by(&held.saga);
    let parked = rest::park(&claimed, &held, seen, parked).unwrap().row;
    let roused = rouse(&parked, Actor::Visitor, later()).unwrap().row;
    assert!(roused.parked.is_none());
    assert_eq!(
        (roused.work(later()), roused.due_at),
        (Work::Turn, Some(later()))
    );
}

/// When the end of what [`lives_an_hour`] is announced.
const ANNOUNCED: i64 = 3000;

/// A preview that sleeps when nobody uses it, and of whose end somebody is warned ten minutes before.
fn lives_an_hour() -> Row {
    let new = NewJob {
        id: job_id(1),
        by: Actor::Worker,
        now: at(0),
    };
    let (end, before) = (at(0).after(HOUR), Some(Duration::from_mins(10)));
    let row = accept::create(&identity("ann"), spec(1), end, before, &new).row;
    settled(&claimed(&row, at(1)), at(2)).row
}

fn announced(row: &Row, now: Timestamp) -> Row {
    let again = now.after(Duration::from_secs(30));
    let begun = warn(row, Warn::Begin { again, most: 3 }, now).unwrap().row;
    let of = begun.expires_at;
    warn(&begun, Warn::Given { of }, now).unwrap().row
}

#[test]
fn the_end_of_a_sleeper_is_announced_and_it_sleeps_on() {
    let asleep = converged(&dozed(&lives_an_hour()), later());
    assert_eq!(asleep.due_at, Some(at(ANNOUNCED)));
    assert_eq!(asleep.work(at(ANNOUNCED)), Work::Warn);
    let told = announced(&asleep, at(ANNOUNCED));
    assert_eq!(told.due_at, Some(told.expires_at));
    assert_eq!(told.phase(), Phase::Asleep);

    // Another end is announced anew, also of what is woken before that.
    let longer = Extended::To(told.expires_at.after(HOUR));
    let extended = extend::extend(&told, &longer, Actor::Worker, at(ANNOUNCED)).unwrap();
    let asleep = converged(&extended.row, at(ANNOUNCED));
    assert_eq!(asleep.due_at, Some(at(ANNOUNCED + 3600)));
    let woken = rouse(&asleep, Actor::Visitor, at(6500)).unwrap().row;
    let awake = converged(&woken, at(6500));
    assert_eq!(awake.due_at, Some(at(ANNOUNCED + 3600)));
    assert_eq!(awake.work(at(ANNOUNCED + 3600)), Work::Warn);
}

#[test]
fn a_row_at_rest_is_due_for_whatever_comes_first_and_loses_nothing_of_the_rest() {
    let row = lives_an_hour();
    assert_eq!(row.due_at, Some(later()), "idleness, and later the warning");
    // Looked at until its end is near.
    let again = Idleness::LookAgain(at(ANNOUNCED + 60));
    let row = doze(&row, row.version, again, later()).unwrap().row;
    assert_eq!(
        row.due_at,
        Some(at(ANNOUNCED)),
        "the warning, and then the look"
    );

    // Both are due, and whoever is told may be slow: the look comes first.
    let now = at(ANNOUNCED + 60);
    assert_eq!(row.work(now), Work::LookIfIdle);
    let used = Idleness::LookAgain(at(ANNOUNCED + 120));
    let used = doze(&row, row.version, used, now).unwrap().row;
    assert_eq!(
        (used.due_at, used.work(now)),
        (Some(at(ANNOUNCED)), Work::Warn)
    );
    let told = announced(&used, now);
    assert_eq!(
        told.due_at,
        Some(at(ANNOUNCED + 120)),
        "the look that is still to come"
    );

    let idle = doze(&row, row.version, Idleness::Idle, now).unwrap().row;
    assert_eq!(idle.work(now), Work::SleepOrWake);
    let asleep = converged(&idle, now);
    assert_eq!(
        (asleep.due_at, asleep.work(now)),
        (Some(at(ANNOUNCED)), Work::Warn)
    );
}

#[test]
fn who_is_used_while_its_timer_is_to_be_moved_has_it_moved() {
    let row = ready();
    let longer = Extended::To(row.expires_at.after(HOUR));
    let extended = extend::extend(&row, &longer, Actor::Worker, at(60));
    let used = rouse(&extended.unwrap().row, Actor::Visitor, at(61)).unwrap();
    assert_eq!(used.row.work(at(61)), Work::MoveTimer);
    assert_eq!(used.row.due_at, Some(at(61)));
}

#[test]
fn a_pin_holds_while_it_sleeps_and_when_it_is_woken() {
    let asleep = converged(&dozed(&ready()), later());
    let pinned = Extended::Pinned {
        until: at(20_000),
        reason: "the demo".parse().unwrap(),
    };
    let pinned = extend::extend(&asleep, &pinned, Actor::Worker, later()).unwrap();
    assert_eq!(pinned.row.work(later()), Work::MoveTimer);
    let asleep = converged(&pinned.row, later());
    assert_eq!(
        (asleep.phase(), asleep.due_at),
        (Phase::Asleep, Some(at(20_000)))
    );
    let woken = rouse(&asleep, Actor::Visitor, at(10_000)).unwrap().row;
    let awake = converged(&woken, at(10_000));
    assert_eq!(awake.expires_at, at(20_000));
    assert_eq!(awake.pinned().unwrap().until, at(20_000));
}

#[test]
fn the_history_has_who_put_it_to_sleep_and_who_woke_it() {
    let deed = |change: Change| change.deed.map(|deed| *deed);
    let row = ready();
    let slept = doze(&row, row.version, Idleness::Idle, later()).unwrap();
    let asleep = converged(&slept.row, later());
    let expected = |by, what, at| Some(Deed { at, by, what });
    assert_eq!(
        deed(slept),
        expected(Actor::Worker, DeedKind::Slept, later())
    );
    let woken = rouse(&asleep, Actor::Visitor, at(2000)).unwrap();
    assert_eq!(
        deed(woken),
        expected(Actor::Visitor, DeedKind::Woken, at(2000))
    );

    // What changes only when somebody looks is nothing that was done.
    let again = Idleness::LookAgain(at(2000));
    assert_eq!(deed(doze(&row, row.version, again, later()).unwrap()), None);
    assert_eq!(deed(rouse(&row, Actor::Visitor, at(60)).unwrap()), None);
}
