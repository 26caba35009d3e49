//! The routes. Document and router come from the same list, so neither can have a call that the
//! other has not.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use tempus_model::Scope;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::handler::{
    backup, costs, create, dead_letters, destroy, docs, events, extend, github, history, job, link,
    logs, overview, pin, preview, receipt, status, tokens, update, wake, whoami,
};
use crate::identity::access::{Access, Table};
use crate::layer::identify::Doorman;
use crate::layer::{guard, headers, identify, intake, panic, peer, trace};
use crate::refusal::Refusal;
use crate::shape::ProblemKind;
use crate::state::{Document, Shared};
use crate::{Api, console, doc, gate};

/// Every call: what it needs of its caller, and its description. There is no other way to a
/// handler, so none can be reached by whoever has not this scope.
fn calls() -> Calls {
    Calls::new()
        .deployer(routes!(create::create))
        .viewer(routes!(preview::show))
        .deployer(routes!(destroy::destroy))
        .viewer(routes!(preview::list))
        .viewer(routes!(costs::costs))
        .deployer(routes!(update::update))
        .deployer(routes!(extend::extend))
        .deployer(routes!(wake::wake))
        .deployer(routes!(pin::pin, pin::unpin))
        .viewer(routes!(history::show))
        // Lets anybody in who has it.
        .deployer(routes!(link::show))
        .viewer(routes!(logs::logs))
        .viewer(routes!(receipt::show))
        .viewer(routes!(job::show))
        .viewer(routes!(events::events))
        // What needs a person may be anybody's, or nobody's.
        .admin(routes!(dead_letters::list))
        .admin(routes!(dead_letters::replay))
        .admin(routes!(dead_letters::discard))
        // It holds what everybody keeps.
        .admin(routes!(backup::backup))
        .admin(routes!(tokens::create))
        .admin(routes!(tokens::list))
        .admin(routes!(tokens::revoke))
        .viewer(routes!(whoami::whoami))
        // It names whoever has anything.
        .admin(routes!(overview::show))
        // Signed by GitHub.
        .open(routes!(github::github))
        .open(routes!(status::health))
        .open(routes!(status::ready))
        // Counts of everybody's previews, and names of nobody's.
        .viewer(routes!(status::metrics))
        // The same for every installation of this version.
        .open(routes!(docs::openapi))
        .open(routes!(docs::page))
        .open(routes!(docs::script))
        .open(routes!(docs::style))
}

/// The routes as they are added, with what each needs.
struct Calls {
    router: OpenApiRouter<Shared>,
    table: Table,
}

impl Calls {
    fn new() -> Self {
        Self {
            router: OpenApiRouter::with_openapi(doc::base()),
            table: Table::default(),
        }
    }

    fn open(self, routes: UtoipaMethodRouter<Shared>) -> Self {
        self.with(Access::Open, routes)
    }

    fn viewer(self, routes: UtoipaMethodRouter<Shared>) -> Self {
        self.with(Access::Needs(Scope::Viewer), routes)
    }

    fn deployer(self, routes: UtoipaMethodRouter<Shared>) -> Self {
        self.with(Access::Needs(Scope::Deployer), routes)
    }

    fn admin(self, routes: UtoipaMethodRouter<Shared>) -> Self {
        self.with(Access::Needs(Scope::Admin), routes)
    }

    fn with(mut self, access: Access, routes: UtoipaMethodRouter<Shared>) -> Self {
        let (_, paths, _) = &routes;
        for (path, item) in &paths.paths {
            for method in doc::methods(item) {
                self.table.insert(method, path, access);
            }
        }
        self.router = self.router.routes(routes);
        self
    }
}

/// The OpenAPI document of the API.
pub fn document() -> OpenApi {
    let Calls { router, table } = calls();
    let mut document = router.into_openapi();
    doc::complete(&mut document, &table);
    document
}

/// The API as a router: every call and every page, and around them what happens to every request.
pub fn router(api: Api) -> Router {
    let Calls { router, mut table } = calls();
    let (mut router, _) = router.split_for_parts();
    // Pages are for people: no document has them, but the table of who may see what does.
    for page in console::pages() {
        for method in [Method::GET, Method::POST] {
            table.insert(method, page.path, page.access);
        }
        router = router.route(page.path, page.handler);
    }
    let document = serde_json::to_string(&document()).unwrap_or_default();
    let shared = Shared {
        api: api.clone(),
        document: Document(Arc::from(document)),
    };
    let doorman = Doorman {
        api: api.clone(),
        table: Arc::new(table),
    };
    // The last layer is the outermost.
    router
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .with_state(shared)
        .layer(from_fn_with_state(api.clone(), intake::take_in))
        .layer(from_fn_with_state(doorman, identify::identify))
        .layer(from_fn_with_state(api.clone(), guard::guard))
        .layer(from_fn(peer::admit))
        .layer(from_fn(console::dress))
        .layer(from_fn_with_state(api.clone(), gate::serve))
        .layer(from_fn(panic::catch))
        .layer(from_fn(headers::add))
        .layer(from_fn(trace::trace))
        .layer(from_fn_with_state(api, peer::learn))
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
