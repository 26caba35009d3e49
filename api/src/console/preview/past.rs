//! What was done to a preview, and the proof that it is gone.

use maud::{Markup, html};

use crate::console::words;
use crate::shape::{EventName, EventView, HistoryView, PreviewView, ReceiptView, RemovedView};

/// Who did what.
pub(super) fn history(past: &HistoryView) -> Markup {
    html! {
        section.card aria-labelledby="history" {
            h2 #history { "Who did what" }
            ol.history {
                @for event in &past.events { (entry(past, event)) }
            }
            @if past.more { p.hint { "And more before that: " code { "tempus history" } " has all of it." } }
        }
    }
}

fn entry(past: &HistoryView, event: &EventView) -> Markup {
    html! {
        li {
            (words::time(event.at))
            div {
                @if let Some(job) = event.job_id {
                    a href={ "/console/preview/" (past.preview_id) "?job=" (job) } { b { (event.event.as_str()) } }
                } @else {
                    b { (event.event.as_str()) }
                }
                @if let Some(by) = &event.by { " by " (by.name) }
                @if let Some(end) = event.expires_at.filter(|_| event.event != EventName::Warned) {
                    ", ends " (words::time(end))
                }
                @if let Some(reason) = &event.reason { ": " (reason) }
            }
        }
    }
}

/// The receipt, of one that is gone; or that it is on its way.
pub(super) fn receipt(preview: &PreviewView, receipt: Option<&ReceiptView>) -> Markup {
    let is_ending = preview.ending.is_some();
    html! {
        @if let Some(receipt) = receipt {
            section.card.proof aria-labelledby="receipt" {
                div.title {
                    h2 #receipt data-say={ "the receipt of " (preview.name) " is there: nothing is left" } { "Receipt: nothing is left" }
                    span.hint { "looked for " (words::time(receipt.verified_at)) }
                }
                div.tables {
                    (removed("Removed", &receipt.removed))
                    table {
                        caption { "Looked for at the end" }
                        thead { tr { th scope="col" { "Kind" } th scope="col" { "By" } th scope="col" { "Found" } } }
                        tbody { @for check in &receipt.checks {
                            tr {
                                td { (check.kind) } td { (check.by) }
                                td { @if check.found.is_empty() { "nothing" } @else { (check.found.join(", ")) } }
                            }
                        } }
                    }
                }
                @if !receipt.found_late.is_empty() { (removed("Found late, and removed", &receipt.found_late)) }
            }
        } @else if is_ending && !preview.parked {
            section.card.proof {
                h2 { "The receipt is on its way" }
                p { "Everything that it owned is removed, and then looked for once more: later than any call could "
                    "land that was still under way." }
            }
        }
    }
}

fn removed(title: &str, of: &[RemovedView]) -> Markup {
    html! {
        table {
            caption { (title) }
            thead { tr { th scope="col" { "Step" } th scope="col" { "Resource" } th scope="col" { "When" } } }
            tbody { @for removed in of {
                tr {
                    td title=(removed.step) { (removed.step.split(':').next().unwrap_or_default()) }
                    td { code { (removed.resource) } } td { (words::time(removed.at)) }
                }
            } }
        }
    }
}
