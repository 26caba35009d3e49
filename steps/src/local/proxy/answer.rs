//! The proxy's own answers: what each says, and for whom it is written.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    LOCATION, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use serde::Serialize;

use super::body::ProxyBody;
use super::directory::Standing;
use super::headers::Protocols;
use super::page;
use super::site::Site;

/// Present on the proxy's own answers and on no application's. Its value is the answer's kind:
/// `starting`, `gone`, `failed`, `unknown`, `unavailable` (the five [`Standing`]s), `restarting`,
/// `bad-gateway`, `no-service`, `port`, `redirect`, `misdirected` or `malformed`.
pub const ANSWER_HEADER: HeaderName = HeaderName::from_static("x-tempus");

/// Characters of a foreign text (a reason, a host) that an answer repeats.
const LONGEST_QUOTE: usize = 2_000;

/// Everything that the proxy says itself.
#[derive(Debug)]
pub(super) enum Answer {
    /// The bare port, or a path on it that names no preview.
    Port,
    /// A preview's path without its closing slash.
    MissingSlash { location: String },
    /// No live route.
    Standing { site: Site, standing: Standing },
    /// The preview is up, but none of its services has this path.
    NoService { path: String },
    /// The service does not take connections.
    Restarting,
    /// The service took the request and gave no valid response.
    BrokenResponse,
    /// A host that is not served here.
    Misdirected { host: String },
    /// Not a request that can be routed at all.
    Malformed(&'static str),
}

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// A person who looks at a page, which may reload itself.
    Visitor,
    /// A person who sent a form: a page, but reloading it would not send the form again.
    Submitter,
    /// A program.
    Program,
}

impl Reader {
    /// A browser's page names `text/html`; what a page loads, and a program, does not.
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let lines = request.headers().get_all(ACCEPT).iter();
        let html = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .any(accepts_html);
        if !html || Protocols::of(request.headers()).is_some() {
            Self::Program
        } else if matches!(*request.method(), Method::GET | Method::HEAD) {
            Self::Visitor
        } else {
            Self::Submitter
        }
    }
}

fn accepts_html(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let html = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
    let refused = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .any(|(_, weight)| weight.trim().parse::<f32>().is_ok_and(|q| q <= 0.0));
    html && !refused
}

/// An answer in words, before it is a page or a problem document.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) status: StatusCode,
    /// The value of [`ANSWER_HEADER`].
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) detail: String,
    /// A foreign text, shown as it is.
    pub(super) quote: Option<String>,
    /// Seconds after which asking again is worth it.
    pub(super) retry_after: Option<u32>,
}

impl Card {
    fn new(status: StatusCode, kind: &'static str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            title: title.to_owned(),
            detail: detail.into(),
            quote: None,
            retry_after: None,
        }
    }

    fn quote(mut self, text: Option<String>) -> Self {
        self.quote = text.map(|text| shorten(&text));
        self
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

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

impl Answer {
    /// The finished response, written for `reader`.
    pub(super) fn respond(self, reader: Reader) -> Response<ProxyBody> {
        let location = match &self {
            Self::MissingSlash { location } => HeaderValue::from_str(location).ok(),
            _ => None,
        };
        let card = self.card();
        let (text, content_type, policy) = match reader {
            Reader::Program => (problem(&card), "application/problem+json", None),
            Reader::Visitor | Reader::Submitter => {
                let page = page::render(&card, reader);
                (page.html, "text/html; charset=utf-8", Some(page.policy))
            }
        };
        let mut response = Response::new(ProxyBody::Own(Full::new(Bytes::from(text))));
        *response.status_mut() = card.status;
        let headers = response.headers_mut();
        headers.insert(ANSWER_HEADER, HeaderValue::from_static(card.kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if let Some(policy) = policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        if let Some(seconds) = card.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(location) = location {
            headers.insert(LOCATION, location);
        }
        response
    }

    fn card(self) -> Card {
        match self {
            Self::Port => Card::new(
                StatusCode::NOT_FOUND,
                "port",
                "Previews are served here",
                "This port serves previews, each at http://{name}.localhost on this port and at \
                 /preview-{short}/, where {short} is the first eight digits of its id. \
                 This address names none.",
            ),
            Self::MissingSlash { .. } => Card::new(
                StatusCode::PERMANENT_REDIRECT,
                "redirect",
                "The address ends with a slash",
                "A preview's path ends with a slash.",
            ),
            Self::Standing { site, standing } => standing_card(&site, standing),
            Self::NoService { path } => Card::new(
                StatusCode::NOT_FOUND,
                "no-service",
                "No service has this path",
                format!(
                    "The preview is up, but none of its services answers {}.",
                    shorten(&path)
                ),
            ),
            Self::Restarting => Card::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "restarting",
                "The preview does not answer yet",
                "Its process takes no connections: it is starting, or being started again.",
            )
            .retry_after(1),
            Self::BrokenResponse => Card::new(
                StatusCode::BAD_GATEWAY,
                "bad-gateway",
                "The preview broke off",
                "Its process took the request but gave no valid HTTP response. \
                 Its log says more.",
            ),
            Self::Misdirected { host } => Card::new(
                StatusCode::MISDIRECTED_REQUEST,
                "misdirected",
                "Not served under this host",
                format!(
                    "This port answers for {{name}}.localhost, localhost, 127.0.0.1 and [::1], \
                     not for {}.",
                    shorten(&host)
                ),
            ),
            Self::Malformed(detail) => Card::new(
                StatusCode::BAD_REQUEST,
                "malformed",
                "Not a request that can be routed",
                detail,
            ),
        }
    }
}

fn standing_card(site: &Site, standing: Standing) -> Card {
    match standing {
        Standing::Starting { phase, detail } => Card::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "starting",
            "The preview is starting",
            format!("{site} is on its way: {}.", shorten(&phase)),
        )
        .quote(detail)
        .retry_after(1),
        Standing::Gone { at } => Card::new(
            StatusCode::GONE,
            "gone",
            "The preview is gone",
            format!("{site} was taken down{}.", when(at)),
        ),
        Standing::Failed { reason, at } => Card::new(
            StatusCode::GONE,
            "failed",
            "The preview could not be made",
            format!("{site} failed and was taken down{}.", when(at)),
        )
        .quote(Some(reason)),
        Standing::Unknown => Card::new(
            StatusCode::NOT_FOUND,
            "unknown",
            "No such preview",
            format!("No preview is called {site} here."),
        ),
        Standing::Unavailable { reason } => Card::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The preview cannot be looked up",
            format!("What became of {site} cannot be said right now."),
        )
        .quote(Some(reason))
        .retry_after(5),
    }
}

/// ` at 2026-01-02T03:04:05Z`, or nothing if it is not known.
fn when(at: Option<Timestamp>) -> String {
    at.map(|at| format!(" at {at:.0}")).unwrap_or_default()
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
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
