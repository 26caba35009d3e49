//! The JSON body of a request.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use super::key::fingerprint;
use super::{Errors, decode};
use crate::refusal::Refusal;
use crate::shape::ProblemKind;

/// A JSON body. What is wrong with single fields is in `errors`, which the handler adds its own
/// findings to before it refuses.
pub(crate) struct Json<T> {
    /// The request, without the fields at fault.
    pub value: T,
    /// The fields at fault.
    pub errors: Errors,
    /// A hash of the request: what an idempotency key stands for.
    pub fingerprint: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        require_json(request.headers())?;
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        // The layer that takes bodies in has bounded it already.
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| Refusal::unreadable("body", error.body_text()))?;
        let (value, errors) = decode::decode(&body)?;
        Ok(Self {
            value,
            errors,
            fingerprint: fingerprint(&method, &path, &body),
        })
    }
}

/// A body must say that it is JSON. This is also what keeps a foreign page's form from being one:
/// a form cannot send this type without asking first (a CORS preflight), which is never granted.
fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let only = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    };
    if only.is_some_and(is_json) {
        return Ok(());
    }
    Err(Refusal::new(
        ProblemKind::NotJson,
        "send the body as JSON, with the header content-type: application/json",
    ))
}

fn is_json(value: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.filter(|part| !part.is_empty()).all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            !name.eq_ignore_ascii_case("charset")
                || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn only_json_is_json() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            assert!(is_json(good), "{good}");
        }
        for wrong in [
            "",
            "text/plain",
            "text/plain; application/json",
            "application/jsonp",
            "application/json; charset=utf-16",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
        ] {
            assert!(!is_json(wrong), "{wrong}");
        }
    }
}
