//! The gate in front of previews behind a load balancer.
//!
//! A balancer's rule cannot ask for a password. It can demand a text in a header, so a protected
//! preview's rule demands a capability in the cookie, and whatever has none falls through to the
//! listener's default action, which leads here: the same address, answered by this program.
//!
//! ```text
//!   shop.a1.example.com ──► rule of the preview, if the cookie fits ──► the application
//!                                │ it does not, or there is no such preview
//!                           default action ──► this layer: the form, the cookie, or where it stands
//! ```
//!
//! It decides by `Host` and before the API's own guard, and what it takes never reaches the API:
//! those names belong to previews, whose pages are anybody's. So it asks for no token, and answers
//! in the clear where previews do; but only what came through the trusted proxies, if there are any,
//! as nothing else is from a visitor.

mod directory;
mod front;

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tempus_model::{Actor, Phase};
use tempus_steps::gate::{Asked, Door, FORM_LIMIT, Fastening, Gate, no_key};
use tempus_steps::visitor::{Answer, Card, Reader, Standing};

use crate::layer::intake;
use crate::layer::peer::Peer;
use crate::rouse::rouse;
use crate::state::Api;

pub use directory::StoreDirectory;
pub use front::Front;

use directory::{Found, Onlooker, unavailable};
use front::{Aim, host, slashed};

/// How soon a page that waits for a task to start looks again, in seconds.
const TASK_WAKES_WITHIN: u32 = 45;

/// Answers what is meant for a preview, and lets the rest through to the API.
pub(crate) async fn serve(State(api): State<Api>, request: Request, next: Next) -> Response {
    let fronts = &api.config().fronts;
    let host = if fronts.is_empty() {
        None
    } else {
        host(request.headers())
    };
    let aim = host.and_then(|host| {
        let path = request.uri().path();
        let is_own = api.config().hosts.has(&host);
        let mut fronts = fronts.iter();
        fronts.find_map(|front| match front {
            // No preview has a name of the API's own, though it may be below the same domain.
            Front::Hosts { .. } if is_own => None,
            front => front.aim(&host, path),
        })
    });
    let Some(aim) = aim else {
        return next.run(request).await;
    };
    let peer = request.extensions().get::<Peer>().copied();
    if let Some(Err(refusal)) = peer.map(Peer::on_its_way) {
        return refusal.into_response();
    }
    let visitor = peer.map(|peer| peer.client);
    answer(&api, &aim, visitor, request).await.map(Body::new)
}

/// Whether previews answer at the name that a request was sent to, so that a browser would send them what
/// it keeps for that name.
pub(crate) fn shares(api: &Api, headers: &HeaderMap) -> bool {
    let host = host(headers);
    api.config().fronts.iter().any(|front| match front {
        Front::Hosts { .. } => false,
        Front::Paths { host: own } => host.as_ref() == Some(own),
    })
}

async fn answer(api: &Api, aim: &Aim, visitor: Option<IpAddr>, request: Request) -> Answer {
    let reader = Reader::of(&request);
    let root = PathAndQuery::from_static("/");
    let path = request.uri().path_and_query().cloned().unwrap_or(root);
    if let Some(slashed) = slashed(&path, &aim.base) {
        return moved(&slashed).respond(reader);
    }
    let directory = api.directory();
    let found = match directory.find(&aim.site).await {
        Ok(Some(found)) => found,
        Ok(None) => return Standing::Unknown.card(&aim.site).respond(reader),
        Err(error) => return unavailable(&error).card(&aim.site).respond(reader),
    };
    let stands = |to| standing(&found, to).card(&aim.site).respond(reader);
    if found.access.is_open() {
        awaken(api, &found).await;
        return stands(Onlooker::Welcome);
    }
    // What is gone needs no password, and says no more than that.
    if matches!(
        found.snapshot.row.phase(),
        Phase::Destroying | Phase::Destroyed | Phase::Failed
    ) {
        return stands(Onlooker::Stranger);
    }
    let Some(gate) = api.gate() else {
        return no_key().respond(reader);
    };
    let preview = found.snapshot.identity.id.to_string();
    let door = Door {
        preview: &preview,
        access: &found.access,
        base: &aim.base,
        scheme: aim.scheme,
        fastening: Fastening::Balancer,
    };
    if let Some(answer) = ask(gate, api, &door, visitor, &path, request).await {
        return answer;
    }
    // A visitor who is let in, and whom the balancer sent here all the same.
    awaken(api, &found).await;
    stands(Onlooker::Welcome)
}

/// What the gate says; nothing to who may pass.
async fn ask(
    gate: &Gate,
    api: &Api,
    door: &Door<'_>,
    visitor: Option<IpAddr>,
    path: &PathAndQuery,
    request: Request,
) -> Option<Answer> {
    let (parts, body) = request.into_parts();
    let asked = Asked {
        method: &parts.method,
        headers: &parts.headers,
        path,
    };
    if !door.is_unlock(path.path()) {
        return gate.stop(door, &asked, api.now());
    }
    let Ok(body) = intake::read_within(body, FORM_LIMIT).await else {
        let card = Card::new(
            StatusCode::BAD_REQUEST,
            "malformed",
            "The form cannot be read",
            "It is too large, or broke off. Send it again.",
        );
        return Some(card.respond(Reader::by(&parts.method, &parts.headers)));
    };
    Some(gate.unlock(door, &asked, &body, visitor, api.now()).await)
}

/// Wakes it, if it sleeps: while it does, no rule of the balancer takes its requests.
async fn awaken(api: &Api, found: &Found) {
    if found.snapshot.row.wakefulness.is_awake() {
        return;
    }
    let (preview, by) = (&found.snapshot, Actor::Visitor);
    if let Err(error) = rouse(api.store(), api.queue(), preview, by, api.now()).await {
        let id = preview.identity.id;
        tracing::warn!(preview.id = %id, %error, "a visitor could not wake it: the next one may");
    }
}

/// Where it stands. The rule of a preview that is up may not be there yet, or demand something else
/// for another moment.
fn standing(found: &Found, to: Onlooker) -> Standing {
    match found.snapshot.row.phase() {
        // Tasks take longer to start than processes, and the balancer has no page that looks again.
        Phase::Asleep => match found.standing(to) {
            Standing::Waking { detail, .. } => Standing::Waking {
                detail,
                again: TASK_WAKES_WITHIN,
            },
            other => other,
        },
        Phase::Ready | Phase::Updating => Standing::Starting {
            phase: "the load balancer does not lead to it yet".to_owned(),
            detail: None,
        },
        _ => found.standing(to),
    }
}

fn moved(to: &str) -> Card {
    let card = Card::new(
        StatusCode::PERMANENT_REDIRECT,
        "redirect",
        "The address ends with a slash",
        "A preview's path ends with a slash.",
    );
    card.header(header::LOCATION, to)
}
