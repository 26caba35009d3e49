//! What a holder's writes show of what runs.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::*;
use crate::{PlannedStep, Spans, Stage, StepState};

const LARGER: Footprint = Footprint {
    cpu: 1024,
    ..FOOTPRINT
};

fn raw(text: &str) -> Arc<RawValue> {
    Arc::from(RawValue::from_string(text.to_owned()).unwrap())
}

fn step(name: &str) -> StepId {
    StepId::of("service", name)
}

/// What it has taken in minutes of a core.
fn minutes(spans: &Spans, until: Timestamp) -> String {
    format!("{:.2}", spans.used_until(until).core_hours * 60.0)
}

/// A row and what happens to it, a second later each time.
struct Told {
    row: Row,
    now: i64,
}

impl Told {
    /// Claimed, with a plan of these services, each planned so.
    fn begin(row: &Row, footprint: Option<Footprint>, services: &[(&str, &str)], now: i64) -> Self {
        let course = if row.desired.is_present() {
            Course::Forward
        } else {
            Course::Unwind
        };
        let mut fresh = saga(row, course, row.pending, at(now));
        fresh.footprint = footprint;
        if course == Course::Forward {
            let planned = |(name, text): &(&str, &str)| PlannedStep {
                step: step(name),
                planned: Some(raw(text)),
            };
            fresh.stages = vec![Arc::new(Stage {
                rank: 4,
                steps: services.iter().map(planned).collect(),
            })];
        }
        let mut claimed = ask(row, row.epoch.0 + 70, Some(fresh), at(now));
        if let Some(Fresh { saga, ledger }) = &mut claimed.fresh {
            saga.enter(ledger, at(now));
        }
        let row = claim(row, &claimed).unwrap().row;
        Self { row, now }
    }

    /// The next write with this step done, or removed.
    fn with(&mut self, name: &str, seconds: i64) -> Checkpoint {
        self.now = seconds;
        let (mut write, id) = (write(&self.row), step(name));
        let unwinds = write.saga.course == Course::Unwind || !write.saga.plans(&id);
        let (begins, ends) = if unwinds {
            (StepState::Removing, StepState::Removed)
        } else {
            (StepState::Running, StepState::Done)
        };
        write.saga.begin(&id, begins, at(seconds));
        let progress = write.saga.progress_mut(&id).unwrap();
        progress.state = ends;
        progress.finished_at = Some(at(seconds));
        if unwinds {
            write.ledger.strike_out(&id);
        } else {
            write.ledger.finish(&id, raw("null"));
        }
        write
    }

    fn checkpoint(&mut self, name: &str, seconds: i64) -> &Spans {
        let write = self.with(name, seconds);
        self.row = checkpoint(&self.row, &write).unwrap().row;
        &self.row.spans
    }

    fn settle(mut self, seconds: i64) -> Row {
        self.now = seconds;
        settled(&self.row, at(seconds)).row
    }
}

/// A preview of two services that is ready: the first since second 10.
fn two_services() -> Row {
    let mut told = Told::begin(
        &created(),
        Some(FOOTPRINT),
        &[("web", "1"), ("api", "1")],
        1,
    );
    assert!(told.row.spans.is_empty(), "nothing runs before it is seen");
    assert_eq!(told.checkpoint("web", 10).running(), Some(FOOTPRINT));
    told.checkpoint("api", 20);
    assert_eq!(told.row.spans.began(), Some(at(10)));
    told.settle(30)
}

fn destroyed(row: &Row, seconds: i64) -> Row {
    let new = NewJob {
        by: Actor::Worker,
        id: job_id(9),
        now: at(seconds),
    };
    let why = DestroyReason::Asked;
    accept::destroy(row, None, why, &new).unwrap().row
}

fn updated(row: &Row, seconds: i64) -> Row {
    let new = NewJob {
        by: Actor::Worker,
        id: job_id(8),
        now: at(seconds),
    };
    accept::update(row, None, spec(2), None, &new).unwrap().row
}

#[test]
fn a_life_is_one_span() {
    let row = destroyed(&two_services(), 600);
    let mut told = Told::begin(&row, None, &[], 601);
    assert!(told.checkpoint("api", 605).running().is_some());
    assert!(told.checkpoint("web", 610).running().is_none());
    let row = told.settle(700);
    assert_eq!(minutes(&row.spans, at(9999)), "2.50", "a quarter of a core");
    assert_eq!(minutes(&row.spans, at(310)), "1.25");
}

