//! What the picture shows: the parts of each line, on the scale that all lines share.

use tempus_model::{JobStatus, StepState, Timestamp};

use crate::shape::{JobView, StepView};

/// What a part of a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Nobody has begun.
    Queued,
    /// It is being made.
    Making,
    /// The platform is at work.
    Waiting,
    /// It was refused, or took too long.
    Failed,
    /// An attempt failed, and the next is not due.
    Pause,
    /// It was there, until it was undone.
    Kept,
    /// It is being undone.
    Undoing,
    /// It cannot be undone.
    Stuck,
}

impl Part {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Making => "making",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Pause => "pause",
            Self::Kept => "kept",
            Self::Undoing => "undoing",
            Self::Stuck => "stuck",
        }
    }
}

/// A part of a line, in milliseconds from the job's beginning; without an end it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bar {
    pub part: Part,
    pub from: i64,
    pub to: Option<i64>,
}

/// The scale that all lines share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub begins: Timestamp,
    /// How long all of it takes, in milliseconds: more than nothing.
    pub length: i64,
    pub is_open: bool,
}

impl Scale {
    pub fn of(job: &JobView, now: Timestamp) -> Self {
        let is_open = job.finished_at.is_none() && job.status != JobStatus::Parked;
        let ends = job.steps.iter().flat_map(|step| {
            let pauses = step.pauses.iter().map(|pause| pause.to.min(now));
            let ends = [step.finished_at, step.undo_started_at, step.made_at];
            ends.into_iter()
                .flatten()
                .chain(pauses)
                .chain([step.started_at])
        });
        let last = ends.chain(job.started_at).chain(job.finished_at).max();
        let last = if is_open { Some(now) } else { last };
        let begins = job.created_at;
        let length = last.map_or(0, |last| last.millis() - begins.millis());
        Self {
            begins,
            length: length.max(1),
            is_open,
        }
    }

    pub fn at(self, time: Timestamp) -> i64 {
        (time.millis() - self.begins.millis()).clamp(0, self.length)
    }

    /// As a part of the whole, in percent.
    #[allow(
        clippy::cast_precision_loss,
        reason = "a picture has fewer points than a number digits"
    )]
    pub fn percent(self, milliseconds: i64) -> String {
        let part = milliseconds as f64 / self.length as f64 * 100.0;
        format!("{part:.3}%")
    }

    pub fn bar(self, part: Part, from: Timestamp, to: Option<Timestamp>) -> Bar {
        let to = match to {
            None if !self.is_open => Some(self.length),
            to => to.map(|to| self.at(to)),
        };
        Bar {
            part,
            from: self.at(from),
            to,
        }
    }

    /// What a step's line is made of, in the order in which it is drawn.
    pub fn bars(self, step: &StepView, is_cause: bool) -> Vec<Bar> {
        let mut bars = Vec::new();
        let was_made = step.undo_started_at != Some(step.started_at);
        if was_made {
            let (part, to) = match (step.state, step.undo_started_at) {
                (StepState::Failed, _) => (Part::Failed, step.finished_at),
                (StepState::Waiting, None) => (Part::Waiting, None),
                (StepState::Running, None) => (Part::Making, None),
                (_, None) => (Part::Making, step.finished_at),
                (_, undone) if had_failed(step, is_cause) => (Part::Failed, undone),
                (_, undone) => (Part::Making, step.made_at.or(undone)),
            };
            bars.push(self.bar(part, step.started_at, to));
            if let Some(made) = step.made_at {
                bars.push(self.bar(Part::Kept, made, step.undo_started_at));
            }
        }
        if let Some(undone) = step.undo_started_at {
            let (part, to) = match step.state {
                StepState::Stuck => (Part::Stuck, None),
                StepState::Removed => (Part::Undoing, step.finished_at),
                _ => (Part::Undoing, None),
            };
            bars.push(self.bar(part, undone, to));
        }
        let pauses = step.pauses.iter();
        bars.extend(pauses.map(|pause| self.bar(Part::Pause, pause.from, Some(pause.to))));
        bars
    }

    /// Where lines stand behind the picture, and what they are called.
    pub fn ticks(self) -> impl Iterator<Item = (i64, String)> {
        const STEPS: [i64; 18] = [
            10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000,
            300_000, 600_000, 1_800_000, 3_600_000,
        ];
        let fits = |step: &i64| self.length / step < 6;
        let coarse = self.length / 5;
        let step = STEPS.into_iter().find(fits).unwrap_or(coarse.max(1));
        let ticks = (0..).map(move |i| i * step);
        ticks
            .take_while(move |at| *at <= self.length)
            .map(|at| (at, tick(at)))
    }
}

