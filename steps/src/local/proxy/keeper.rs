//! Asks the gate about a request to a live preview.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::http::uri::PathAndQuery;
use hyper::{Request, StatusCode};
use tempus_model::Timestamp;
use tokio::time::timeout;

use super::address::Target;
use super::headers::{self, Hop};
use super::routes::Visit;
use crate::gate::{Asked, Door, FORM_LIMIT, Fastening, Gate, no_key};
use crate::visitor::{self, Card, Reader};

/// How long a form may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to answer instead of passing the request on, if it must not pass.
pub(super) async fn stop(
    gate: Option<&Gate>,
    visit: &Visit,
    target: &Target,
    hop: Hop,
    request: &mut Request<Incoming>,
) -> Option<visitor::Answer> {
    let route = &visit.live.route;
    let Some(gate) = gate else {
        let closed = (!route.access.is_open()).then(no_key);
        return closed.map(|card| card.respond(Reader::of(request)));
    };
    let base = match &target.prefix {
        Some(prefix) => format!("{prefix}/"),
        None => "/".to_owned(),
    };
    let (caller, scheme) = headers::visitor(request.headers(), hop);
    let door = Door {
        preview: route.preview.as_str(),
        access: &route.access,
        base: &base,
        scheme,
        fastening: Fastening::Proxy,
    };
    let root = PathAndQuery::from_static("/");
    let path = request.uri().path_and_query().cloned().unwrap_or(root);
    let is_form = door.is_unlock(path.path());
    let body = if is_form {
        form(request).await
    } else {
        Ok(Vec::new())
    };
    let body = match body {
        Ok(body) => body,
        Err(card) => return Some(card.respond(Reader::of(request))),
    };
    let asked = Asked {
        method: request.method(),
        headers: request.headers(),
        path: &path,
    };
    if !is_form {
        return gate.stop(&door, &asked, now());
    }
    let unlocked = gate.unlock(&door, &asked, &body, Some(caller), now());
    Some(unlocked.await)
}

async fn form(request: &mut Request<Incoming>) -> Result<Vec<u8>, Card> {
    let body = Limited::new(request.body_mut(), FORM_LIMIT).collect();
    match timeout(PATIENCE, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes().to_vec()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Card::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "malformed",
            "The form is too large",
            "A password has at most 128 characters.",
        )),
        _ => Err(Card::new(
            StatusCode::REQUEST_TIMEOUT,
            "malformed",
            "The form broke off",
            "Send it again.",
        )),
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
