//! `/console/preview/{preview_id}`: one preview: why it is as it is, and what can be done about it.

mod actions;
mod facts;
mod past;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use tempus_model::{Job, JobId, Scope, Snapshot};

use super::dialog::opens;
use super::frame::{Content, Frame, Place};
use super::{previews, timeline, words};
use crate::extract::{Query, Theirs};
use crate::handler::{history, job, preview, receipt};
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{FailureView, HistoryQuery, JobView, PreviewView};
use crate::state::Api;

/// How often the page is brought up to date while nothing is under way, in milliseconds; while a job is,
/// its events tell sooner.
const REFRESH: u32 = 3000;

/// How many events of the history are shown.
const EVENTS: usize = 50;

/// Which job's steps are shown: the newest one's unless another is named.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Choice {
    job: Option<String>,
}

/// The page.
pub(super) async fn page(
    State(api): State<Api>,
    caller: Caller,
    Theirs(snapshot): Theirs<Snapshot>,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let again = || Theirs(snapshot.clone());
    let query = HistoryQuery {
        limit: Some(EVENTS),
    };
    let (frame, seen, past, proof) = tokio::join!(
        Frame::of(&api, &caller),
        preview::show(State(api.clone()), again()),
        history::show(State(api.clone()), again(), Query(query)),
        receipt::show(State(api.clone()), again()),
    );
    let (axum::Json(seen), axum::Json(past)) = (seen?, past?);
    let job = shown(&api, &seen, choice.job.as_deref()).await?;
    let may_change = caller.scope >= Scope::Deployer;
    let content = Content {
        place: Place::Previews,
        title: seen.name.clone(),
        body: html! {
            (head(&seen, may_change))
            @if let Some(error) = &seen.error { (failure(&seen, error, caller.is_admin())) }
            div.columns {
                div.main {
                    @let proof = past::receipt(&seen, proof.ok().map(|axum::Json(proof)| proof).as_ref());
                    // Of what failed, how it failed is asked first.
                    @if seen.error.is_none() { (proof) }
                    @if let Some(job) = &job { (steps(&seen, job, &api)) }
                    @if seen.error.is_some() { (proof) }
                    (logs(&seen))
                    (past::history(&past))
                }
                (facts::aside(&seen))
            }
        },
        dialogs: html! { @if may_change { (actions::dialogs(&seen, &api)) } },
        refresh: Some(REFRESH),
    };
    Ok(frame.page(&content, &headers))
}

/// The job whose steps are shown.
async fn shown(
    api: &Api,
    preview: &PreviewView,
    asked: Option<&str>,
) -> Result<Option<JobView>, Refusal> {
    let id = match asked {
        Some(asked) => asked
            .parse::<JobId>()
            .map_err(|error| Refusal::unreadable("job", error.to_string()))?,
        None => preview.last_job.job_id,
    };
    let found: Option<Job> = api.store().job(id).await?;
    // Another preview's is none of this page's, and may be nobody's business here.
    match found.filter(|job| job.preview == preview.preview_id) {
        Some(found) => Ok(Some(job::view(api, found).await?)),
        None if asked.is_some() => Err(crate::refusal::no_job()),
        None => Ok(None),
    }
}

fn head(preview: &PreviewView, may_change: bool) -> Markup {
    let actions = actions::Offered::of(preview);
    html! {
        nav.crumbs aria-label="Where this is" { a href="/" { "Previews" } " / " span aria-current="page" { (preview.name) } }
        div.head {
            div {
                h1 { (preview.name) }
                div.line data-say=(words::said(preview)) { (words::phase(preview))
                    @if let Some(url) = previews::link(preview) {
                        a.visit href=(url) target="_blank" rel="noopener noreferrer" { (url) }
                    }
                }
            }
            @if may_change {
                div.actions {
                    @if actions.wake { (opens("wake", "plain", "Wake")) }
                    @if actions.link { (opens("link", "plain", "Make a link")) }
                    @if actions.change {
                        (opens("extend", "plain", "Extend"))
                        (opens("pin", "plain", if preview.pin.is_some() { "Pin anew" } else { "Pin" }))
                        @if preview.pin.is_some() { (opens("unpin", "plain", "Unpin")) }
                        (opens("update", "plain", "Update"))
                        (opens("destroy", "final", "Destroy"))
                    }
                }
            }
        }
    }
}