/// Whether a step that is undone had failed before: its state does not tell any more.
pub(super) fn had_failed(step: &StepView, is_cause: bool) -> bool {
    let was_begun = step.undo_started_at != Some(step.started_at);
    is_cause && was_begun && step.made_at.is_none()
}

/// A time from the beginning, as short as it can be said.
fn tick(milliseconds: i64) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    match (seconds, rest) {
        (0, 0) => "0".to_owned(),
        (0..60, 0) => format!("{seconds}s"),
        (0..60, rest) if rest % 100 == 0 => format!("{seconds}.{}s", rest / 100),
        (0..60, rest) => format!("{seconds}.{:02}s", rest / 10),
        (60..3600, _) if seconds % 60 == 0 => format!("{}m", seconds / 60),
        (60..3600, _) => format!("{}m{}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::made::{at, job, step};
    use super::*;

    fn bars(job: &JobView, now: i64) -> Vec<(Part, i64, Option<i64>)> {
        let bars = Scale::of(job, at(now)).bars(&job.steps[0], false);
        bars.iter()
            .map(|bar| (bar.part, bar.from, bar.to))
            .collect()
    }

    #[test]
    fn what_is_open_grows_until_the_job_ends() {
        let running = job("running", &[step("running", &[("started_at", 200)])]);
        assert_eq!(bars(&running, 1000), [(Part::Making, 200, None)]);
        assert_eq!(Scale::of(&running, at(1000)).length, 1000);
        let waiting = job("running", &[step("waiting", &[("started_at", 200)])]);
        assert_eq!(bars(&waiting, 1000), [(Part::Waiting, 200, None)]);
        let parked = job(
            "parked",
            &[step(
                "stuck",
                &[("started_at", 200), ("undo_started_at", 700)],
            )],
        );
        let found = bars(&parked, 9_000_000);
        assert_eq!(
            found,
            [
                (Part::Making, 200, Some(700)),
                (Part::Stuck, 700, Some(700))
            ],
            "what stands still for days is not drawn to scale"
        );
    }

    #[test]
    fn what_was_rolled_back_shows_when_it_was_made_and_undone() {
        let mut undone = step(
            "removed",
            &[
                ("started_at", 200),
                ("made_at", 900),
                ("undo_started_at", 3000),
                ("finished_at", 3500),
            ],
        );
        undone["pauses"] = json!([{"from": at(400).to_string(), "to": at(600).to_string()}]);
        assert_eq!(
            bars(&job("failed", &[undone]), 99_000),
            [
                (Part::Making, 200, Some(900)),
                (Part::Kept, 900, Some(3000)),
                (Part::Undoing, 3000, Some(3500)),
                (Part::Pause, 400, Some(600)),
            ]
        );
        let failed = step(
            "removed",
            &[
                ("started_at", 200),
                ("undo_started_at", 3000),
                ("finished_at", 3500),
            ],
        );
        let failed = job("failed", &[failed]);
        let cause = Scale::of(&failed, at(99_000)).bars(&failed.steps[0], true);
        assert_eq!(cause[0].part, Part::Failed);
        let only = step("removing", &[("started_at", 200), ("undo_started_at", 200)]);
        assert_eq!(
            bars(&job("running", &[only]), 1000),
            [(Part::Undoing, 200, None)]
        );
    }

    #[test]
    fn a_scale_has_a_handful_of_round_ticks() {
        for (length, expected) in [
            (1, vec!["0"]),
            (40, vec!["0", "0.01s", "0.02s", "0.03s", "0.04s"]),
            (450, vec!["0", "0.1s", "0.2s", "0.3s", "0.4s"]),
            (9000, vec!["0", "2s", "4s", "6s", "8s"]),
            (150_000, vec!["0", "30s", "1m", "1m30s", "2m", "2m30s"]),
        ] {
            let scale = Scale {
                begins: at(0),
                length,
                is_open: false,
            };
            let names: Vec<_> = scale.ticks().map(|(_, name)| name).collect();
            assert_eq!(names, expected, "{length}");
        }
        let scale = Scale {
            begins: at(0),
            length: 86_400_000,
            is_open: false,
        };
        assert!((3..8).contains(&scale.ticks().count()));
    }
}
