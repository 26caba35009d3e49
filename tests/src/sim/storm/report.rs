//! What came of a run, and of many.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tempus_model::invariant::Violation;

use super::stepping::Place;
use crate::sim::FaultKind;

/// What came of one seed.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The first predicate that did not hold.
    pub violation: Option<Violation>,
    /// How often each kind of fault struck each call; what is no call's has no name.
    pub fired: BTreeMap<(FaultKind, String), u64>,
    /// How often each kind of fault struck a call of each step.
    pub struck: BTreeMap<(FaultKind, Place), u64>,
    /// How often each call was made while faults were on.
    pub calls: BTreeMap<String, u64>,
    /// Which calls each step made, and how often.
    pub places: BTreeMap<Place, BTreeMap<String, u64>>,
    /// The most messages that were on the queue at one time.
    pub most_messages: usize,
    /// How many lines the trace has.
    pub moves: u64,
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
    struck: BTreeMap<(FaultKind, Place), u64>,
    calls: BTreeSet<String>,
    places: BTreeMap<Place, BTreeSet<String>>,
    moves: u64,
    previews: u64,
    events: u64,
    longest_rest: Duration,
    most_messages: usize,
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
        for (what, count) in &report.struck {
            *self.struck.entry(*what).or_default() += count;
        }
        self.calls.extend(report.calls.keys().cloned());
        for (place, calls) in &report.places {
            let all = self.places.entry(*place).or_default();
            all.extend(calls.keys().cloned());
        }
        self.moves += report.moves;
        self.previews += u64::try_from(report.previews).unwrap_or(0);
        self.events += u64::try_from(report.events).unwrap_or(0);
        self.longest_rest = self.longest_rest.max(report.longest_rest);
        self.most_messages = self.most_messages.max(report.most_messages);
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

    /// Every pair of a fault and a call that it can befall.
    pub fn calls(&self) -> Pairs {
        let pairs = self.calls.iter().flat_map(|call| {
            let kinds = FaultKind::at_calls().filter(|kind| kind.applies_to(call));
            kinds.map(move |kind| (kind, call))
        });
        Pairs::of(pairs, |kind, call| {
            self.fired.contains_key(&(kind, String::clone(call)))
        })
    }

    /// Every pair of a fault and a step, of those faults that can befall one of its calls.
    pub fn steps(&self) -> Pairs {
        let pairs = self.places.iter().flat_map(|(place, calls)| {
            let applies = |kind: &FaultKind| calls.iter().any(|call| kind.applies_to(call));
            let kinds = FaultKind::at_calls().filter(applies);
            kinds.map(move |kind| (kind, *place))
        });
        Pairs::of(pairs, |kind, place| {
            self.struck.contains_key(&(kind, *place))
        })
    }

    /// One line of JSON.
    pub fn json(&self, took: Duration) -> Value {
        let (calls, steps) = (self.calls(), self.steps());
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
            "pairs_of_fault_and_step": steps.all,
            "pairs_of_fault_and_step_missing": steps.missing,
            "pairs_of_fault_and_call": calls.all,
            "pairs_of_fault_and_call_missing": calls.missing,
            "moves": self.moves,
            "previews": self.previews,
            "events": self.events,
            "most_messages": self.most_messages,
            "longest_rest_seconds": self.longest_rest.as_secs(),
            "seconds": (took.as_secs_f64() * 10.0).round() / 10.0,
            "failed": violations.collect::<Vec<_>>(),
        })
    }
}

/// Pairs of a fault and where it can strike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    /// How many there are.
    pub all: usize,
    /// Those that never came about.
    pub missing: Vec<String>,
}

impl Pairs {
    fn of<T: std::fmt::Display>(
        pairs: impl Iterator<Item = (FaultKind, T)>,
        fired: impl Fn(FaultKind, &T) -> bool,
    ) -> Self {
        let mut all = Self::default();
        for (kind, place) in pairs {
            all.all += 1;
            if !fired(kind, &place) {
                all.missing.push(format!("{kind} at {place}"));
            }
        }
        all
    }
}

/// The command that replays a seed.
pub fn replay(seed: u64) -> String {
    format!("cargo run --release -p tests --bin simulate -- --seed {seed}")
}
