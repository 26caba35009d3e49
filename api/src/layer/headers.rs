//! What every answer tells a browser.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    HOST, STRICT_TRANSPORT_SECURITY, X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;

use super::peer::{Peer, Scheme};

/// Set unless the handler has set its own. No CORS header is among them, so that no other origin's
/// page can read an answer; the resource policy keeps it from embedding one as well.
const HEADERS: [(HeaderName, &str); 6] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Tells browsers to come by HTTPS alone, for a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the headers.
pub(crate) async fn add(request: Request, next: Next) -> Response {
    let is_strict = is_strict(&request);
    let mut response = next.run(request).await;
    if is_strict {
        response
            .headers_mut()
            .insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    for (name, value) in HEADERS {
        let headers = response.headers_mut();
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Whether it came by HTTPS, to a name of its own: a browser that was told so of `localhost` would
/// not find the previews there any more.
fn is_strict(request: &Request) -> bool {
    let peer = request.extensions().get::<Peer>();
    let host = request.headers().get(HOST).map(HeaderValue::as_bytes);
    let is_local = host.is_some_and(|host| host.to_ascii_lowercase().starts_with(b"localhost"));
    peer.is_some_and(|peer| peer.scheme == Scheme::Https) && !is_local
}
