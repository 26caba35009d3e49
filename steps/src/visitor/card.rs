//! An answer in words, before it is a page or a problem document.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde::Serialize;

use super::{Answer, Reader, page};

/// Present on Tempus's own answers and on no application's. Its value is the answer's kind:
/// `starting`, `gone`, `failed`, `unknown`, `unavailable` (the five [`Standing`](super::Standing)s),
/// `locked`, `wrong-password`, `slow-down`, `link-ended`, `foreign-form`, `busy`, `unlocked` (the
/// gate's), and of the local proxy `restarting`, `bad-gateway`, `no-service`, `port`, `redirect`,
/// `misdirected` and `malformed`.
pub const ANSWER_HEADER: HeaderName = HeaderName::from_static("x-tempus");

/// Characters of a foreign text (a reason, a host) that an answer repeats.
const LONGEST_QUOTE: usize = 2_000;

/// An answer in words.
#[derive(Debug)]
pub struct Card {
    pub(super) status: StatusCode,
    /// The value of [`ANSWER_HEADER`].
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) detail: String,
    /// A foreign text, shown as it is.
    pub(super) quote: Option<String>,
    /// Where to type something in.
    pub(super) form: Option<Form>,
    /// Seconds after which asking again is worth it.
    pub(super) retry_after: Option<u32>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A form that asks for a password.
#[derive(Debug)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// Where its sender wants to go, as a path.
    pub next: String,
    /// What was wrong with what was sent before.
    pub wrong: Option<&'static str>,
}

impl Card {
    /// An answer of this kind.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        title: &str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind,
            title: title.to_owned(),
            detail: detail.into(),
            quote: None,
            form: None,
            retry_after: None,
            headers: Vec::new(),
        }
    }

    /// With a foreign text.
    #[must_use]
    pub fn quote(mut self, text: Option<String>) -> Self {
        self.quote = text.map(|text| shorten(&text));
        self
    }

    /// With a form, for people.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// Worth asking again after these seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With a header; one that no header can be is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The finished response, written for `reader`.
    pub fn respond(self, reader: Reader) -> Answer {
        let (text, content_type, policy) = match reader {
            Reader::Program => (problem(&self), "application/problem+json", None),
            Reader::Visitor | Reader::Submitter => {
                let page = page::render(&self, reader);
                (page.html, "text/html; charset=utf-8", Some(page.policy))
            }
        };
        // A form tells by its origin that it is ours, and with no referrer it would have none.
        let referrer = match self.form {
            Some(_) => "same-origin",
            None => "no-referrer",
        };
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(ANSWER_HEADER, HeaderValue::from_static(self.kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
        headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
        if let Some(policy) = policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        response
    }
}

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// RFC 9457.
#[derive(Debug, Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

fn problem(card: &Card) -> String {
    let problem = Problem {
        r#type: format!("urn:tempus:proxy:{}", card.kind),
        title: &card.title,
        status: card.status.as_u16(),
        detail: &card.detail,
        reason: card.quote.as_deref(),
    };
    serde_json::to_string(&problem).expect("texts and a number make JSON")
}

pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
