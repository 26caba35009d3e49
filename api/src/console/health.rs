//! `/console/health`: how the installation stands.

use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::frame::{Content, Frame, Place};
use super::words::{self, Tone};
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{ListenerView, OverviewView, PreviewName, QueueView, rough};
use crate::state::Api;

/// How often the page is brought up to date, in milliseconds.
const REFRESH: u32 = 3000;

/// Work that nobody has taken up for so long is late: the reminder comes every minute.
const LATE: Duration = Duration::from_mins(2);

/// How many of an owner's previews are named.
const NAMED: usize = 20;

/// The page.
pub(super) async fn page(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (frame, seen) = tokio::join!(Frame::of(&api, &caller), api.overview());
    let seen = seen?;
    let content = Content {
        place: Place::Health,
        title: "Health".to_owned(),
        body: html! {
            div.head { h1 { "Health" } }
            div.figures {
                (queue(seen.queue.as_ref()))
                (figure("Previews", &total(&seen).to_string(), &phases(&seen)))
                (figure("Slots taken", &format!("{} of {}", seen.quota.taken, seen.quota.total),
                    &format!("{} for each owner at most", seen.quota.per_owner)))
                (findings(&seen))
            }
            (workers(&seen))
            (quota(&seen))
            (listeners(&seen))
            (sweeps(&seen))
            p.hint { "Installation " code { (seen.installation) } ". What is measured over time: "
                a href="/metrics" { "metrics" } "." }
        },
        dialogs: html! {},
        refresh: Some(REFRESH),
    };
    Ok(frame.page(&content, &headers))
}

fn total(seen: &OverviewView) -> usize {
    seen.phases.iter().map(|of| of.previews).sum()
}

fn phases(seen: &OverviewView) -> String {
    let phases = seen.phases.iter().filter(|of| of.previews > 0);
    let phases: Vec<_> = phases
        .map(|of| format!("{} {}", of.previews, of.phase))
        .collect();
    if phases.is_empty() {
        return "none is live".to_owned();
    }
    phases.join(", ")
}

fn figure(name: &str, value: &str, about: &str) -> Markup {
    html! {
        section.card.figure { h2 { (name) } p.value { (value) } p.hint { (about) } }
    }
}

fn queue(queue: Option<&QueueView>) -> Markup {
    let Some(queue) = queue else {
        return html! {
            section.card.figure { h2 { "Queue" } p.value { (words::badge(Tone::Bad, "does not answer")) } }
        };
    };
    let oldest = Duration::from_millis(queue.oldest_ms);
    let tone = if oldest > LATE { Tone::Bad } else { Tone::Good };
    let word = if oldest.is_zero() {
        "nothing waits".to_owned()
    } else {
        format!("oldest waits {}", rough(oldest))
    };
    html! {
        section.card.figure {
            h2 { "Queue" }
            p.value { (queue.waiting) " waiting" }
            p.hint { (queue.in_flight) " in flight, " (queue.delayed) " delayed" }
            p { (words::badge(tone, &word)) }
        }
    }
}

fn findings(seen: &OverviewView) -> Markup {
    let findings = &seen.findings;
    let count = findings.parked + findings.unreadable + findings.orphans.len();
    html! {
        section.card.figure {
            h2 { "Needs a person" }
            p.value { (count) }
            p.hint { (findings.parked) " parked, " (findings.unreadable) " unreadable, " (findings.orphans.len()) " found by sweeps" }
            @if count > 0 { p { a href="/console/dead-letters" { "Look at them" } } }
        }
    }
}

fn preview(of: &PreviewName) -> Markup {
    html! { a href={ "/console/preview/" (of.preview_id) } { (of.name) } }
}

/// The first of them.
fn names(of: &[PreviewName]) -> Markup {
    html! { @for (i, of) in of.iter().take(NAMED).enumerate() { @if i > 0 { ", " } (preview(of)) } }
}

