//! What came of a run, and of many.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::sim::FaultKind;
use crate::sim::predicate::Violation;

/// What came of one seed.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The first predicate that did not hold.
    pub violation: Option<Violation>,
    /// How often each kind of fault struck each call; what is no call's has no name.
    pub fired: BTreeMap<(FaultKind, String), u64>,
    /// How often each call was made while faults were on.
    pub calls: BTreeMap<String, u64>,
    /// How many steps the trace has.
    pub steps: u64,
    /// A hash of the trace: the same seed gives the same.
    pub trace: u64,
    /// The longest time that it took to come to rest.
    pub longest_rest: Duration,
    /// How many previews there were.
    pub previews: usize,
    /// How many things users did.
    pub events: usize,
}

/// What came of many seeds.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// How many were run.
    pub seeds: u64,
    /// Which predicate did not hold, by seed.
    pub violations: Vec<(u64, Violation)>,
    fired: BTreeMap<(FaultKind, String), u64>,
    calls: BTreeSet<String>,
    steps: u64,
    previews: u64,
    events: u64,
    longest_rest: Duration,
}

impl Totals {
    /// Adds a seed.
    pub fn add(&mut self, report: &Report) {
        self.seeds += 1;
        if let Some(violation) = &report.violation {
            self.violations.push((report.seed, violation.clone()));
        }
        for (what, count) in &report.fired {
            *self.fired.entry(what.clone()).or_default() += count;
        }
        self.calls.extend(report.calls.keys().cloned());
        self.steps += report.steps;
        self.previews += u64::try_from(report.previews).unwrap_or(0);
        self.events += u64::try_from(report.events).unwrap_or(0);
        self.longest_rest = self.longest_rest.max(report.longest_rest);
    }

    /// How many faults struck.
    pub fn faults_fired(&self) -> u64 {
        self.fired.values().sum()
    }

    /// How often each kind of fault struck.
    pub fn by_kind(&self) -> BTreeMap<String, u64> {
        let kinds = FaultKind::ALL.iter().chain(&FaultKind::WORLD);
        let mut counts: BTreeMap<_, _> = kinds.map(|kind| (kind.to_string(), 0)).collect();
        for ((kind, _), count) in &self.fired {
            *counts.entry(kind.to_string()).or_default() += count;
        }
        counts
    }

    /// The pairs of a fault and a call that could have been, and those of them that never were.
    pub fn pairs(&self) -> (usize, Vec<String>) {
        let mut missing = Vec::new();
        let mut all = 0;
        for call in &self.calls {
            for kind in FaultKind::ALL
                .into_iter()
                .filter(|kind| kind.applies_to(call))
            {
                all += 1;
                if !self.fired.contains_key(&(kind, call.clone())) {
                    missing.push(format!("{kind} at {call}"));
                }
            }
        }
        (all, missing)
    }

    /// One line of JSON.
    pub fn json(&self, took: Duration) -> Value {
        let (pairs, missing) = self.pairs();
        let violations = self.violations.iter().map(|(seed, violation)| {
            json!({
                "seed": seed,
                "predicate": violation.predicate.name(),
                "seen": violation.seen,
                "replay": replay(*seed),
            })
        });
        json!({
            "seeds": self.seeds,
            "violations": self.violations.len(),
            "faults_fired": self.faults_fired(),
            "faults": self.by_kind(),
            "pairs": pairs,
            "pairs_fired": pairs - missing.len(),
            "pairs_missing": missing,
            "steps": self.steps,
            "previews": self.previews,
            "events": self.events,
            "longest_rest_seconds": self.longest_rest.as_secs(),
            "seconds": (took.as_secs_f64() * 10.0).round() / 10.0,
            "failed": violations.collect::<Vec<_>>(),
        })
    }
}

/// The command that replays a seed.
pub fn replay(seed: u64) -> String {
    format!("cargo run --release -p tests --bin simulate -- --seed {seed}")
}
