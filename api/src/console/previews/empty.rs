//! What stands where no preview does: how the first is made, or how to find others.

use maud::{Markup, html};

use super::choice::{Choice, Show};
use crate::shape::Previews;

/// Nothing is of this choice, or not yet.
pub(super) fn nothing(choice: &Choice, list: &Previews) -> Markup {
    html! {
        section.card.empty {
            @if let Some(next) = &list.next_cursor {
                p { "Nothing here among the newest previews." }
                p { a href=(choice.but(|to| to.cursor = Some(next.clone()))) { "Search further back" } }
            } @else if choice.is_everything() {
                p { "Nothing is live." }
                p { a href=(choice.but(|to| to.show = Show::Gone)) { "Show what is gone" } }
            } @else {
                p { "No preview is like this." }
                p { a href="/" { "Show all that are live" } }
            }
        }
    }
}

/// A new installation.
pub(super) fn first(may_create: bool) -> Markup {
    html! {
        section.card.empty.first {
            h2 { "Make your first preview" }
            p { "Every preview is a short-lived copy of an application with an address of its own. It is taken "
                "down when its time is over, and a receipt proves that nothing is left." }
            ol {
                li { "An example of this repository, on this machine: "
                    pre { code { "cargo run --release -- dev examples/hello" } } }
                li { "Your own application, from its folder: "
                    pre { code { "tempus create" } } }
            }
            @if may_create {
                form data-call="POST /preview/create" data-then="visit" {
                    p.refusal role="alert" hidden {}
                    button.main type="submit" data-scripted hidden { "Make one now" }
                    small { "It runs what this installation runs where a request says nothing else." }
                }
            }
        }
    }
}
