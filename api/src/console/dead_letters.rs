//! `/console/dead-letters`: what needs a person.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::dialog::{Dialog, Kind, opens};
use super::frame::{Content, Frame, Place};
use super::words::{self, Tone};
use crate::handler::dead_letters;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{DeadLetterKind, DeadLetterView, DeadLetters};
use crate::state::Api;

/// How often the page is brought up to date, in milliseconds.
const REFRESH: u32 = 2000;

/// The page.
pub(super) async fn page(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let listed = dead_letters::list(State(api.clone()));
    let (frame, listed) = tokio::join!(Frame::of(&api, &caller), listed);
    let axum::Json(list) = listed?;
    let of = |kind| {
        list.dead_letters
            .iter()
            .filter(move |letter| letter.kind == kind)
    };
    let parked = of(DeadLetterKind::Saga).count();
    let content = Content {
        place: Place::DeadLetters,
        title: "Dead letters".to_owned(),
        body: html! {
            div.head {
                h1 { "Dead letters" }
                div.actions {
                    @if parked > 0 {
                        button.plain type="button" data-replay="chosen" hidden disabled { "Replay chosen" }
                        (opens("replay-all", "main", &format!("Replay all ({parked})")))
                    }
                }
            }
            p.hint { "What waits for a person: sagas that are parked, messages that nobody could read, and resources "
                "that belong to no preview." }
            span.unseen data-say=(count(&list)) { (count(&list)) }
            @if list.dead_letters.is_empty() {
                section.card.empty { p { "Nothing needs a person." } }
            } @else {
                (table(&list.dead_letters))
                @if list.more { p.hint { "There are more than these; they follow when these are gone." } }
            }
            (results())
        },
        dialogs: dialogs(&list),
        refresh: Some(REFRESH),
    };
    Ok(frame.page(&content, &headers))
}

fn count(list: &DeadLetters) -> String {
    match list.dead_letters.len() {
        0 => "no dead letter is left".to_owned(),
        1 => "1 dead letter".to_owned(),
        more => format!("{more} dead letters"),
    }
}

/// Where scripts say what became of what was replayed.
fn results() -> Markup {
    html! { ul.results data-keep="results" data-results aria-label="What became of it" {} }
}

fn table(letters: &[DeadLetterView]) -> Markup {
    html! {
        div.card.list {
            // Its parts say what they are: on a phone they stand below each other, and a browser takes them for
            // no table any more.
            table.stacked role="table" {
                caption.unseen { "Dead letters" }
                thead role="rowgroup" {
                    tr role="row" {
                        th scope="col" role="columnheader" { span.unseen { "Choose" } }
                        th scope="col" role="columnheader" { "What" }
                        th scope="col" role="columnheader" { "Why" }
                        th.number scope="col" role="columnheader" { "Since" }
                        th scope="col" role="columnheader" { "Still owns" }
                        th scope="col" role="columnheader" { span.unseen { "What to do" } }
                    }
                }
                tbody role="rowgroup" { @for letter in letters { (row(letter)) } }
            }
        }
    }
}

fn row(letter: &DeadLetterView) -> Markup {
    let name = name(letter);
    html! {
        tr data-key=(letter.id) role="row" {
            td role="cell" {
                @if letter.kind == DeadLetterKind::Saga {
                    label { span.unseen { "Choose " (name) } input type="checkbox" data-choose=(letter.id); }
                }
            }
            td.name role="cell" {
                @match &letter.preview {
                    Some(preview) => {
                        a.title href={ "/console/preview/" (preview.preview_id) } { (preview.name) }
                        span.soft { (preview.owner) }
                    },
                    None => span.title { (name) },
                }
                (kind(letter.kind))
            }
            td.whole role="cell" {
                p.why-whole { (letter.error) }
                @if let Some(step) = &letter.step { p.hint { "at " code { (step) } } }
                @if !letter.detail.is_empty() || letter.body.is_some() {
                    details {
                        summary { "More" }
                        @if !letter.detail.is_empty() { pre { @for line in &letter.detail { (line) "\n" } } }
                        @if let Some(body) = &letter.body { pre { (body) } }
                    }
                }
            }
            td.whole.number role="cell" data-label="Since" { (words::time(letter.since)) }
            td.whole role="cell" data-label="Still owns" {
                @if letter.owns.is_empty() { span.none { "nothing" } }
                @else { ul.plain { @for step in &letter.owns { li { code { (step) } } } } }
            }
            td.do role="cell" {
                @match letter.kind {
                    DeadLetterKind::Saga => button.plain type="button" data-replay=(letter.id) hidden { "Replay" span.unseen { " " (name) } },
                    DeadLetterKind::Orphan => (opens(&format!("reap-{}", letter.id), "final", "Remove")),
                    DeadLetterKind::Message => {},
                }
                @if letter.owns.is_empty() {
                    (opens(&format!("discard-{}", letter.id), "plain", "Discard"))
                }
            }
        }
    }
}

fn name(letter: &DeadLetterView) -> &str {
    letter
        .preview
        .as_ref()
        .map_or(&letter.id, |preview| &preview.name)
}

fn kind(kind: DeadLetterKind) -> Markup {
    match kind {
        DeadLetterKind::Saga => words::badge(Tone::Bad, "parked"),
        DeadLetterKind::Message => words::badge(Tone::Warn, "unreadable"),
        DeadLetterKind::Orphan => words::badge(Tone::Warn, "belongs to nothing"),
    }
}

fn dialogs(list: &DeadLetters) -> Markup {
    let parked = list.dead_letters.iter();
    let parked = parked.filter(|letter| letter.kind == DeadLetterKind::Saga);
    let all = Dialog {
        id: "replay-all",
        title: "Replay all",
        about: html! {
            p { "Every parked saga (" (parked.count()) " here) goes on from the step that it is stuck on, with its deadlines "
                "counted anew. What still stands in the way parks it again." }
        },
        fields: html! { input type="hidden" name="all" value="true" data-as="json"; },
        call: "POST /dead-letters/replay".to_owned(),
        verb: "Replay all",
        kind: Kind::Plain,
    };
    html! {
        (all.show())
        @for letter in &list.dead_letters {
            @if letter.kind == DeadLetterKind::Orphan { (reap(letter)) }
            @if letter.owns.is_empty() { (discard(letter)) }
        }
    }
}

fn reap(letter: &DeadLetterView) -> Markup {
    Dialog {
        id: &format!("reap-{}", letter.id),
        title: "Remove what belongs to nothing",
        about: html! {
            p { "These carry this installation's tags and belong to no preview that it knows. They are removed for good." }
            @if let Some(body) = &letter.body { pre { (body) } }
        },
        fields: html! { input type="hidden" name="ids" value=(letter.id) data-as="list"; },
        call: "POST /dead-letters/replay".to_owned(),
        verb: "Remove them",
        kind: Kind::Final,
    }
    .show()
}

fn discard(letter: &DeadLetterView) -> Markup {
    Dialog {
        id: &format!("discard-{}", letter.id),
        title: "Discard",
        about: if letter.kind == DeadLetterKind::Saga {
            html! {
                p { b { (name(letter)) } " is given up, and its preview has failed. It owns nothing any more; what it may have left "
                    "behind all the same is looked for once more." }
            }
        } else {
            html! { p { "It is forgotten. If it is met again, it is here again." } }
        },
        fields: html! {},
        call: format!("DELETE /dead-letters/{}", letter.id),
        verb: "Discard",
        kind: Kind::Final,
    }
    .show()
}
