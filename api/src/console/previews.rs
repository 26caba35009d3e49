//! `/`: the previews.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use tempus_model::{Phase, Scope};

use super::choice::{address, chip, given, is_empty};
use super::dialog::{Dialog, Field, Kind, lengths, opens};
use super::frame::{Content, Frame, Place};
use super::words;
use crate::extract::Query;
use crate::handler::preview;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{PreviewView, Previews, PreviewsQuery};
use crate::state::Api;

/// How often the list is brought up to date, in milliseconds.
const REFRESH: u32 = 2000;

/// Which previews: all that is chosen is in the page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Choice {
    #[serde(skip_serializing_if = "Show::is_live")]
    show: Show,
    #[serde(skip_serializing_if = "is_empty")]
    search: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pr: Option<u64>,
    #[serde(skip_serializing_if = "is_empty")]
    cursor: Option<String>,
}

/// Which phases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Show {
    /// What is not gone.
    #[default]
    Live,
    Ready,
    /// What something is being done to.
    Changing,
    Asleep,
    /// What waits for a person.
    Parked,
    Gone,
    Failed,
    All,
}

impl Show {
    const ALL: [(Self, &str); 8] = [
        (Self::Live, "Live"),
        (Self::Ready, "Ready"),
        (Self::Changing, "Changing"),
        (Self::Asleep, "Asleep"),
        (Self::Parked, "Parked"),
        (Self::Failed, "Failed"),
        (Self::Gone, "Gone"),
        (Self::All, "All"),
    ];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    const fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }

    const fn phases(self) -> &'static [Phase] {
        match self {
            Self::Live => &Phase::LIVE,
            Self::Ready => &[Phase::Ready],
            Self::Changing => &[
                Phase::Pending,
                Phase::Provisioning,
                Phase::Updating,
                Phase::Destroying,
            ],
            Self::Asleep => &[Phase::Asleep],
            Self::Gone => &Phase::GONE,
            Self::Failed => &[Phase::Failed],
            Self::Parked | Self::All => &[],
        }
    }
}

impl Choice {
    /// The call that lists them.
    fn query(&self) -> PreviewsQuery {
        let phases = self.show.phases().iter().map(|phase| phase.as_str());
        let phases = phases.collect::<Vec<_>>().join(",");
        PreviewsQuery {
            owner: given(&self.owner),
            repository: given(&self.repository),
            pr: self.pr,
            phase: Some(phases).filter(|phases| !phases.is_empty()),
            search: given(&self.search),
            parked: (self.show == Show::Parked).then_some(true),
            limit: None,
            cursor: given(&self.cursor),
        }
    }

    /// The address of another choice, from its first page.
    fn but(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut other = Self {
            cursor: None,
            ..self.clone()
        };
        change(&mut other);
        other.address()
    }

    fn address(&self) -> String {
        address("/", self)
    }

    /// Whether nothing was chosen: then an empty page means that there is nothing.
    fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// The page.
pub(super) async fn page(
    State(api): State<Api>,
    caller: Caller,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let listed = preview::list(State(api.clone()), caller.clone(), Query(choice.query()));
    let (frame, listed) = tokio::join!(Frame::of(&api, &caller), listed);
    let axum::Json(list) = listed?;
    let may_create = caller.scope >= Scope::Deployer;
    let is_new = list.previews.is_empty() && choice.is_everything();
    let content = Content {
        place: Place::Previews,
        title: "Previews".to_owned(),
        body: html! {
            div.head {
                h1 { "Previews" }
                @if may_create { (opens("create", "main", "New preview")) }
            }
            (filters(&choice, caller.is_admin()))
            @if is_new && never_had_any(&api, &caller).await? {
                (first(may_create))
            } @else if list.previews.is_empty() {
                (nothing(&choice, &list))
            } @else {
                (table(&list.previews, &choice, caller.is_admin()))
                (pages(&choice, &list))
            }
        },
        dialogs: html! { @if may_create { (create()) } },
        refresh: Some(REFRESH),
    };
    Ok(frame.page(&content, &headers))
}

async fn never_had_any(api: &Api, caller: &Caller) -> Result<bool, Refusal> {
    let query = PreviewsQuery {
        limit: Some(1),
        ..PreviewsQuery::default()
    };
    let any = preview::list(State(api.clone()), caller.clone(), Query(query));
    Ok(any.await?.0.previews.is_empty())
}

fn filters(choice: &Choice, is_admin: bool) -> Markup {
    html! {
        form.filters role="search" method="get" action="/" data-filters {
            label.search {
                span.unseen { "Search by name, repository, branch or owner" }
                input #search type="search" name="search" value=[choice.search.as_deref()]
                    placeholder="Search…" autocomplete="off" spellcheck="false" aria-keyshortcuts="/";
            }
            @for (name, value) in [("owner", &choice.owner), ("repository", &choice.repository)] {
                @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
            }
            @if let Some(pr) = choice.pr { input type="hidden" name="pr" value=(pr); }
            @if let Some(show) = (!choice.show.is_live()).then(|| serde_json::to_value(choice.show).ok()).flatten() {
                input type="hidden" name="show" value=[show.as_str()];
            }
            noscript { button type="submit" { "Search" } }
            nav.tabs aria-label="Which previews" {
                @for (show, name) in Show::ALL {
                    @if show != Show::Parked || is_admin || choice.show == Show::Parked {
                        a href=(choice.but(|to| to.show = show)) aria-current=[(show == choice.show).then_some("true")] { (name) }
                    }
                }
            }
            (chips(choice))
        }
    }
}

/// What else is chosen, each with a way to take it back.
fn chips(choice: &Choice) -> Markup {
    html! {
        @if let Some(owner) = &choice.owner { (chip("owner", owner, &choice.but(|to| to.owner = None))) }
        @if let Some(name) = &choice.repository {
            (chip("repository", name, &choice.but(|to| (to.repository, to.pr) = (None, None))))
        }
        @if let Some(pr) = choice.pr { (chip("pull request", &pr.to_string(), &choice.but(|to| to.pr = None))) }
    }
}

fn table(previews: &[PreviewView], choice: &Choice, is_admin: bool) -> Markup {
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
                        th.number scope="col" { "Time left" }
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
                @if let Some(error) = &preview.error { p.why title=(error.reason) { (error.reason) } }
            }
            td.wide { (source(preview, choice)) }
            @if is_admin {
                td.wide {
                    a.soft href=(choice.but(|to| to.owner = Some(preview.owner.id.clone()))) { (preview.owner.login) }
                }
            }
            td.number { (left(preview)) }
            @if have_costs { td.number.wide { (words::cost(preview.cost.as_ref())) } }
            td.number.wide { (words::time(preview.created_at)) }
        }
    }
}

