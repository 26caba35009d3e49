//! The OpenAPI document: what the router's own description does not say about each call.

use std::collections::BTreeMap;

use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, HeaderBuilder, OpenApi, PathItem, Ref, RefOr};
use utoipa::{IntoResponses, OpenApi as _};

use crate::layer::guard;
use crate::refusal::PROBLEM_JSON;
use crate::shape::Problem;

/// The document without its calls, which the router adds.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tempus",
        description = "Short-lived previews of applications, taken down again on time, with proof. \
            Errors are problem documents (RFC 9457)."
    ),
    tags(
        (name = "previews", description = "Short-lived environments"),
        (name = "jobs", description = "Requested changes, and how far they have come"),
        (name = "dead letters", description = "What needs a person"),
        (name = "server", description = "The server itself"),
    ),
    components(schemas(Problem))
)]
struct Base;

/// The document that a router starts from.
pub(crate) fn base() -> OpenApi {
    Base::openapi()
}

/// Adds what is refused in the same way for many calls.
pub(crate) fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let guarded = !guard::OPEN.contains(&path.as_str());
        for operation in operations(item) {
            add(operation, 500, "A defect of this server");
            if guarded {
                add(
                    operation,
                    400,
                    "A header, an id or a parameter cannot be read",
                );
                add(
                    operation,
                    403,
                    "Sent by a page of another site, or not to the trusted proxy by HTTPS",
                );
                add(
                    operation,
                    421,
                    "Sent to a name that this server does not answer to",
                );
            }
            if operation.tags.iter().flatten().all(|tag| tag != "server") {
                add(operation, 503, "The store or the platform does not answer");
            }
            // Every body is read, wanted or not, and its limits are the same.
            add(operation, 408, "The body took too long to arrive");
            add(operation, 413, "The body is too large");
            if operation.request_body.is_some() {
                add(
                    operation,
                    400,
                    "The body is not JSON, or an id or a header cannot be read",
                );
                add(operation, 415, "The body is not declared as JSON");
                add(
                    operation,
                    422,
                    "Fields are unknown, of a wrong type or out of range",
                );
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get, post, delete, ..
    } = item;
    [get, post, delete].into_iter().flatten()
}

/// Adds a refusal, unless the call describes this status in words of its own.
fn add(operation: &mut Operation, status: u16, description: &str) {
    let responses = &mut operation.responses.responses;
    responses
        .entry(status.to_string())
        .or_insert_with(|| RefOr::T(refusal(status, description)));
}

fn refusal(status: u16, description: &str) -> Response {
    let problem = Ref::from_schema_name("Problem");
    let mut response = ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_JSON, Content::new(Some(problem)));
    if matches!(status, 409 | 503) {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer);
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("Seconds until it is worth asking again, if it is"));
        response = response.header("Retry-After", header.build());
    }
    response.build()
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $description:literal;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let refusal = RefOr::T(refusal($status, $description));
                BTreeMap::from([($status.to_string(), refusal)])
            }
        }
    )+};
}

refusals! {
    /// There is no such thing.
    Missing = 404, "There is nothing by this id";
    /// The state of things does not allow it.
    Conflict = 409, "The present state does not allow it";
    /// An idempotency key came with another request before.
    KeyReused = 422, "The idempotency key was used for another request";
    /// No slot is free.
    QuotaReached = 429, "All preview slots are taken; names the limit and who takes them";
    /// The engine does not answer.
    Busy = 503, "The engine does not answer";
}
