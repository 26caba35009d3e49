//! The console: pages for people, at `/` of the API's own port.
//!
//! What it is: the answers of the API's own handlers, rendered on the server, so that a page and a
//! client never see two different things. What it is not: a second API. What a page does, it does by
//! the calls that every client has, and what it may not, those refuse.
//!
//! ```text
//!   page    ──► handler::… ──► shape::… ──► maud ──► HTML      complete without scripts
//!   scripts ──► the same address again ──► what differs is put in its place       (live.js)
//!           ──► /job/{id}/events, /preview/{id}/logs?follow=true: sooner than that
//!           ──► POST, DELETE …: then the page again, which shows what was accepted (act.js)
//! ```
//!
//! `frame` is what all pages have in common, `assets` their style and scripts, `words` how times, states
//! and amounts are written, `choice` what is chosen in a page's address, `session` signing in and out, `refused` how a refusal becomes a page. Each
//! other file is a page.
//!
//! Every text gets into a page through `maud`, which escapes it; nothing here makes markup of anything
//! that was not written here.

mod assets;
mod chart;
mod choice;
mod costs;
mod dead_letters;
mod dialog;
mod frame;
mod health;
mod preview;
mod previews;
mod refused;
mod session;
mod timeline;
mod words;

use axum::routing::{MethodRouter, get, post};
use tempus_model::Scope;

use crate::identity::access::Access;
use crate::state::Shared;

pub(crate) use refused::dress;

/// Where who has no session is sent.
const SIGN_IN: &str = "/console/sign-in";

/// A page, and what it needs of who looks at it.
pub(crate) struct Page {
    pub path: &'static str,
    pub access: Access,
    pub handler: MethodRouter<Shared>,
}

/// Every page.
pub(crate) fn pages() -> Vec<Page> {
    let page = |path, access, handler| Page {
        path,
        access,
        handler,
    };
    let (viewer, admin) = (Access::Needs(Scope::Viewer), Access::Needs(Scope::Admin));
    vec![
        page("/", viewer, get(previews::page)),
        page("/console/preview/{preview_id}", viewer, get(preview::page)),
        page("/console/costs", viewer, get(costs::page)),
        // Of everybody, as the calls that they are made of.
        page("/console/dead-letters", admin, get(dead_letters::page)),
        page("/console/health", admin, get(health::page)),
        // Whoever comes here has nothing yet, and proves it by what is sent.
        page(
            SIGN_IN,
            Access::Open,
            get(session::page).post(session::begin),
        ),
        page("/console/sign-out", viewer, post(session::end)),
        // The same for every installation of this version.
        page(
            "/console/assets/{version}/{file}",
            Access::Open,
            get(assets::serve),
        ),
    ]
}

/// Whether a route is a page's, so that who may not see it is told so by a page.
fn is_page(route: &str) -> bool {
    route == "/" || route.starts_with("/console/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_told_to_be_one() {
        for page in pages() {
            assert!(is_page(page.path), "{}", page.path);
        }
        for call in ["/previews", "/docs", "/job/{job_id}", "/consoles"] {
            assert!(!is_page(call), "{call}");
        }
    }
}
