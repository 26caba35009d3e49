//! The simulation: a slice of seeds that changes by the day, every seed that ever showed something,
//! the same trace from the same seed, and rules broken on purpose, each noticed.

use std::time::{SystemTime, UNIX_EPOCH};

use tempus_model::breakage::Breakage;
use tempus_tests::sim::storm::{self, REGRESSIONS, Shown};

/// How many seeds a test run takes.
const SEEDS: u64 = 300;
/// How many seeds a breakage may take to be noticed.
const NOTICED_WITHIN: u64 = 200;

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
fn every_broken_rule_is_noticed() {
    let broken = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..2)
            .map(|lane| {
                scope.spawn(move || {
                    let mine = Breakage::ALL.iter().skip(lane).step_by(2);
                    mine.filter_map(|breakage| unnoticed(*breakage))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let lanes = lanes.into_iter().map(|lane| lane.join().unwrap());
        lanes.flatten().collect::<Vec<_>>()
    });
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn unnoticed(breakage: Breakage) -> Option<String> {
    match storm::catch(breakage, 0, NOTICED_WITHIN) {
        None => Some(format!(
            "{breakage}: not noticed within {NOTICED_WITHIN} seeds"
        )),
        Some(caught) if !storm::caught_by(breakage).contains(&caught.violation.predicate) => {
            Some(format!(
                "{breakage}: noticed by {} at seed {}",
                caught.violation, caught.seed
            ))
        }
        Some(caught) => {
            println!(
                "{breakage}: {} after {} seeds",
                caught.violation.predicate, caught.seeds
            );
            None
        }
    }
}
