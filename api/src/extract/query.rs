//! Query parameters.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::decode::field_error;
use crate::refusal::Refusal;

/// The query parameters, of which none may be unknown.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        decode(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn decode<T: DeserializeOwned>(query: &str) -> Result<T, Refusal> {
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let error = field_error(error.path(), &error.inner().to_string());
        Refusal::unreadable(error.field, error.problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::PreviewsQuery;

    #[test]
    fn a_refused_parameter_is_named() {
        for (query, field) in [
            ("limit=x", "limit"),
            ("limit=-1", "limit"),
            ("lmit=1", "lmit"),
            ("parked=perhaps", "parked"),
            ("limit=1&limit=2", "limit"),
        ] {
            let refusal = decode::<PreviewsQuery>(query).unwrap_err();
            assert_eq!(refusal.problem().errors[0].field, field, "{query}");
            assert_eq!(refusal.problem().status, 400);
        }
        let good: PreviewsQuery = decode("phase=ready,failed&limit=3&owner=a%20b").unwrap();
        assert_eq!(good.owner.as_deref(), Some("a b"));
    }
}
