//! The routes. Document and router come from the same list, so neither can have a call that the
//! other has not.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::handler::{
    backup, create, dead_letters, destroy, docs, events, extend, job, logs, preview, receipt,
    status, update,
};
use crate::layer::{guard, headers, intake, panic, trace};
use crate::refusal::Refusal;
use crate::shape::ProblemKind;
use crate::state::{Document, Shared};
use crate::{Api, doc};

/// Every call, with its description.
fn calls() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(doc::base())
        .routes(routes!(create::create))
        .routes(routes!(preview::show, destroy::destroy))
        .routes(routes!(preview::list))
        .routes(routes!(update::update))
        .routes(routes!(extend::extend))
        .routes(routes!(logs::logs))
        .routes(routes!(receipt::show))
        .routes(routes!(job::show))
        .routes(routes!(events::events))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::replay))
        .routes(routes!(dead_letters::discard))
        .routes(routes!(backup::backup))
        .routes(routes!(status::health))
        .routes(routes!(status::ready))
        .routes(routes!(status::metrics))
        .routes(routes!(docs::openapi))
        .routes(routes!(docs::page))
        .routes(routes!(docs::script))
        .routes(routes!(docs::style))
}

/// The OpenAPI document of the API.
pub fn document() -> OpenApi {
    let mut document = calls().into_openapi();
    doc::complete(&mut document);
    document
}

/// The API as a router: every call, and around it what happens to every request.
pub fn router(api: Api) -> Router {
    let (router, _) = calls().split_for_parts();
    let document = serde_json::to_string(&document()).unwrap_or_default();
    let shared = Shared {
        api: api.clone(),
        document: Document(Arc::from(document)),
    };
    // The last layer is the outermost.
    router
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .with_state(shared)
        .layer(from_fn_with_state(api.clone(), intake::take_in))
        .layer(from_fn_with_state(api, guard::guard))
        .layer(from_fn(panic::catch))
        .layer(from_fn(headers::add))
        .layer(from_fn(trace::trace))
}

async fn no_such_route() -> Refusal {
    Refusal::not_found("there is nothing at this address; /docs lists what there is")
}

/// `Allow`, which names the methods that the address has, is added by the router.
async fn no_such_method(method: Method, uri: Uri) -> Refusal {
    let path = uri.path();
    Refusal::new(
        ProblemKind::MethodNotAllowed,
        format!("{path} has no method {method}; the header Allow lists those it has"),
    )
}
