//! The form that brings the password.

use std::time::Instant;

use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, ORIGIN};
use hyper::{Method, StatusCode, Uri};
use tempus_model::{Access, Timestamp};
use tracing::info;

use super::open::{SESSION, form, locked, on, refused};
use super::{Asked, Caller, Door, Gate, unfit};
use crate::visitor::{Answer, Card};

const WRONG: &str = "That is not the password.";
const SLOWLY: &str = "Too many wrong passwords: wait a little before the next one.";
const BUSY: &str = "Too many passwords are being checked right now. Try again.";

/// What a form says.
#[derive(Default)]
struct Sent {
    password: String,
    next: String,
}

impl Gate {
    /// The answer to a request to a door's [unlock address](Door::is_unlock), with its body, which
    /// whoever took it in has bounded by [`FORM_LIMIT`](super::FORM_LIMIT).
    pub async fn unlock(
        &self,
        door: &Door<'_>,
        asked: &Asked<'_>,
        body: &[u8],
        caller: Caller,
        now: Timestamp,
    ) -> Answer {
        let card = self.unlocked(door, asked, body, caller, now).await;
        card.respond(asked.reader())
    }

    async fn unlocked(
        &self,
        door: &Door<'_>,
        asked: &Asked<'_>,
        body: &[u8],
        caller: Caller,
        now: Timestamp,
    ) -> Card {
        let Access::Password(hash) = door.access else {
            // It had a password a moment ago.
            return on(door.base);
        };
        let ask = |card: Card, next, wrong| card.form(form(door, next, wrong));
        if asked.method != Method::POST {
            return match self.session(door, asked.headers, now) {
                Some(_) => on(door.base),
                None => ask(locked(), door.base.to_owned(), None),
            };
        }
        if !is_own(asked.headers) {
            return Card::new(
                StatusCode::FORBIDDEN,
                "foreign-form",
                "Not from here",
                "This password was sent by a page of another site. Open the preview itself.",
            );
        }
        let Some(sent) = read(asked.headers, body) else {
            return Card::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "foreign-form",
                "Not a form",
                "Send the fields password and next as application/x-www-form-urlencoded.",
            );
        };
        let next = door.place(&sent.next);
        let preview = door.preview;
        if let Err(wait) = self.tries.begin(preview, caller, Instant::now()) {
            info!(preview.id = %preview, caller = ?caller, "a password was not heard: too many wrong ones");
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
            let card = Card::new(
                StatusCode::TOO_MANY_REQUESTS,
                "slow-down",
                "This preview is protected",
                "Enter its password to open it.",
            );
            let card = card.retry_after(seconds.saturating_add(1));
            return ask(card, next, Some(SLOWLY));
        }
        // What cannot be a password is not worth the work.
        let is_right = match unfit(&sent.password) {
            Some(_) => Ok(false),
            None => self.hasher.verify(sent.password, hash).await,
        };
        match is_right {
            Ok(true) => {
                self.tries.forget(preview, caller);
                self.let_in(door, &next, now.after(SESSION), now)
            }
            Ok(false) => {
                info!(preview.id = %preview, caller = ?caller, "a wrong password");
                let card = refused(
                    "wrong-password",
                    "This preview is protected",
                    "Enter its password to open it.",
                );
                ask(card, next, Some(WRONG))
            }
            Err(_) => {
                let card = Card::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "busy",
                    "This preview is protected",
                    "Enter its password to open it.",
                );
                ask(card.retry_after(1), next, Some(BUSY))
            }
        }
    }
}

/// Whether a form was sent by our own page, or by a program. Browsers say where a request comes
/// from by either header; a tunnel may have changed the name that `Origin` is compared with, so what
/// the browser found out itself is believed first.
fn is_own(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let origin = origin
        .to_str()
        .ok()
        .and_then(|text| text.parse::<Uri>().ok());
    let authority = origin.as_ref().and_then(Uri::authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    match (authority, host) {
        (Some(authority), Some(host)) => authority.as_str().eq_ignore_ascii_case(host),
        _ => false,
    }
}

fn read(headers: &HeaderMap, body: &[u8]) -> Option<Sent> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return None;
    }
    let mut sent = Sent::default();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "password" => sent.password = value.into_owned(),
            "next" => sent.next = value.into_owned(),
            _ => {}
        }
    }
    Some(sent)
}
