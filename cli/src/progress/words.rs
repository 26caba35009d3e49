//! Jobs and steps in words.

use anstyle::{AnsiColor, Style};
use tempus_api::shape::{FailureView, JobView, StepView};
use tempus_model::{JobStatus, StepState, Timestamp};

use crate::output::time::{exact, relative};
use crate::output::{Cell, clean};

/// What stands before a step, and its colour.
pub(super) fn mark(state: StepState) -> (&'static str, Style) {
    match state {
        StepState::Running | StepState::Waiting | StepState::Removing => {
            ("·", AnsiColor::Cyan.on_default())
        }
        StepState::Done => ("✓", AnsiColor::Green.on_default()),
        StepState::Removed => ("✓", Style::new().dimmed()),
        StepState::Failed | StepState::Stuck => ("✗", AnsiColor::Red.on_default()),
    }
}

/// A state as people read it.
pub fn state(state: StepState) -> &'static str {
    match state {
        StepState::Running => "running",
        StepState::Waiting => "waiting",
        StepState::Done => "done",
        StepState::Failed => "failed",
        StepState::Removing => "removing",
        StepState::Removed => "removed",
        StepState::Stuck => "stuck",
    }
}

/// The same in its colour.
pub fn state_cell(state: StepState) -> Cell {
    Cell::styled(self::state(state), mark(state).1)
}

/// How long a step took, or has been at it.
pub fn time(step: &StepView, now: Timestamp) -> String {
    let from = match step.state {
        StepState::Removing | StepState::Removed | StepState::Stuck => {
            step.undo_started_at.unwrap_or(step.started_at)
        }
        _ => step.started_at,
    };
    let until = match step.state {
        // Removal overwrites nothing: an open step has no end, whatever it had before.
        StepState::Done | StepState::Removed | StepState::Failed => step.finished_at.unwrap_or(now),
        _ => now,
    };
    exact(from.until(until))
}

/// What else there is to say about a step.
pub fn remark(step: &StepView, now: Timestamp) -> String {
    let mut said = Vec::new();
    if step.attempts > 1 {
        said.push(format!("attempt {}", step.attempts));
    }
    if let Some(waiting_for) = &step.waiting_for {
        said.push(clean(waiting_for).into_owned());
    }
    if let Some(error) = &step.error {
        said.push(clean(error).into_owned());
    }
    if let Some(at) = step.retry_at.filter(|at| step.state.is_open() && *at > now) {
        said.push(format!("again {}", relative(now, at)));
    }
    said.join(", ")
}

/// One line for a finished job.
pub fn outcome(job: &JobView) -> String {
    let began = job.started_at.unwrap_or(job.created_at);
    let took = job
        .finished_at
        .map(|at| format!(" in {}", exact(began.until(at))));
    let took = took.unwrap_or_default();
    let kind = job.kind;
    match job.status {
        JobStatus::Succeeded => format!("{kind} succeeded{took}"),
        JobStatus::Failed => format!("{kind} failed{took}"),
        JobStatus::Superseded => format!("{kind} superseded: a newer job took its place"),
        JobStatus::Parked => {
            format!("{kind} parked: it needs a person (`tempus dead-letters list`)")
        }
        JobStatus::Queued => format!("{kind} queued"),
        JobStatus::Running => format!("{kind} running"),
    }
}

/// A failure over several lines: what, where, why, and the application's last words.
pub fn failure(failure: &FailureView) -> String {
    let mut text = match &failure.step {
        Some(step) => format!("{}: {}", clean(step), clean(&failure.reason)),
        None => clean(&failure.reason).into_owned(),
    };
    for line in &failure.detail {
        text.push_str("\n  | ");
        text.push_str(&clean(line));
    }
    text
}
