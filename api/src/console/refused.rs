//! A refusal becomes a page where a person would otherwise be shown JSON; and who has no session is sent
//! to where one begins.

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use maud::html;

use super::frame::{Content, Frame, Place, sign_in};
use super::is_page;
use crate::refusal::PROBLEM_JSON;
use crate::shape::Problem;

/// The largest problem document that is read.
const LARGEST: usize = 64 * 1024;

/// Gives a page's refusals the form of a page. Everything else about the answer stays.
pub(crate) async fn dress(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let is_page = route.is_some_and(|route| is_page(route.as_str()));
    let back = request.uri().path_and_query().map(ToString::to_string);
    let is_get = request.method() == Method::GET;
    let response = next.run(request).await;
    let content_type = response.headers().get(CONTENT_TYPE);
    let is_problem = content_type.is_some_and(|value| value == PROBLEM_JSON);
    if !(is_page && is_problem) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    if parts.status == StatusCode::UNAUTHORIZED && is_get {
        let to = sign_in(back.as_deref().unwrap_or("/"));
        if let Ok(to) = HeaderValue::try_from(to) {
            parts.status = StatusCode::SEE_OTHER;
            parts.headers.insert(LOCATION, to);
            parts.headers.remove(CONTENT_TYPE);
            parts.headers.remove(CONTENT_LENGTH);
            parts.headers.remove(WWW_AUTHENTICATE);
            return Response::from_parts(parts, Body::empty());
        }
    }
    let bytes = to_bytes(body, LARGEST).await.unwrap_or_default();
    let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let page = page(&problem);
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(page.headers().clone());
    Response::from_parts(parts, page.into_body())
}

fn page(problem: &Problem) -> Response {
    let content = Content {
        place: Place::Elsewhere,
        title: problem.title.clone(),
        body: html! {
            section.card.alone {
                p.code { (problem.status) }
                h1 { (problem.title) }
                p { (problem.detail) }
                p { a href="/" { "To the previews" } }
            }
        },
        dialogs: html! {},
        refresh: None,
    };
    Frame::nobody().page(&content, &HeaderMap::new())
}
