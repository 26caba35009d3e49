//! Finds out who calls, and holds the route's scope against them.
//!
//! Before the body is taken in: nobody's megabytes are read for a stranger. Whatever comes after
//! knows the caller and has not the credential, so that nothing there can log it.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::peer::Peer;
use crate::identity::Caller;
use crate::identity::access::{Access, Table};
use crate::refusal::Refusal;
use crate::state::Api;

/// What the layer goes by.
#[derive(Clone)]
pub(crate) struct Doorman {
    pub api: Api,
    pub table: Arc<Table>,
}

/// Lets a request on with its caller, or turns it away.
pub(crate) async fn identify(
    State(doorman): State<Doorman>,
    mut request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map(MatchedPath::as_str);
    let access = doorman.table.of(request.method(), route);
    let peer = request.extensions().get::<Peer>().copied();
    let (method, headers) = (request.method(), request.headers());
    match doorman.admit(access, method, headers, peer).await {
        Ok(Some(caller)) => drop(request.extensions_mut().insert(caller)),
        Ok(None) => {}
        Err(refusal) => return refusal.into_response(),
    }
    request.headers_mut().remove(header::AUTHORIZATION);
    request.headers_mut().remove(header::COOKIE);
    next.run(request).await
}

impl Doorman {
    /// The caller; an open route has none.
    async fn admit(
        &self,
        access: Access,
        method: &Method,
        headers: &HeaderMap,
        peer: Option<Peer>,
    ) -> Result<Option<Caller>, Refusal> {
        if access == Access::Open {
            return Ok(None);
        }
        let Some(guard) = self.api.guard() else {
            return Ok(Some(Caller::local()));
        };
        let caller = guard.identify(&self.api, method, headers, peer).await?;
        access.admit(&caller)?;
        Ok(Some(caller))
    }
}
