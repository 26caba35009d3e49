//! One attempt of one step: a call that is never dropped.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use serde_json::value::RawValue;
use tempus_engine::InTrace;
use tempus_model::{StepId, broken};
use tempus_steps::{Progress, StepError, Trust};
use tokio::task::JoinHandle;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::ctx::AttemptCtx;
use crate::held::Held;
use crate::{Parts, Tasks, metrics};

/// What to do with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Execute,
    Compensate,
}

impl Direction {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Compensate => "compensate",
        }
    }
}

/// How an attempt ended.
pub(crate) struct Attempt {
    pub(crate) step: StepId,
    /// `Done` carries the output of an execution, and nothing for a compensation.
    pub(crate) outcome: Result<Progress<Option<Arc<RawValue>>>, StepError>,
}

impl Attempt {
    /// How it ended, in a word; an error if it is one.
    fn word(&self) -> Result<&'static str, &'static str> {
        match &self.outcome {
            Ok(Progress::Done(_)) => Ok("ok"),
            Ok(Progress::Wait { .. }) => Ok("wait"),
            Err(StepError::Throttled(_)) => Err("throttled"),
            Err(StepError::Transient { .. }) => Err("transient"),
            Err(StepError::Rejected { .. }) => Err("rejected"),
            Err(StepError::Overdue { .. }) => Err("overdue"),
        }
    }

    fn measure(&self, direction: Direction, span: &Span) {
        let word = self.word();
        let outcome = word.unwrap_or_else(|error| error);
        metrics::attempt(&self.step, direction, outcome);
        span.note("tempus.step.outcome", outcome);
        if let Err(error) = word {
            span.fails(error);
        }
    }
}

/// Starts an attempt. The future runs to its end whatever becomes of its caller.
pub(crate) fn start(
    parts: &Parts,
    tasks: &Tasks,
    held: &Held,
    step: &StepId,
    direction: Direction,
) -> JoinHandle<Attempt> {
    let saga = &held.saga;
    let entry = held.ledger.get(step).cloned();
    // What was half removed is looked for: its output may name what is gone by now.
    let half_removed = direction == Direction::Execute
        && entry.as_ref().is_some_and(|e| e.removing)
        && !broken!(TrustHalfRemoved);
    let ctx = AttemptCtx {
        parts: parts.clone(),
        identity: Arc::clone(&held.identity),
        generation: entry
            .as_ref()
            .map_or(saga.generation, |entry| entry.generation),
        expires_at: saga.expires_at,
        since: saga
            .progress(step)
            .and_then(|p| p.since)
            .unwrap_or_else(|| parts.now()),
        trust: if held.is_suspect() || half_removed {
            Trust::Suspect
        } else {
            Trust::Trusted
        },
    };
    let platform = Arc::clone(&parts.platform);
    let number = saga
        .progress(step)
        .map_or(1, |progress| progress.attempts + 1);
    let span = tracing::info_span!(
        "step",
        step = %step,
        attempt = number,
        undo = matches!(direction, Direction::Compensate),
        span_id = Empty,
    );
    span.called(format!("{} {}", direction.as_str(), step.kind()));
    span.note("tempus.step.kind", step.kind().to_owned());
    span.note("tempus.step.direction", direction.as_str());
    span.show_ids();
    let step = step.clone();
    let kind = step.kind().to_owned();
    let call = async move {
        match (platform.step(&kind), entry) {
            (None, _) => Err(StepError::rejected(format!(
                "the {} platform has no step \"{}\"",
                platform.name(),
                kind
            ))),
            // The ledger lists every step before it is started; what it no longer lists has
            // been compensated.
            (Some(_), None) => Ok(Progress::Done(None)),
            (Some(_), Some(entry))
                if broken!(SkipInFlight)
                    && direction == Direction::Compensate
                    && entry.output.is_none() =>
            {
                Ok(Progress::Done(None))
            }
            (Some(code), Some(entry)) => match direction {
                Direction::Execute => {
                    let current = entry.output.as_deref();
                    code.execute(&ctx, &entry.planned, current)
                        .await
                        .and_then(|p| p.try_map(|made| Ok(Some(made))))
                }
                Direction::Compensate => {
                    let output = entry.output.as_deref();
                    code.compensate(&ctx, &entry.planned, output)
                        .await
                        .and_then(|p| p.try_map(|()| Ok(None)))
                }
            },
        }
    };
    let call = AssertUnwindSafe(call).catch_unwind().map(move |ended| {
        // How far a call came that panicked, nobody knows.
        let outcome = ended.unwrap_or_else(|_| Err(StepError::lost("the step's code panicked")));
        let attempt = Attempt { step, outcome };
        attempt.measure(direction, &Span::current());
        attempt
    });
    tasks.spawn(call.instrument(span))
}
