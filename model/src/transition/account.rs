//! Account: what a holder's write shows of what runs. No change of its own: a part of each of those
//! that record progress.

use crate::{Ledger, Row, Saga, StepId, StepProgress, StepState, Timestamp};

impl Row {
    /// Opens, moves or closes the span of what runs, by what the saga's steps have come to.
    ///
    /// It begins with the first step that runs something and is seen done, becomes what the saga is
    /// on its way to when all of that runs, and ends when the last is compensated. A create that
    /// fails, a roll-back and a removal that is stuck count too: what is there is paid for. What a
    /// ledger of an older release has is counted from the first saga that says how large it is.
    ///
    /// What is put to sleep runs nothing once all that the plan still has of it stands as planned.
    pub(super) fn account(&mut self, saga: &Saga, ledger: &Ledger) {
        let runs = ledger.entries().iter().filter(|entry| entry.step.runs());
        let (mut made, mut left) = (Vec::new(), false);
        for entry in runs {
            left = true;
            if entry.done {
                made.push(&entry.step);
            }
        }
        if !left {
            let removed = |of: &&StepProgress| of.step.runs() && of.state == StepState::Removed;
            let last = ends(saga).filter(|(of, _)| removed(of)).map(|(_, at)| at);
            self.spans.close(last.max().unwrap_or_else(|| latest(saga)));
            return;
        }
        let Some(footprint) = saga.footprint.filter(|_| !made.is_empty()) else {
            return;
        };
        let of_these = |steps: &[&StepId]| {
            let done = |of: &StepProgress| of.state == StepState::Done && steps.contains(&&of.step);
            let times = ends(saga).filter(|(of, _)| done(of)).map(|(_, at)| at);
            times.collect::<Vec<_>>()
        };
        if !saga.wakefulness.is_awake() {
            // Its steps stand as planned for what sleeps, and so run nothing.
            if let Some(all) = all_made(saga, ledger) {
                let last = of_these(&all).into_iter().max();
                self.spans.close(last.unwrap_or_else(|| latest(saga)));
            }
            return;
        }
        if self.spans.running().is_none() {
            let first = of_these(&made).into_iter().min();
            self.spans
                .open(footprint, first.unwrap_or_else(|| latest(saga)));
        } else if let Some(all) = all_made(saga, ledger) {
            let last = of_these(&all).into_iter().max();
            self.spans
                .open(footprint, last.unwrap_or_else(|| latest(saga)));
        }
    }
}

/// The steps that run something, of a plan in which all of them are carried out as planned.
fn all_made<'s>(saga: &'s Saga, ledger: &Ledger) -> Option<Vec<&'s StepId>> {
    let planned = saga.stages.iter().flat_map(|stage| &stage.steps);
    let mut steps = Vec::new();
    for planned in planned.filter(|planned| planned.step.runs()) {
        let entry = ledger.get(&planned.step)?;
        let same = |fixed: &serde_json::value::RawValue| entry.planned.get() == fixed.get();
        if !entry.done || !planned.planned.as_deref().is_none_or(same) {
            return None;
        }
        steps.push(&planned.step);
    }
    (!steps.is_empty()).then_some(steps)
}

fn ends(saga: &Saga) -> impl Iterator<Item = (&StepProgress, Timestamp)> {
    let progress = saga.progress.iter();
    progress.filter_map(|progress| Some((progress, progress.finished_at?)))
}

/// The latest that the saga knows of.
fn latest(saga: &Saga) -> Timestamp {
    let ends = ends(saga).map(|(_, at)| at);
    ends.max().unwrap_or(saga.started_at).max(saga.started_at)
}
