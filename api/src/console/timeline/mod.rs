//! A job's steps as a timeline, drawn to scale: what ran side by side, what was tried again and how long
//! was waited before that, what was undone and why.
//!
//! It is a table, with everything in words; the picture is one more column, which says nothing that the
//! others do not. What is still open, scripts let grow (`timeline.js`): they know where it begins.

#[cfg(test)]
mod made;
mod scale;

use maud::{Markup, html};
use tempus_model::{StepState, Timestamp};

use self::scale::{Bar, Part, Scale, had_failed};
use super::words;
use crate::shape::{JobView, StepView};

/// The timeline.
pub(super) fn show(job: &JobView, now: Timestamp) -> Markup {
    let scale = Scale::of(job, now);
    let queued = scale.bar(Part::Queued, job.created_at, job.started_at);
    // What is turned is begun anew: what came before is in the steps.
    let first = job.steps.iter().map(|step| step.started_at).min();
    let taken_up = [first, job.started_at].into_iter().flatten().min();
    let waited = taken_up.map(|at| job.created_at.until(at));
    html! {
        table.timeline data-begins=(job.created_at.millis()) data-length=(scale.length) data-growing[scale.is_open] {
            caption.unseen { "Steps of the " (job.kind) ", in the order in which they were begun" }
            thead {
                tr {
                    th scope="col" { "Step" }
                    th scope="col" { "State" }
                    th.picture scope="col" {
                        span.unseen { "When" }
                        svg.ticks aria-hidden="true" width="100%" height="16" {
                            @for (at, name) in scale.ticks() {
                                text x=(scale.percent(at)) y="12" { (name) }
                            }
                        }
                    }
                    th.number scope="col" { "Took" }
                }
            }
            tbody {
                tr data-key="queued" {
                    th scope="row" { "in the queue" }
                    td { @if taken_up.is_none() { (words::badge(words::Tone::Busy, "waiting")) } }
                    td.picture { (picture(scale, &[Bar { to: taken_up.map_or(queued.to, |at| Some(scale.at(at))), ..queued }])) }
                    td.number { @if let Some(waited) = waited { (words::took(waited)) } }
                }
                @for step in &job.steps {
                    (line(scale, job, step, now))
                }
            }
        }
    }
}

fn picture(scale: Scale, bars: &[Bar]) -> Markup {
    html! {
        svg.line aria-hidden="true" width="100%" height="20" {
            @for bar in bars {
                @let to = bar.to.unwrap_or(scale.length);
                rect class=(bar.part.class()) rx="2" y=(if bar.part == Part::Kept { 9 } else { 4 })
                    height=(if bar.part == Part::Kept { 2 } else { 12 })
                    // What took no time is seen all the same.
                    x=(scale.percent(bar.from)) width=(if to == bar.from { "2".to_owned() } else { scale.percent(to - bar.from) })
                    data-from=(bar.from) data-to=[bar.to] {}
            }
        }
    }
}

fn line(scale: Scale, job: &JobView, step: &StepView, now: Timestamp) -> Markup {
    let (kind, item) = match step.step.split_once(':') {
        Some((kind, item)) => (kind, Some(item)),
        None => (step.step.as_str(), None),
    };
    let is_cause = job.error.as_ref().and_then(|error| error.step.as_ref()) == Some(&step.step);
    // Why a job was turned round matters more than that this step was cleared away, too.
    let began = step.undo_started_at.unwrap_or(step.started_at);
    let (state, began, until) = match step.state {
        StepState::Removing | StepState::Removed if had_failed(step, is_cause) => {
            (StepState::Failed, step.started_at, step.undo_started_at)
        }
        state @ (StepState::Done | StepState::Removed | StepState::Failed) => {
            (state, began, step.finished_at)
        }
        state => (state, began, None),
    };
    let length = began.until(until.unwrap_or(now));
    let offset = scale.begins.until(step.started_at);
    html! {
        tr data-key=(step.step) class=[is_cause.then_some("cause")] {
            th scope="row" title=[step.resource.as_deref()] {
                (kind) @if let Some(item) = item { " " span.item { (item) } }
                @if let Some(remark) = remark(step, now) { p.remark { (remark) } }
            }
            td { (words::step(state)) @if step.attempts > 1 { " " span.tries { "attempt " (step.attempts) } } }
            td.picture {
                (picture(scale, &scale.bars(step, is_cause)))
                span.unseen { "begun " (words::took(offset)) " after the job was accepted"
                    @if step.undo_started_at.is_some() { ", then undone" }
                    @for pause in &step.pauses { ", held still for " (words::took(pause.from.until(pause.to))) " after a failed attempt" }
                }
            }
            td.number data-since=[until.is_none().then(|| began.millis())] { (words::took(length)) }
        }
    }
}

/// What else there is to say about a step: what it waits for, or what went wrong.
fn remark(step: &StepView, now: Timestamp) -> Option<Markup> {
    let text = step.waiting_for.as_ref().or(step.error.as_ref())?;
    let again = step.retry_at.filter(|at| step.state.is_open() && *at > now);
    Some(html! {
        (text)
        @if step.error.is_some() {
            @if let Some(at) = again { ", again in " (words::until(at)) }
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::made::{at, job, step};
    use super::*;

    #[test]
    fn a_step_that_failed_is_said_to_have_failed_when_it_is_cleared_away() {
        let times = [
            ("started_at", 200),
            ("undo_started_at", 3000),
            ("finished_at", 3001),
        ];
        let mut failed = job("failed", &[step("removed", &times)]);
        let removed = show(&failed, at(5000)).into_string();
        assert!(!removed.contains("badge bad"), "{removed}");
        failed.error = serde_json::from_value(
            json!({"kind": "rejected", "step": "process:web", "reason": "no"}),
        )
        .unwrap();
        let page = show(&failed, at(5000)).into_string();
        assert!(page.contains("</svg>failed</span>"), "{page}");
        assert!(page.contains(">2.8s</td>"), "{page}");
    }

    #[test]
    fn hostile_texts_are_texts() {
        let mut hostile = step("failed", &[("started_at", 200), ("finished_at", 300)]);
        hostile["error"] = "<script>alert(1)</script>".into();
        hostile["resource"] = "\"><img src=x onerror=alert(1)>".into();
        let page = show(&job("failed", &[hostile]), at(5000)).into_string();
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert!(
            !page.contains("<script") && !page.contains("<img"),
            "{page}"
        );
    }
}