fn workers(seen: &OverviewView) -> Markup {
    html! {
        section.card.list aria-labelledby="workers" {
            h2 #workers { "Workers and what they hold" }
            @if seen.workers.is_empty() {
                p.none { "No worker holds anything now. One that holds nothing leaves no trace here." }
            } @else {
                table {
                    thead { tr { th scope="col" { "Worker" } th scope="col" { "Preview" } th scope="col" { "Plan" } th.number scope="col" { "Lease ends" } } }
                    tbody { @for worker in &seen.workers { @for lease in &worker.leases {
                        tr data-key={ (worker.worker) (lease.of.preview_id) } {
                            td { code { (worker.worker) } }
                            td { (preview(&lease.of)) }
                            td { (lease.plan.as_deref().unwrap_or("–")) }
                            td.number { (words::until(lease.until)) @if lease.until <= seen.at { " " (words::badge(Tone::Warn, "over")) } }
                        }
                    } } }
                }
            }
        }
    }
}

fn quota(seen: &OverviewView) -> Markup {
    let per_owner = seen.quota.per_owner;
    html! {
        section.card.list aria-labelledby="quota" {
            h2 #quota { "Who holds the slots" }
            @if seen.quota.owners.is_empty() { p.none { "Nobody holds one." } } @else {
                table {
                    thead { tr { th scope="col" { "Owner" } th scope="col" { "Taken" } th scope="col" { "By" } } }
                    tbody { @for owner in &seen.quota.owners {
                        tr data-key=(owner.id) {
                            td { (owner.login) }
                            td { (bar(owner.previews.len(), Some(per_owner))) }
                            td { (names(&owner.previews))
                                @if owner.previews.len() > NAMED { "and " (owner.previews.len() - NAMED) " more" } }
                        }
                    } }
                }
            }
        }
    }
}

fn listeners(seen: &OverviewView) -> Markup {
    html! {
        section.card.list aria-labelledby="listeners" {
            h2 #listeners { "Listeners" }
            table {
                thead { tr { th scope="col" { "Listener" } th scope="col" { "Taken" } th.number scope="col" { "Left" } th.wide scope="col" { "Addresses" } } }
                tbody { @for listener in &seen.listeners {
                    tr data-key=(listener.name) {
                        td { (listener.name) }
                        td { (bar(listener.taken, listener.slots)) }
                        td.number { (left(listener)) }
                        td.wide { code { (listener.url) } }
                    }
                } }
            }
        }
    }
}

fn left(listener: &ListenerView) -> String {
    let Some(slots) = listener.slots else {
        return "any number".to_owned();
    };
    let slots = usize::try_from(slots).unwrap_or(usize::MAX);
    slots.saturating_sub(listener.taken).to_string()
}

/// So many of so many.
fn bar(taken: usize, most: Option<u32>) -> Markup {
    let Some(most) = most.filter(|most| *most > 0) else {
        return html! { (taken) };
    };
    html! {
        (taken) " of " (most) " "
        meter min="0" max=(most) value=(taken) high=(most - most / 5) optimum="0" aria-hidden="true" {}
    }
}

fn sweeps(seen: &OverviewView) -> Markup {
    let findings = &seen.findings;
    html! {
        section.card.list aria-labelledby="sweeps" {
            h2 #sweeps { "What sweeps found" }
            @if findings.orphans.is_empty() && findings.suspect.is_empty() {
                p.none { "Nothing that does not belong here, as far as the last one saw." }
            }
            @if !findings.suspect.is_empty() {
                p { "Of these something may exist that nobody wrote down; it is looked for: "
                    (names(&findings.suspect)) }
            }
            @if !findings.orphans.is_empty() {
                table {
                    thead { tr { th scope="col" { "Report" } th scope="col" { "Found" } th.number scope="col" { "Since" } } }
                    tbody { @for orphan in &findings.orphans {
                        tr data-key=(orphan.id) { td { code { (orphan.id) } } td { (orphan.reason) } td.number { (words::time(orphan.since)) } }
                    } }
                }
            }
        }
    }
}