/// The reason first, in plain words.
fn failure(preview: &PreviewView, error: &FailureView, is_admin: bool) -> Markup {
    let title = if preview.parked {
        "It waits for a person"
    } else {
        "It could not be made"
    };
    html! {
        section.failure aria-labelledby="failure" {
            h2 #failure { (title) }
            p { (error.reason) }
            @if !error.detail.is_empty() {
                (detail(&error.detail))
            }
            p.hint {
                @if let Some(step) = &error.step { "At the step " code { (step) } ". " }
                @if preview.parked {
                    @if let Some(since) = preview.parked_since { "Parked " (words::time(since)) ". " }
                    @if is_admin { "Replay it when what is in the way is gone: it goes on from there." }
                    @else { "An administrator replays it when what is in the way is gone." }
                }
            }
            @if preview.parked && is_admin {
                button.plain type="button" data-replay=(preview.preview_id) hidden { "Replay" }
                ul.results data-keep="results" data-results aria-label="What became of it" {}
            }
        }
    }
}

/// What helps to understand a failure.
fn detail(lines: &[String]) -> Markup {
    html! {
        pre.detail tabindex="0" aria-label="What helps to understand it" {
            @for line in lines { (line) "\n" }
        }
    }
}

fn steps(preview: &PreviewView, job: &JobView, api: &Api) -> Markup {
    let is_open = !job.status.is_final();
    let jobs = preview.jobs.as_deref().unwrap_or_default();
    let events = is_open.then(|| format!("/job/{}/events", job.job_id));
    html! {
        section.card aria-labelledby="steps" data-events=[events] {
            div.title {
                h2 #steps { "Steps of the " (job.kind) }
                span data-say={ "the " (job.kind) " " (job.status) } { (words::status(job.status)) }
                @if let Some(length) = length(job) { span.hint { "in " (length) } }
            }
            @if let Some(error) = job.error.as_ref().filter(|error| preview.error.as_ref() != Some(error)) {
                p.refusal { (error.reason) }
                @if !error.detail.is_empty() { (detail(&error.detail)) }
            }
            (timeline::show(job, api.now()))
            @if jobs.len() > 1 {
                details.jobs {
                    summary { "All its jobs" }
                    ul {
                        @for other in jobs {
                            li {
                                a href={ "/console/preview/" (preview.preview_id) "?job=" (other.job_id) }
                                    aria-current=[(other.job_id == job.job_id).then_some("true")] { (other.kind) }
                                " " (words::status(other.status)) " " (words::time(other.created_at))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn length(job: &JobView) -> Option<String> {
    let end = job.finished_at?;
    Some(words::took(job.created_at.until(end)))
}

fn logs(preview: &PreviewView) -> Markup {
    let path = format!("/preview/{}/logs", preview.preview_id);
    let several = preview.services.len() > 1;
    let is_gone = preview.phase.is_gone();
    html! {
        section.card aria-labelledby="logs" data-keep="logs" data-logs=(path) {
            div.title {
                h2 #logs { "Log lines" }
                span.hint data-state {}
                @if several {
                    label.inline { span.unseen { "Of which service" }
                        select data-service {
                            option value="" { "all services" }
                            @for service in &preview.services { option value=(service.name) { (service.name) } }
                        }
                    }
                }
                @if !is_gone { button.plain type="button" data-follow aria-pressed="true" hidden { "Follow" } }
            }
            noscript { p { a href=(path) { "The newest lines" } } }
            div.lines role="log" aria-labelledby="logs" aria-live="off" tabindex="0" { p.none { @if is_gone { "No line was kept." } @else { "No line yet." } } }
        }
    }
}
