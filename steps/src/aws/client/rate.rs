//! The account's request rates, kept on this side: a burst of a hundred creates waits in line
//! here instead of living on throttling errors.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::action::{Action, Family};
use crate::StepError;
use crate::aws::options::{Rate, Rates};

/// How long a call waits in line at most. A longer line is left to the saga's own back-off, which
/// gives the lease back, so that a worker that must stop is not held up by it.
const LONGEST_LINE: Duration = Duration::from_secs(20);

/// One line per family of calls.
#[derive(Debug)]
pub(super) struct Lines {
    task_definition_changes: Line,
    task_definition_deletes: Line,
    service_changes: Line,
    ecs_reads: Line,
    elb_changes: Line,
    elb_reads: Line,
    tag_reads: Line,
    log_reads: Line,
    metric_reads: Line,
    security_groups: Line,
    parameters: Line,
    schedules: Line,
    scaling: Line,
    images: Line,
}

impl Lines {
    pub(super) fn new(rates: &Rates) -> Self {
        Self {
            task_definition_changes: Line::new(rates.task_definition_changes),
            task_definition_deletes: Line::new(rates.task_definition_deletes),
            service_changes: Line::new(rates.service_changes),
            ecs_reads: Line::new(rates.ecs_reads),
            elb_changes: Line::new(rates.elb_changes),
            elb_reads: Line::new(rates.elb_reads),
            tag_reads: Line::new(rates.tag_reads),
            log_reads: Line::new(rates.log_reads),
            metric_reads: Line::new(rates.metric_reads),
            security_groups: Line::new(rates.security_groups),
            parameters: Line::new(rates.parameters),
            schedules: Line::new(rates.schedules),
            scaling: Line::new(rates.scaling),
            images: Line::new(rates.images),
        }
    }

    /// Waits for this call's turn.
    pub(super) async fn enter(&self, action: Action) -> Result<(), StepError> {
        let line = match action.family() {
            Family::TaskDefinitionChange => &self.task_definition_changes,
            Family::TaskDefinitionDelete => &self.task_definition_deletes,
            Family::ServiceChange => &self.service_changes,
            Family::EcsRead => &self.ecs_reads,
            Family::ElbChange => &self.elb_changes,
            Family::ElbRead => &self.elb_reads,
            Family::TagRead => &self.tag_reads,
            Family::LogRead => &self.log_reads,
            Family::MetricRead => &self.metric_reads,
            Family::SecurityGroup => &self.security_groups,
            Family::Parameter => &self.parameters,
            Family::Schedule => &self.schedules,
            Family::Scaling => &self.scaling,
            Family::Image => &self.images,
        };
        match line.turn(Instant::now()) {
            Some(turn) => {
                tokio::time::sleep_until(turn).await;
                Ok(())
            }
            None => Err(StepError::Throttled(format!(
                "more than {} s of calls like {} wait in line already",
                LONGEST_LINE.as_secs(),
                action.operation()
            ))),
        }
    }
}

/// A token bucket that hands out turns in the order in which they are asked for.
#[derive(Debug)]
struct Line {
    /// How long it takes until one more call may be made.
    interval: Duration,
    /// How far ahead of its even pace a burst may be.
    ahead: Duration,
    /// When the next call would be made at an even pace.
    even: Mutex<Option<Instant>>,
}

impl Line {
    fn new(rate: Rate) -> Self {
        let interval = Duration::from_secs_f64(1.0 / rate.per_second.max(0.01));
        Self {
            interval,
            ahead: interval * rate.burst.saturating_sub(1),
            even: Mutex::new(None),
        }
    }

    /// When the next call's turn is; `None` if the line is too long, and then no place is taken.
    fn turn(&self, now: Instant) -> Option<Instant> {
        let mut even = self.even.lock().unwrap_or_else(PoisonError::into_inner);
        let next = even.map_or(now, |even| even.max(now));
        let turn = next
            .checked_sub(self.ahead)
            .map_or(now, |turn| turn.max(now));
        if turn - now > LONGEST_LINE {
            return None;
        }
        *even = Some(next + self.interval);
        Some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line::new(Rate {
            burst: 3,
            per_second: 2.0,
        })
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_an_even_pace() {
        let (line, now) = (line(), Instant::now());
        let waits: Vec<_> = (0..5)
            .map(|_| (line.turn(now).unwrap() - now).as_millis())
            .collect();
        assert_eq!(waits, [0, 0, 0, 500, 1000]);
        let later = now + Duration::from_mins(1);
        assert_eq!(line.turn(later), Some(later), "a quiet while fills it up");
    }

    #[test]
    fn a_line_has_an_end() {
        let (line, now) = (line(), Instant::now());
        let served = (0..1000).filter(|_| line.turn(now).is_some()).count();
        assert_eq!(served, 3 + 40, "the burst, and 20 s at two a second");
    }
}
