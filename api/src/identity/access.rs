//! What each route needs of its caller.

use std::collections::HashMap;

use axum::http::Method;
use tempus_model::Scope;

use super::Caller;
use crate::refusal::Refusal;

/// What a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing: it tells nothing of this installation, or proves by other means who sent it.
    Open,
    /// A caller of at least this scope.
    Needs(Scope),
}

impl Access {
    /// Refuses a caller whose scope does not reach.
    pub fn admit(self, caller: &Caller) -> Result<(), Refusal> {
        match self {
            Self::Needs(scope) if caller.scope < scope => Err(Refusal::scope(caller.scope, scope)),
            _ => Ok(()),
        }
    }
}

/// The routes with what each needs.
#[derive(Debug, Default)]
pub(crate) struct Table(HashMap<(Method, String), Access>);

impl Table {
    /// Notes what a route needs.
    pub fn insert(&mut self, method: Method, path: &str, access: Access) {
        self.0.insert((method, path.to_owned()), access);
    }

    /// What a request needs. What is no route needs some caller: strangers are not even told what
    /// there is.
    pub fn of(&self, method: &Method, route: Option<&str>) -> Access {
        let method = match *method {
            // The router answers it with the handler of the other.
            Method::HEAD => Method::GET,
            _ => method.clone(),
        };
        let found = route.and_then(|route| self.0.get(&(method, route.to_owned())));
        found.copied().unwrap_or(Access::Needs(Scope::Viewer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_route_is_not_open() {
        let mut table = Table::default();
        table.insert(Method::GET, "/docs", Access::Open);
        assert_eq!(table.of(&Method::GET, Some("/docs")), Access::Open);
        assert_eq!(table.of(&Method::HEAD, Some("/docs")), Access::Open);
        let viewer = Access::Needs(Scope::Viewer);
        for (method, route) in [
            (Method::POST, Some("/docs")),
            (Method::GET, Some("/doc")),
            (Method::GET, None),
        ] {
            assert_eq!(table.of(&method, route), viewer, "{method} {route:?}");
        }
    }
}