/// Where a preview answers, while it does.
pub(super) fn link(preview: &PreviewView) -> Option<&str> {
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

/// How long it lives, while it does.
pub(super) fn left(preview: &PreviewView) -> Markup {
    html! {
        @match preview.phase {
            Phase::Destroyed | Phase::Failed | Phase::Destroying => span.none { "–" },
            _ => {
                (words::until(preview.expires_at))
                @if let Some(pin) = &preview.pin {
                    " " span.pin title={ "pinned: " (pin.reason) } { "pinned" }
                }
            }
        }
    }
}

fn pages(choice: &Choice, list: &Previews) -> Markup {
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

/// Nothing is of this choice, or not yet.
fn nothing(choice: &Choice, list: &Previews) -> Markup {
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
fn first(may_create: bool) -> Markup {
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

fn create() -> Markup {
    let name = Field {
        name: "name",
        label: "Name",
        hint: "Part of its address. Without one it is given one; a name that you hold makes this an update.",
        value: "",
        required: false,
    };
    let command = Field {
        name: "command",
        label: "Command",
        hint: "Where previews are processes; it listens on $PORT.",
        value: "",
        required: false,
    };
    let dir = Field {
        name: "dir",
        label: "Folder",
        hint: "Where the command runs, from the root on.",
        value: "",
        required: false,
    };
    let image = Field {
        name: "image",
        label: "Image",
        hint: "Where previews are containers.",
        value: "",
        required: false,
    };
    Dialog {
        id: "create",
        title: "New preview",
        about: html! {
            p { "Answers at once; the preview is made in the background, and its page shows each step. "
                "The first is the timer that ends it." }
        },
        fields: html! {
            (name.show())
            (lengths("ttl", "Lifetime", &[("2h", "2 hours"), ("8h", "8 hours"), ("1d", "1 day"), ("7d", "7 days")]))
            details {
                summary { "What to run" }
                (command.show()) (dir.show()) (image.show())
            }
        },
        call: "POST /preview/create".to_owned(),
        verb: "Create",
        kind: Kind::Create,
    }
    .show()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_in_the_address_and_comes_back() {
        let choice = Choice {
            show: Show::Gone,
            search: Some("a&b".to_owned()),
            repository: Some("acme/shop".to_owned()),
            pr: Some(7),
            cursor: Some("00".to_owned()),
            ..Choice::default()
        };
        let address = choice.address();
        assert_eq!(
            address,
            "/?show=gone&search=a%26b&repository=acme%2Fshop&pr=7&cursor=00"
        );
        let read: Choice = serde_urlencoded::from_str(&address[2..]).unwrap();
        assert_eq!(read, choice);
        assert_eq!(Choice::default().address(), "/");
        assert!(!choice.but(|to| to.pr = None).contains("cursor"));
    }

    #[test]
    fn the_tabs_are_the_phases() {
        let query = |show| {
            Choice {
                show,
                ..Choice::default()
            }
            .query()
        };
        assert_eq!(
            query(Show::Live).phase.as_deref(),
            Some("pending,provisioning,ready,asleep,updating,destroying")
        );
        assert_eq!(query(Show::Gone).phase.as_deref(), Some("destroyed,failed"));
        assert_eq!(query(Show::All).phase, None);
        assert_eq!(query(Show::Parked).parked, Some(true));
        let empty: Choice = serde_urlencoded::from_str("search=&owner=").unwrap();
        assert_eq!(empty.query(), query(Show::Live));
    }
}
