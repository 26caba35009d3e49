//! The OpenAPI document: what the router's own description does not say about each call.

use std::collections::BTreeMap;

use axum::http::Method;
use tempus_model::Scope;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, HeaderBuilder, OpenApi, PathItem, Ref, RefOr};
use utoipa::{IntoResponses, OpenApi as _};

use crate::identity::access::{Access, Table};
use crate::layer::guard;
use crate::refusal::PROBLEM_JSON;
use crate::shape::Problem;

/// The document without its calls, which the router adds.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tempus",
        description = "Short-lived previews of applications, taken down again on time, with proof. \
            Errors are problem documents (RFC 9457). Where identity is on, every call with a lock \
            takes a bearer token: one of this API, or an identity token of an issuer that is \
            trusted here. `x-scope` is the scope that a call needs; what is another owner's is \
            not found."
    ),
    tags(
        (name = "previews", description = "Short-lived environments"),
        (name = "jobs", description = "Requested changes, and how far they have come"),
        (name = "dead letters", description = "What needs a person"),
        (name = "identity", description = "Who may call"),
        (name = "github", description = "What pull requests call for"),
        (name = "server", description = "The server itself"),
    ),
    components(schemas(Problem))
)]
struct Base;

/// The document that a router starts from.
pub(crate) fn base() -> OpenApi {
    Base::openapi()
}

/// The name of the one way to say who calls.
const BEARER: &str = "bearer";

/// Adds what is refused in the same way for many calls, and what each needs of its caller.
pub(crate) fn complete(document: &mut OpenApi, table: &Table) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A token of this API (tps_…), or an identity token (OIDC) of a trusted issuer",
        ));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer.build()));
    for (path, item) in &mut document.paths.paths {
        let guarded = !guard::OPEN.contains(&path.as_str());
        for (method, operation) in operations(item) {
            if let Access::Needs(scope) = table.of(&method, Some(path)) {
                needs(operation, scope);
            }
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
                    "Not allowed to this caller; sent by a page of another site; or not to the \
                     trusted proxy by HTTPS",
                );
                add(
                    operation,
                    421,
                    "Sent to a name that this server does not answer to",
                );
            }
            if operation.tags.iter().flatten().all(|tag| tag != "server") {
                add(operation, 503, "The store or the platform does not answer");
                if method != Method::GET {
                    add(
                        operation,
                        507,
                        "The store's disk is full: nothing was changed",
                    );
                }
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

/// Says that a call takes a caller of this scope.
fn needs(operation: &mut Operation, scope: Scope) {
    let none: [&str; 0] = [];
    operation.security = Some(vec![SecurityRequirement::new(BEARER, none)]);
    let scope = ExtensionsBuilder::new()
        .add("x-scope", scope.as_str())
        .build();
    operation.extensions.get_or_insert_default().merge(scope);
    add(operation, 401, "Who calls is not said, or not proved");
    add(operation, 429, "This caller calls too often");
    add(operation, 503, "What would tell who calls does not answer");
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem {
        get, post, delete, ..
    } = item;
    [
        (Method::GET, get),
        (Method::POST, post),
        (Method::DELETE, delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The methods that a path has.
pub(crate) fn methods(item: &PathItem) -> impl Iterator<Item = Method> {
    let PathItem {
        get, post, delete, ..
    } = item;
    let all = [
        (Method::GET, get),
        (Method::POST, post),
        (Method::DELETE, delete),
    ];
    let there =
        |(method, operation): (Method, &Option<Operation>)| operation.is_some().then_some(method);
    all.into_iter().filter_map(there)
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
    if matches!(status, 409 | 429 | 503 | 507) {
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
    /// What a header says cannot be read.
    BadHeader = 400, "A header is missing or cannot be read";
    /// A delivery that GitHub has not signed.
    Unsigned = 401, "Not signed with the webhook secret";
    /// A server without a webhook secret.
    Unconfigured = 404, "This server takes no deliveries";
    /// A delivery in another form.
    NotJson = 415, "Not JSON: the webhook's content type is another";
    /// A delivery that has not GitHub's form.
    Unsound = 422, "Not in GitHub's form, or of no installation of the App";
}
