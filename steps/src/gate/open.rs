//! Who passes, and what everybody else is told.

use std::time::Duration;

use hyper::header::{HeaderMap, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, StatusCode};
use tempus_model::{Access, Timestamp};

use super::seal::{self, Purpose, Subject, Unsealed};
use super::{Door, Fastening, Gate, UNLOCK, cookie, query};
use crate::visitor::{Answer, Card, Form, Reader};

/// How long a session lasts that began with the password. A preview's id is used once, so a session
/// that outlives its preview opens nothing; one that ended with each expiry would ask again after
/// each extension.
pub(super) const SESSION: Duration = Duration::from_hours(7 * 24);

/// The longest path that a visitor is led back to.
const LONGEST_PATH: usize = 4096;

/// A request, as far as the gate looks at it. Its `Authorization` is the application's.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its path as it was sent, the door's base included.
    pub path: &'a PathAndQuery,
}

impl Asked<'_> {
    pub(super) fn reader(&self) -> Reader {
        Reader::by(self.method, self.headers)
    }

    /// Whether it can be sent again to another address without a loss.
    fn is_safe(&self) -> bool {
        matches!(*self.method, Method::GET | Method::HEAD)
    }
}

impl Door<'_> {
    /// Where its form is sent.
    pub(super) fn unlock(&self) -> String {
        format!("{}{UNLOCK}", self.base)
    }

    /// Whether a path is where its form is sent: the gate's own, whatever the application has there.
    pub fn is_unlock(&self, path: &str) -> bool {
        path.strip_prefix(self.base) == Some(UNLOCK)
    }

    /// A path of this preview to lead a visitor to: the one that was asked for, or the preview's
    /// first if that could lead anywhere else. `//host`, `/\host` and what a browser would make one
    /// of them of are another site's address.
    pub(super) fn place(&self, path: &str) -> String {
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\\' | b'<' | b'>' | b'"');
        let below = path.strip_prefix(self.base);
        let is_ours = below.is_some_and(|below| !below.starts_with('/'))
            && path.len() <= LONGEST_PATH
            && path.bytes().all(plain)
            && !self.is_unlock(path.split('?').next().unwrap_or_default());
        let place = if is_ours { path } else { self.base };
        place.to_owned()
    }

    pub(super) fn subject(&self) -> Subject {
        Subject::new(self.preview, self.access.version())
    }
}

impl Gate {
    /// What to answer instead of passing a request on; nothing if it may pass.
    pub fn stop(&self, door: &Door<'_>, asked: &Asked<'_>, now: Timestamp) -> Option<Answer> {
        if door.access.is_open() {
            return None;
        }
        let session = self.session(door, asked.headers, now);
        let key = query::key(asked.path);
        let place = || door.place(query::without_key(asked.path).as_str());
        let opened = key.map(|key| {
            let subject = door.subject();
            seal::open(&self.keys, Purpose::Link, &subject, key, now)
        });
        let (Some(Ok(until)), true) = (opened, asked.is_safe()) else {
            return match session {
                // The rule did not take it: it demands a capability that the cookie lacks.
                Some(until) if asked.is_safe() && self.is_stale(door, asked.headers) => {
                    let card = self.let_in(door, &place(), until, now);
                    Some(card.respond(asked.reader()))
                }
                Some(_) => None,
                None => Some(closed(door, asked, opened).respond(asked.reader())),
            };
        };
        // Whoever is in already stays in for as long as that was given.
        let until = session.map_or(until, |session| session.max(until));
        let card = self.let_in(door, &place(), until, now);
        Some(card.respond(asked.reader()))
    }

    /// Until when the sender of these headers is in.
    pub(super) fn session(
        &self,
        door: &Door<'_>,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let subject = door.subject();
        let opened = cookie::values(headers, cookie::NAME).filter_map(|value| {
            let session = value.split('.').next()?;
            seal::open(&self.keys, Purpose::Session, &subject, session, now).ok()
        });
        opened.max()
    }

    /// Whether what a rule demands now is missing from the cookie: it is of before a rotation.
    fn is_stale(&self, door: &Door<'_>, headers: &HeaderMap) -> bool {
        let demanded = self.capabilities(door);
        let holds = |value: &str, one: &String| value.split('.').any(|part| part == one);
        let mut values = cookie::values(headers, cookie::NAME);
        !values.any(|value| demanded.iter().all(|one| holds(value, one)))
    }

    fn capabilities(&self, door: &Door<'_>) -> Vec<String> {
        match door.fastening {
            Fastening::Proxy => Vec::new(),
            Fastening::Balancer => self.keys.capabilities(door.preview, door.access.version()),
        }
    }

    /// Begins a session and leads on.
    pub(super) fn let_in(
        &self,
        door: &Door<'_>,
        place: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Card {
        let mut value = seal::seal(&self.keys, Purpose::Session, &door.subject(), until);
        for capability in self.capabilities(door) {
            value = format!("{value}.{capability}");
        }
        on(place).header(SET_COOKIE, &cookie::set(door, &value, until, now))
    }
}

/// Leads on to a path that is safe to be led to.
pub(super) fn on(place: &str) -> Card {
    let card = Card::new(
        StatusCode::SEE_OTHER,
        "unlocked",
        "The preview is open",
        "Go on to the preview.",
    );
    card.header(LOCATION, place)
}

/// What a visitor without a session sees.
fn closed(door: &Door<'_>, asked: &Asked<'_>, opened: Option<Result<Timestamp, Unsealed>>) -> Card {
    let by_password = matches!(door.access, Access::Password(_));
    let card = match (opened, by_password) {
        (Some(Err(Unsealed::Over)), _) => refused(
            "link-ended",
            "This link has ended",
            "Its time is over. Ask whoever sent it to you for a new one.",
        ),
        (Some(Err(Unsealed::Bad)), _) => refused(
            "link-ended",
            "This link does not open the preview",
            "It is not whole, or the preview's password has changed since it was made. Ask whoever \
             sent it to you for a new one.",
        ),
        (_, true) => locked(),
        (_, false) => refused(
            "locked",
            "This preview opens with a link",
            "It is protected by a signed link. Ask whoever shared the preview with you for one.",
        ),
    };
    if !by_password {
        return card;
    }
    // What was sent by a form cannot be sent again from here: back to the beginning.
    let next = if asked.is_safe() {
        door.place(query::without_key(asked.path).as_str())
    } else {
        door.base.to_owned()
    };
    card.form(form(door, next, None))
}

/// What is answered where there is no key: nothing that is protected is served without one.
pub fn no_key() -> Card {
    Card::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "The preview cannot be opened",
        "It is protected, and this server has no key to sign sessions with.",
    )
}

/// The page that asks for the password.
pub(super) fn locked() -> Card {
    refused(
        "locked",
        "This preview is protected",
        "Enter its password to open it.",
    )
}

pub(super) fn refused(kind: &'static str, title: &str, detail: &str) -> Card {
    // A scheme that no browser knows: it asks for nothing in a window of its own, and the
    // application's own `Authorization` stays as it is.
    Card::new(StatusCode::UNAUTHORIZED, kind, title, detail).header(WWW_AUTHENTICATE, "Tempus-Gate")
}

pub(super) fn form(door: &Door<'_>, next: String, wrong: Option<&'static str>) -> Form {
    Form {
        action: door.unlock(),
        next,
        wrong,
    }
}
