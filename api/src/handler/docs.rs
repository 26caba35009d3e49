//! `GET /openapi.json` and `GET /docs`

use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::state::Document;

/// Nothing from elsewhere, nothing inline, no framing: the page can do as much as a user can.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "server",
    responses((status = 200, description = "An OpenAPI 3.1 document", content_type = "application/json", body = Object))
)]
pub(crate) async fn openapi(State(Document(document)): State<Document>) -> Response {
    ([(CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}

/// A page on which every call can be tried
#[utoipa::path(
    get,
    path = "/docs",
    tag = "server",
    responses((status = 200, description = "A page", content_type = "text/html", body = String))
)]
pub(crate) async fn page() -> Response {
    asset(
        "text/html; charset=utf-8",
        include_str!("../docs/page.html"),
    )
}

/// That page's script
#[utoipa::path(
    get,
    path = "/docs/page.js",
    tag = "server",
    responses((status = 200, description = "A script", content_type = "text/javascript", body = String))
)]
pub(crate) async fn script() -> Response {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("../docs/page.js"),
    )
}

/// That page's style
#[utoipa::path(
    get,
    path = "/docs/page.css",
    tag = "server",
    responses((status = 200, description = "A style sheet", content_type = "text/css", body = String))
)]
pub(crate) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("../docs/page.css"))
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, text).into_response()
}
