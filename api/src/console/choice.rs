//! What is chosen on a page: all of it is in the page's address, so that it can be kept and sent.

use maud::{Markup, html};
use serde::Serialize;

/// A form sends what was left empty, too.
#[expect(clippy::ref_option, reason = "as serde calls it")]
pub(super) fn is_empty(text: &Option<String>) -> bool {
    text.as_ref().is_none_or(|text| text.trim().is_empty())
}

/// What was chosen, if anything was.
#[expect(clippy::ref_option, reason = "a field of a choice")]
pub(super) fn given(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.trim().is_empty())
}

/// The address of a page with a choice.
pub(super) fn address(page: &str, choice: &impl Serialize) -> String {
    match serde_urlencoded::to_string(choice) {
        Ok(query) if !query.is_empty() => format!("{page}?{query}"),
        _ => page.to_owned(),
    }
}

/// Something that is chosen, with a way to take it back.
pub(super) fn chip(what: &str, value: &str, without: &str) -> Markup {
    html! {
        a.chip href=(without) {
            (what) " " b { (value) }
            span aria-hidden="true" { " ×" } span.unseen { ", remove this filter" }
        }
    }
}
