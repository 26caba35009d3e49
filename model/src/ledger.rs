//! The ledger: everything that was started for a preview and has not been seen removed.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Generation;

/// Which step made an entry: the step's kind and, where a plan has several of that kind, what the
/// entry is about, as in `process:web.1f2e`. Unique within a preview.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(Arc<str>);

/// The kinds of steps that run something: a process of this machine, a service of ECS.
const RUNNING: [&str; 2] = ["process", "service"];

impl StepId {
    /// A step that its plan has once.
    pub fn single(kind: &str) -> Self {
        Self(kind.into())
    }

    /// One of several steps of a kind.
    pub fn of(kind: &str, item: &str) -> Self {
        Self(format!("{kind}:{item}").into())
    }

    /// The step's kind: what a platform finds its code by.
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(kind, _)| kind)
    }

    /// Whether what it makes runs, and so is paid for, from when it is carried out until it is
    /// compensated.
    pub fn runs(&self) -> bool {
        RUNNING.contains(&self.kind())
    }

    /// What the step is about, if its kind occurs several times.
    pub fn item(&self) -> Option<&str> {
        self.0.split_once(':').map(|(_, item)| item)
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One thing that was started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The step that started it.
    pub step: StepId,
    /// The stage it belongs to. Compensation goes from the highest rank to the lowest; rank 0 is
    /// the timer, which goes last.
    pub rank: u8,
    /// What the step was given: names, tokens, choices. Frozen before its first call.
    pub planned: Arc<RawValue>,
    /// What the last finished run of the step returned. Kept while a newer `planned` is on its
    /// way, so that the step can change what exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Arc<RawValue>>,
    /// Set if and only if `output` is the outcome of this very `planned`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub done: bool,
    /// Set if its removal was begun outside of an unwind and has not finished: of what it made,
    /// anything may be left, and whoever carries the step out again looks first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removing: bool,
    /// The generation that entered this `planned`; part of the tokens that make calls idempotent.
    pub generation: Generation,
}

impl PartialEq for LedgerEntry {
    fn eq(&self, other: &Self) -> bool {
        let text = |value: &Option<Arc<RawValue>>| value.as_ref().map(|v| v.get().to_owned());
        self.step == other.step
            && self.rank == other.rank
            && self.planned.get() == other.planned.get()
            && text(&self.output) == text(&other.output)
            && self.done == other.done
            && self.removing == other.removing
            && self.generation == other.generation
    }
}

/// The list itself. An entry is written before its step's first call and struck out only by a
/// finished compensation, so whatever exists in the cloud because of us is in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(Vec<LedgerEntry>);

impl Ledger {
    /// The entry of this step.
    pub fn get(&self, step: &StepId) -> Option<&LedgerEntry> {
        self.0.iter().find(|entry| entry.step == *step)
    }

    /// All entries, in the order in which they were entered.
    pub fn entries(&self) -> &[LedgerEntry] {
        &self.0
    }

    /// True when nothing is owned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the step has been carried out for exactly this `planned`.
    pub fn is_done(&self, step: &StepId, planned: &RawValue) -> bool {
        self.get(step)
            .is_some_and(|entry| entry.done && entry.planned.get() == planned.get())
    }

    /// Notes that the step is about to be carried out. An entry that is already there keeps its
    /// output: it is what the step will find.
    pub fn enter(
        &mut self,
        step: &StepId,
        rank: u8,
        planned: Arc<RawValue>,
        generation: Generation,
    ) {
        let Some(entry) = self.entry_mut(step) else {
            self.0.push(LedgerEntry {
                step: step.clone(),
                rank,
                planned,
                output: None,
                done: false,
                removing: false,
                generation,
            });
            return;
        };
        if entry.planned.get() != planned.get() {
            entry.planned = planned;
            entry.generation = generation;
            entry.done = false;
        }
        entry.rank = rank;
    }

    /// Notes what the step made.
    pub fn finish(&mut self, step: &StepId, output: Arc<RawValue>) {
        if let Some(entry) = self.entry_mut(step) {
            entry.output = Some(output);
            entry.done = true;
            entry.removing = false;
        }
    }

    /// Notes that the removal of what the step made begins. Should it be wanted again, the step is
    /// carried out again, on whatever is left. True if that was not noted before.
    pub fn begin_removal(&mut self, step: &StepId) -> bool {
        self.entry_mut(step).is_some_and(|entry| {
            entry.done = false;
            !std::mem::replace(&mut entry.removing, true)
        })
    }

    /// Makes every step run again, on what exists: a verify trusts nothing that was written.
    pub fn doubt_all(&mut self) {
        for entry in &mut self.0 {
            entry.done = false;
        }
    }

    /// Removes the entry: its compensation has finished.
    pub fn strike_out(&mut self, step: &StepId) {
        self.0.retain(|entry| entry.step != *step);
    }

    fn entry_mut(&mut self, step: &StepId) -> Option<&mut LedgerEntry> {
        self.0.iter_mut().find(|entry| entry.step == *step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Arc<RawValue> {
        Arc::from(RawValue::from_string(text.to_owned()).unwrap())
    }

    #[test]
    fn a_step_is_done_only_for_the_planned_it_ran_with() {
        let (mut ledger, step) = (Ledger::default(), StepId::of("service", "web"));
        ledger.enter(&step, 2, raw("1"), Generation(1));
        assert!(!ledger.is_done(&step, &raw("1")));
        ledger.finish(&step, raw("\"arn\""));
        assert!(ledger.is_done(&step, &raw("1")));

        ledger.enter(&step, 2, raw("2"), Generation(2));
        assert!(!ledger.is_done(&step, &raw("2")) && !ledger.is_done(&step, &raw("1")));
        let entry = ledger.get(&step).unwrap();
        assert_eq!(
            entry.output.as_ref().unwrap().get(),
            "\"arn\"",
            "what exists is remembered"
        );
        assert_eq!(entry.generation, Generation(2));

        ledger.finish(&step, raw("\"arn\""));
        assert!(ledger.begin_removal(&step) && !ledger.begin_removal(&step));
        ledger.enter(&step, 2, raw("2"), Generation(3));
        assert!(
            !ledger.is_done(&step, &raw("2")),
            "half removed is not done, whatever is wanted now"
        );
        assert!(ledger.get(&step).unwrap().removing, "and is looked for");
        ledger.finish(&step, raw("\"arn\""));
        assert!(!ledger.get(&step).unwrap().removing);

        ledger.strike_out(&step);
        assert!(ledger.is_empty() && !ledger.begin_removal(&step));
    }
}
