//! The list itself, a line for each preview.

use maud::{Markup, html};
use tempus_model::Phase;

use super::choice::Choice;
use crate::console::words;
use crate::shape::{PreviewView, Previews};

pub(super) fn show(previews: &[PreviewView], choice: &Choice, is_admin: bool) -> Markup {
    let have_costs = previews.iter().any(|preview| preview.cost.is_some());
    html! {
        div.card.list {
            table {
                caption.unseen { "Previews, newest first" }
                thead {
                    tr {
                        th scope="col" { "Preview" }
                        th scope="col" { "Status" }
                        th.wide scope="col" { "Source" }
                        @if is_admin { th.wide scope="col" { "Owner" } }
                        th.number.wide scope="col" { "Time left" }
                        @if have_costs { th.number.wide scope="col" { "Cost so far" } }
                        th.number.wide scope="col" { "Created" }
                    }
                }
                tbody {
                    @for preview in previews { (row(preview, choice, is_admin, have_costs)) }
                }
            }
        }
    }
}

fn row(preview: &PreviewView, choice: &Choice, is_admin: bool, have_costs: bool) -> Markup {
    let id = preview.preview_id;
    html! {
        tr data-key=(id) data-say=(words::said(preview)) {
            td.name {
                a.title href={ "/console/preview/" (id) } { (preview.name) }
                @if let Some(url) = link(preview) {
                    a.out href=(url) target="_blank" rel="noopener noreferrer" { (bare(url)) }
                }
                span.narrow { (source(preview, choice)) }
            }
            td {
                (words::phase(preview))
                @if lives(preview) { span.narrow { (left(preview)) " left" } }
                @if let Some(error) = &preview.error { p.why title=(error.reason) { (error.reason) } }
            }
            td.wide { (source(preview, choice)) }
            @if is_admin {
                td.wide {
                    a.soft href=(choice.but(|to| to.owner = Some(preview.owner.id.clone()))) { (preview.owner.login) }
                }
            }
            td.number.wide { (left(preview)) }
            @if have_costs { td.number.wide { (words::cost(preview.cost.as_ref())) } }
            td.number.wide { (words::time(preview.created_at)) }
        }
    }
}

/// Where a preview answers, while it does.
pub(in crate::console) fn link(preview: &PreviewView) -> Option<&str> {
    let answers = matches!(
        preview.phase,
        Phase::Ready | Phase::Asleep | Phase::Updating
    );
    let url = preview.url.as_deref().filter(|_| answers)?;
    // What was configured, and so what an operator wrote; a script is no address all the same.
    (url.starts_with("http://") || url.starts_with("https://")).then_some(url)
}

/// An address as people read it.
fn bare(url: &str) -> &str {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    url.strip_suffix('/').unwrap_or(url)
}

/// What it was made from.
fn source(preview: &PreviewView, choice: &Choice) -> Markup {
    html! {
        @if let Some(repository) = &preview.repository {
            a.soft href=(choice.but(|to| to.repository = Some(repository.clone()))) { (repository) }
        }
        @if let Some(pr) = preview.pr_number {
            a.soft href=(choice.but(|to| { to.repository.clone_from(&preview.repository); to.pr = Some(pr); })) { " #" (pr) }
        } @else if let Some(branch) = &preview.branch {
            " " span.branch { (branch) }
        }
        @if preview.repository.is_none() && preview.branch.is_none() && preview.pr_number.is_none() {
            span.none { "–" }
        }
    }
}

/// Whether it has time left.
const fn lives(preview: &PreviewView) -> bool {
    !matches!(
        preview.phase,
        Phase::Destroyed | Phase::Failed | Phase::Destroying
    )
}

/// How long it lives, while it does.
pub(in crate::console) fn left(preview: &PreviewView) -> Markup {
    html! {
        @if lives(preview) {
            (words::until(preview.expires_at))
            @if let Some(pin) = &preview.pin {
                " " span.pin title={ "pinned: " (pin.reason) } { "pinned" }
            }
        } @else { span.none { "–" } }
    }
}

/// The ways to the newest and to what is older.
pub(super) fn pages(choice: &Choice, list: &Previews) -> Markup {
    html! {
        nav.pages aria-label="Pages" {
            @if choice.cursor.is_some() {
                a href=(choice.but(|_| {})) { "Newest" }
            }
            @if let Some(next) = &list.next_cursor {
                a rel="next" href=(choice.but(|to| to.cursor = Some(next.clone()))) { "Older" }
            }
        }
    }
}