#[test]
fn a_create_that_fails_is_paid_for_until_all_of_it_is_gone() {
    let mut told = Told::begin(
        &created(),
        Some(FOOTPRINT),
        &[("web", "1"), ("api", "1")],
        1,
    );
    told.checkpoint("web", 10);
    let mut next = saga(
        &told.row,
        Course::Unwind,
        told.row.saga.as_ref().unwrap().job,
        at(60),
    );
    next.rejected = Some(Failure::rejected(&step("api"), "no"));
    let (seen, now) = (Seen::of(&told.row), at(60));
    let checkpoint = write(&told.row);
    let turned = Turn {
        checkpoint,
        next,
        left: None,
        seen,
        now,
    };
    told.row = turn(&told.row, &turned).unwrap().row;
    assert!(told.row.spans.running().is_some(), "it is there still");
    told.checkpoint("web", 130);
    assert!(told.row.spans.running().is_some(), "the other may be");
    told.checkpoint("api", 250);
    assert_eq!(minutes(&told.row.spans, at(9999)), "1.00");
}

#[test]
fn another_size_is_counted_when_all_of_it_runs_and_the_same_size_changes_nothing() {
    let row = updated(&two_services(), 100);
    let services = [("web", "2"), ("api", "2")];
    let mut same = Told::begin(&row, Some(FOOTPRINT), &services, 101);
    same.checkpoint("web", 110);
    same.checkpoint("api", 120);
    assert_eq!(same.row.spans, two_services().spans);

    let mut told = Told::begin(&row, Some(LARGER), &services, 101);
    assert_eq!(told.checkpoint("web", 110).running(), Some(FOOTPRINT));
    assert_eq!(told.checkpoint("api", 130).running(), Some(LARGER));
    assert_eq!(minutes(&told.row.spans, at(190)), "1.50");

    // It is not healthy, and what ran before runs again.
    let job = told.row.saga.as_ref().unwrap().job;
    let mut back = told.row.saga.clone().unwrap();
    back.course = Course::RollBack;
    back.job = job;
    back.footprint = Some(FOOTPRINT);
    back.entered = false;
    back.stages = vec![Arc::new(Stage {
        rank: 4,
        steps: [("web", "1"), ("api", "1")]
            .map(|(name, text)| PlannedStep {
                step: step(name),
                planned: Some(raw(text)),
            })
            .to_vec(),
    })];
    let mut checkpoint = write(&told.row);
    back.enter(&mut checkpoint.ledger, at(190));
    let (seen, now) = (Seen::of(&told.row), at(190));
    let turned = Turn {
        checkpoint,
        next: back,
        left: None,
        seen,
        now,
    };
    told.row = turn(&told.row, &turned).unwrap().row;
    assert_eq!(told.row.spans.running(), Some(LARGER));
    told.checkpoint("web", 200);
    assert_eq!(told.checkpoint("api", 250).running(), Some(FOOTPRINT));
    assert_eq!(minutes(&told.row.spans, at(310)), "2.75");
}

#[test]
fn what_was_made_with_the_write_that_turns_is_counted() {
    let mut told = Told::begin(&created(), Some(FOOTPRINT), &[("web", "1")], 1);
    let checkpoint = told.with("web", 10);
    told.row = destroyed(&told.row, 11);
    let next = saga(&told.row, Course::Unwind, told.row.pending, at(12));
    let turned = Turn {
        checkpoint,
        next,
        left: None,
        seen: Seen::of(&told.row),
        now: at(12),
    };
    told.row = turn(&told.row, &turned).unwrap().row;
    assert_eq!(told.row.spans.began(), Some(at(10)));
    told.checkpoint("web", 250);
    assert_eq!(minutes(&told.row.spans, at(9999)), "1.00");
}

#[test]
fn a_verify_and_a_removal_that_is_stuck_end_nothing() {
    let row = two_services();
    let before = row.spans.clone();
    let mut doubted = doubt::doubt(&row, at(40)).row;
    doubted.ledger.doubt_all();
    let services = [("web", "1"), ("api", "1")];
    let mut told = Told::begin(&doubted, Some(FOOTPRINT), &services, 41);
    // Neither is done as long as it was not looked at again.
    let renewed = write(&told.row);
    told.row = checkpoint(&told.row, &renewed).unwrap().row;
    told.checkpoint("web", 50);
    told.checkpoint("api", 60);
    assert_eq!(told.row.spans, before);

    let mut told = Told::begin(&destroyed(&row, 100), None, &[], 101);
    told.checkpoint("api", 110);
    let seen = Seen::of(&told.row);
    let failure = Failure::rejected(&step("web"), "stuck");
    let since = at(120);
    let stands = write(&told.row);
    let parked = rest::park(&told.row, &stands, seen, Parked { failure, since });
    assert_eq!(parked.unwrap().row.spans.running(), Some(FOOTPRINT));
}

#[test]
fn what_an_older_release_began_is_counted_once_its_size_is_known() {
    let mut row = two_services();
    row.spans = Spans::default();
    let mut told = Told::begin(&destroyed(&row, 100), None, &[], 101);
    told.checkpoint("api", 110);
    told.checkpoint("web", 120);
    assert!(told.row.spans.is_empty());

    let mut row = updated(&row, 100);
    row.spans = Spans::default();
    let mut told = Told::begin(&row, Some(FOOTPRINT), &[("web", "2"), ("api", "1")], 101);
    assert_eq!(told.checkpoint("web", 110).began(), Some(at(110)));
}
