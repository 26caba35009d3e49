//! Dialogs: what an action will do, said before it is done, and what it needs to know.
//!
//! A form's `data-call` is the call of the API that it makes; its fields are that call's. `act.js` sends it,
//! shows a refusal where it belongs, and closes the dialog when the page shows what was accepted.

use maud::{Markup, html};

/// An action.
pub(super) struct Dialog<'a> {
    /// Names it on its page.
    pub id: &'a str,
    pub title: &'a str,
    /// What it will do.
    pub about: Markup,
    /// The fields of the call.
    pub fields: Markup,
    /// Such as `POST /preview/{id}/extend`.
    pub call: String,
    /// What the button says.
    pub verb: &'a str,
    pub kind: Kind,
}

/// What kind of an action it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It changes something.
    Plain,
    /// It makes something, and then leads there. A repetition makes nothing more.
    Create,
    /// It cannot be taken back.
    Final,
    /// It asks for a link, and shows it.
    Link,
}

impl Dialog<'_> {
    /// The dialog, closed.
    pub fn show(&self) -> Markup {
        let title = format!("{}-title", self.id);
        let about = format!("{}-about", self.id);
        let then = match self.kind {
            Kind::Plain | Kind::Final => None,
            Kind::Create => Some("visit"),
            Kind::Link => Some("link"),
        };
        let class = match self.kind {
            Kind::Final => "final",
            _ => "main",
        };
        html! {
            dialog id=(self.id) aria-labelledby=(title) aria-describedby=(about) {
                form method="dialog" data-call=(self.call) data-then=[then] {
                    h2 id=(title) { (self.title) }
                    div.about id=(about) { (self.about) }
                    (self.fields)
                    p.refusal role="alert" hidden {}
                    div.buttons {
                        button.plain type="button" data-close autofocus[self.kind == Kind::Final] { "Cancel" }
                        button class=(class) type="submit" { (self.verb) }
                    }
                }
            }
        }
    }
}

/// The button that opens a dialog. Without scripts nothing opens, so it is not there.
pub(super) fn opens(id: &str, class: &str, text: &str) -> Markup {
    html! { button class=(class) type="button" data-open=(id) aria-haspopup="dialog" hidden { (text) } }
}

/// A line of text that a call takes.
pub(super) struct Field<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub hint: &'a str,
    pub value: &'a str,
    pub required: bool,
}

impl Field<'_> {
    /// The field with its label.
    pub fn show(&self) -> Markup {
        html! {
            label {
                span { (self.label) }
                input name=(self.name) value=(self.value) required[self.required] autocomplete="off" spellcheck="false";
                @if !self.hint.is_empty() { small { (self.hint) } }
                small.problem data-problem=(self.name) hidden {}
            }
        }
    }
}

/// A choice among lengths of time, the first of them chosen.
pub(super) fn lengths(name: &str, label: &str, choices: &[(&str, &str)]) -> Markup {
    html! {
        fieldset {
            legend { (label) }
            div.choices {
                @for (i, (value, text)) in choices.iter().enumerate() {
                    label { input type="radio" name=(name) value=(value) checked[i == 0]; span { (text) } }
                }
            }
            small.problem data-problem=(name) hidden {}
        }
    }
}
