//! The comment: all there is to say, for people.

use std::fmt::Write;

use super::markdown::{code, minute, paragraph, quote};
use super::{Cost, Scene, marker, words};
use crate::github::{Absent, Verdict};
use crate::{Job, Phase, Receipt, Snapshot, StepState};

impl Scene<'_> {
    pub(super) fn comment(&self) -> Option<String> {
        let tended = &self.source.tended;
        let waits = matches!(self.verdict, Some(Verdict::Absent(Absent::Unapproved(_))));
        let silent = self.preview.is_none()
            && tended.answer.is_none()
            && tended.problem.is_none()
            && tended.posted.comment.is_none();
        if silent && !waits {
            return None;
        }
        let mut text = marker(self.installation, &self.source.key);
        text.push('\n');
        if let Some(preview) = self.preview {
            self.preview_lines(&mut text, preview);
        } else {
            text.push_str("### No preview\n");
        }
        self.verdict_lines(&mut text);
        if let Some(problem) = &tended.problem {
            paragraph(&mut text, "No preview could be made of the latest commit:");
            quote(&mut text, &[problem.as_str()]);
        }
        let wanted = self.preview.is_some_and(|of| of.row.desired.is_present());
        if let Some(warning) = tended.warning.as_ref().filter(|_| wanted) {
            paragraph(&mut text, &format!("When it was called for: {warning}."));
        }
        if let Some(answer) = &tended.answer {
            paragraph(&mut text, answer);
        }
        Some(text)
    }

    fn preview_lines(&self, text: &mut String, preview: &Snapshot) {
        let (identity, row) = (&preview.identity, &preview.row);
        let phase = row.phase();
        let _ = writeln!(
            text,
            "### Preview `{}`: {}",
            identity.name,
            words(row, self.receipt)
        );
        if let Some(url) = identity.url()
            && matches!(phase, Phase::Ready | Phase::Asleep | Phase::Updating)
        {
            paragraph(text, &format!("**<{url}>**"));
        }
        let mut facts = Vec::new();
        if let Some(sha) = self.called_for() {
            facts.push(("Commit", sha.to_owned()));
        }
        if row.desired.is_present() {
            let end = minute(row.expires_at);
            let pinned = row.pinned().map(|pin| {
                let reason = code(pin.reason.as_str());
                format!("{end}; pinned until {}: {reason}", minute(pin.until))
            });
            facts.push(("Ends", pinned.unwrap_or(end)));
        }
        if let Some(cost) = self.cost(preview) {
            facts.push(("Cost (estimate)", cost));
        }
        if let Some(api) = self.links.api.filter(|_| !row.is_gone()) {
            facts.push(("Logs", format!("{api}/preview/{}/logs", identity.id)));
        }
        text.push('\n');
        for (name, fact) in facts {
            let _ = writeln!(text, "- {name}: {fact}");
        }
        if row.is_ending() {
            let end = minute(row.expires_at);
            let line =
                format!("**Its time is over at {end}.** `/preview extend 2d` lets it live longer.");
            paragraph(text, &line);
        }
        if let Some(failure) = self.failure(row) {
            paragraph(text, "It failed:");
            let mut lines = vec![failure.reason.as_str()];
            lines.extend(failure.detail.iter().map(String::as_str));
            quote(text, &lines);
        }
        // Each edit counts against what GitHub allows, so steps are shown when all have their times.
        if let Some(job) = self
            .job
            .filter(|job| job.status.is_final() || row.parked.is_some())
        {
            timeline(text, job);
        }
        if let Some(receipt) = self.receipt {
            receipt_lines(text, receipt);
        }
    }

    fn verdict_lines(&self, text: &mut String) {
        let why = match self.verdict {
            Some(Verdict::Absent(why)) => why,
            Some(Verdict::Present(_)) if self.preview.is_some_and(|of| of.row.is_gone()) => {
                return paragraph(text, "The next push, or `/preview`, asks for another.");
            }
            _ => return,
        };
        let line = match why {
            Absent::Closed => return,
            Absent::Gone => "The App was taken away from this repository.".to_owned(),
            Absent::Stopped => {
                "It was stopped by a comment; `/preview` asks for another.".to_owned()
            }
            Absent::Draft => {
                "Drafts have no preview here; `/preview` asks for one all the same.".to_owned()
            }
            Absent::Unlabeled(labels) => {
                let labels: Vec<_> = labels.iter().map(|label| code(label)).collect();
                format!(
                    "It has a preview with one of these labels: {}. `/preview` asks for one all \
                     the same.",
                    labels.join(", ")
                )
            }
            Absent::Unapproved(sha) => format!(
                "This is a fork's commit, and runs only when somebody who may write to this \
                 repository has looked at it and comments `/preview {sha}`."
            ),
            Absent::HasPull(number) => format!("The branch has pull request #{number}."),
        };
        paragraph(text, &line);
    }

    /// What it has cost until its last change, and what it costs from then on.
    fn cost(&self, preview: &Snapshot) -> Option<String> {
        let Cost { prices, wanted } = self.cost?;
        let (spans, until) = (&preview.row.spans, preview.row.settled.at);
        let spent = prices.of(spans.used_until(until));
        let said = if preview.row.is_gone() {
            format!("${spent:.2} in all")
        } else {
            let until = minute(until);
            match spans.running() {
                None if preview.row.phase() == Phase::Asleep => {
                    format!("${spent:.2} by {until}, and nothing while it sleeps")
                }
                runs => {
                    let hourly = prices.hourly(runs.unwrap_or(wanted));
                    format!("${spent:.2} by {until}, then ${hourly:.3} an hour")
                }
            }
        };
        Some(format!(
            "{said} (prices of {}, {})",
            prices.region, prices.dated
        ))
    }
}

fn timeline(text: &mut String, job: &Job) {
    if job.steps.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n<details><summary>{} {}: {} steps</summary>\n\n| step | state | began | took |\n|---|---|---|---|\n",
        job.kind,
        job.status,
        job.steps.len()
    );
    for step in &job.steps {
        let took = step.finished_at.map_or_else(String::new, |end| {
            let began = step.undo_started_at.unwrap_or(step.started_at);
            format!("{:.1} s", began.until(end).as_secs_f64())
        });
        let _ = writeln!(
            text,
            "| {} | {} | {} | {took} |",
            code(&step.step.to_string()),
            state(step.state),
            step.started_at,
        );
    }
    text.push_str("\n</details>\n");
}

const fn state(state: StepState) -> &'static str {
    match state {
        StepState::Running => "running",
        StepState::Waiting => "waiting",
        StepState::Done => "done",
        StepState::Failed => "failed",
        StepState::Removing => "being removed",
        StepState::Removed => "removed",
        StepState::Stuck => "stuck",
    }
}

fn receipt_lines(text: &mut String, receipt: &Receipt) {
    let _ = write!(
        text,
        "\n<details><summary>Receipt: {} removed, nothing found at {}</summary>\n\n",
        receipt.removed.len(),
        minute(receipt.verified_at)
    );
    for removed in &receipt.removed {
        let _ = writeln!(text, "- {} at {}", code(&removed.resource), removed.at);
    }
    for check in &receipt.checks {
        let _ = writeln!(text, "- looked for {} by {}: nothing", check.kind, check.by);
    }
    text.push_str("\n</details>\n");
}
