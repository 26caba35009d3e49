//! Who reads an answer.

use hyper::header::{ACCEPT, HeaderMap, UPGRADE};
use hyper::{Method, Request};

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person who looks at a page, which may reload itself.
    Visitor,
    /// A person who sent a form: a page, but reloading it would not send the form again.
    Submitter,
    /// A program.
    Program,
}

impl Reader {
    /// A browser's page names `text/html`; what a page loads, and a program, does not.
    pub fn of<B>(request: &Request<B>) -> Self {
        Self::by(request.method(), request.headers())
    }

    /// The same, of a request in parts.
    pub fn by(method: &Method, headers: &HeaderMap) -> Self {
        let lines = headers.get_all(ACCEPT).iter();
        let html = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .any(accepts_html);
        // Whoever asks for another protocol shows no page.
        if !html || headers.contains_key(UPGRADE) {
            Self::Program
        } else if matches!(*method, Method::GET | Method::HEAD) {
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
