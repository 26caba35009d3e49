//! The simulation: a slice of seeds that changes by the day, every seed that ever showed something,
//! the same trace from the same seed, and rules broken on purpose, each noticed.

use std::time::{SystemTime, UNIX_EPOCH};

use tempus_model::breakage::Breakage;
use tempus_tests::sim::storm::{self, Caught, REGRESSIONS, Shown};

/// How many seeds a test run takes.
const SEEDS: u64 = 300;
/// How many seeds a broken rule has here to be noticed. Some take more: `simulate --breakages` tells.
const NOTICED_WITHIN: u64 = 8;
/// How many rules are noticed within so few.
const NOTICED: usize = 12;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get)
}

#[test]
fn todays_seeds_hold() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let from = since.as_secs() / (24 * 3600) * SEEDS;
    println!("today's seeds are {from} to {}", from + SEEDS - 1);
    let totals = storm::run_seeds(from, SEEDS, threads(), None, |_, _| true);
    let failed: Vec<_> = totals
        .violations
        .iter()
        .map(|(seed, violation)| {
            format!(
                "seed {seed} violates {violation}\n  {}",
                storm::replay(*seed)
            )
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(
        totals.faults_fired() > SEEDS * 20,
        "suspiciously little went wrong"
    );
}

#[test]
fn seeds_that_showed_something_hold() {
    for (seed, showed) in REGRESSIONS {
        let report = storm::run_seed(*seed, Shown::No);
        assert_eq!(
            report.violation, None,
            "seed {seed}, which showed: {showed}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..12 {
        let once = storm::run_seed(seed, Shown::No);
        let again = storm::run_seed(seed, Shown::No);
        assert_eq!(
            (once.trace, once.moves),
            (again.trace, again.moves),
            "seed {seed}"
        );
        assert!(
            once.previews >= 20 && once.events >= storm::EVENTS,
            "{once:?}"
        );
    }
}

#[test]
fn most_broken_rules_are_noticed_at_once() {
    let lanes: Vec<_> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..2)
            .map(|lane| {
                scope.spawn(move || {
                    let mine = Breakage::ALL.iter().skip(lane).step_by(2);
                    let caught = mine.filter_map(|broken| {
                        Some((*broken, storm::catch(*broken, 0, NOTICED_WITHIN)?))
                    });
                    caught.collect::<Vec<_>>()
                })
            })
            .collect();
        let lanes = lanes.into_iter().map(|lane| lane.join().unwrap());
        lanes.flatten().collect()
    });
    let (mut noticed, mut wrong) = (0, Vec::new());
    for (broken, caught) in lanes {
        let Caught {
            violation, seeds, ..
        } = caught;
        println!("{broken}: {} after {seeds} seeds", violation.predicate);
        if storm::caught_by(broken).contains(&violation.predicate) {
            noticed += 1;
        } else {
            wrong.push(format!("{broken}: noticed by {violation}, at seed {seeds}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(noticed >= NOTICED, "only {noticed} were noticed");
}
