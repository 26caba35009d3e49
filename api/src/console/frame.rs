//! What all pages have in common: the head, the way around, and what a browser is told about them.

use axum::http::StatusCode;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, REFERRER_POLICY,
};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest, Sha256};
use tempus_model::Scope;
use tracing::warn;

use super::{SIGN_IN, assets};
use crate::identity::Caller;
use crate::state::Api;

/// Nothing from elsewhere, nothing inline, no framing. No pictures of people either: they would tell
/// somebody else's server who looks at what.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Up to how many things are counted that need a person: more are as many.
const COUNTED: usize = 99;

/// Which part of the console a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Previews,
    DeadLetters,
    Costs,
    Health,
    Elsewhere,
}

/// Who looks at a page, and what is always in view.
pub(super) struct Frame {
    who: Option<Viewer>,
    /// How much needs a person, where that is the viewer's business; one more than is counted is any number.
    letters: usize,
}

struct Viewer {
    name: String,
    scope: Scope,
    /// Whether there is a session to end.
    signed_in: bool,
}

/// What a page is made of.
pub(super) struct Content {
    pub place: Place,
    pub title: String,
    pub body: Markup,
    /// What opens over the page. Apart from it, so that what somebody writes there stays when the page is
    /// brought up to date.
    pub dialogs: Markup,
    /// How often scripts bring it up to date by themselves, in milliseconds.
    pub refresh: Option<u32>,
}

impl Frame {
    /// For whoever sent the request.
    pub async fn of(api: &Api, caller: &Caller) -> Self {
        let letters = if caller.is_admin() {
            let letters = api.letters(COUNTED + 1).await;
            letters.unwrap_or_else(|error| {
                warn!(%error, "dead letters not counted");
                0
            })
        } else {
            0
        };
        Self {
            letters,
            who: Some(Viewer {
                name: if caller.is_admin() {
                    caller.who.to_string()
                } else {
                    caller.owner.login.clone()
                },
                scope: caller.scope,
                signed_in: caller.session.is_some(),
            }),
        }
    }

    /// For somebody of whom nothing is known.
    pub const fn nobody() -> Self {
        Self {
            who: None,
            letters: 0,
        }
    }

    /// The whole page. A browser that has it as it is is told so.
    pub fn page(&self, content: &Content, asked: &HeaderMap) -> Response {
        let page = self.document(content).into_string();
        let mut tag = hex::encode(Sha256::digest(page.as_bytes()));
        tag.truncate(32);
        let tag = format!("\"{tag}\"");
        let is_known = asked.get(IF_NONE_MATCH).is_some_and(|known| *known == tag);
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_SECURITY_POLICY, POLICY),
            // Without any, a browser does not say that a form was sent from here.
            (REFERRER_POLICY, "same-origin"),
            (ETAG, &tag),
        ];
        if is_known {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, page).into_response()
    }

    fn document(&self, content: &Content) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (content.title) " · Tempus" }
                    link rel="icon" href=(assets::path("icon.svg"));
                    link rel="stylesheet" href=(assets::path("console.css"));
                    link rel="stylesheet" href=(assets::path("pages.css"));
                    script type="module" src=(assets::path("console.js")) {}
                }
                body data-refresh=[content.refresh] {
                    a.skip href="#page" { "Skip to the content" }
                    (self.bar(content.place))
                    main #page tabindex="-1" { (content.body) }
                    div #dialogs { (content.dialogs) }
                    p #said.unseen role="status" aria-live="polite" {}
                    p #trouble role="alert" hidden {}
                }
            }
        }
    }

    fn bar(&self, here: Place) -> Markup {
        html! {
            header.bar #bar {
                a.brand href="/" aria-label="Tempus, previews" {
                    svg viewBox="0 0 16 16" aria-hidden="true" {
                        circle cx="8" cy="8" r="6.25" {}
                        path d="M8 4.5V8l2.5 1.75" {}
                    }
                    "Tempus"
                }
                @if let Some(who) = &self.who {
                    nav aria-label="Console" {
                        (entry("/", "Previews", here == Place::Previews, 0))
                        @if who.scope == Scope::Admin {
                            (entry("/console/dead-letters", "Dead letters", here == Place::DeadLetters, self.letters))
                        }
                        (entry("/console/costs", "Costs", here == Place::Costs, 0))
                        @if who.scope == Scope::Admin {
                            (entry("/console/health", "Health", here == Place::Health, 0))
                        }
                        a href="/docs" { "API" }
                    }
                    (viewer(who))
                }
            }
        }
    }
}

fn entry(href: &str, name: &str, is_here: bool, count: usize) -> Markup {
    html! {
        a href=(href) aria-current=[is_here.then_some("page")] {
            (name)
            @if count > COUNTED {
                " " span.count { (COUNTED) "+" span.unseen { " need a person" } }
            } @else if count > 0 {
                " " span.count { (count) span.unseen { " need a person" } }
            }
        }
    }
}

fn viewer(who: &Viewer) -> Markup {
    html! {
        div.who {
            span { (who.name) }
            span.scope { (who.scope) }
            @if who.signed_in {
                form method="post" action="/console/sign-out" {
                    button.plain type="submit" { "Sign out" }
                }
            }
        }
    }
}

/// The address that signs in and comes back.
pub(super) fn sign_in(back: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("next", back).finish();
    format!("{SIGN_IN}?{query}")
}
