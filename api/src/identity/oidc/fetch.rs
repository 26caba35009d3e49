//! Asks an issuer: over HTTPS, within a time, and no more than a key set has.

use std::io;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring::default_provider;
use serde_json::Value;
use tempus_steps::http::is_this_machine;

/// How long an answer may take, from the connection to its last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// The largest answer, in bytes.
const LARGEST: usize = 256 * 1024;

/// Why identity tokens cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The issuer's address is none, or its keys could be exchanged on the way.
    #[error("the issuer {0} must be an https address, or one of this machine")]
    Issuer(String),
    /// Without root certificates no issuer can be told from an impostor.
    #[error("no root certificates to know issuers by; install ca-certificates: {0}")]
    Roots(io::Error),
}

/// A client that follows nowhere: what an issuer says, it says at its own address.
pub(super) struct Web {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl Web {
    /// A client for these issuers.
    pub fn new<'i>(issuers: impl IntoIterator<Item = &'i str>) -> Result<Self, OidcError> {
        let mut secure = false;
        for issuer in issuers {
            let uri = issuer.parse::<Uri>().ok().filter(is_safe);
            let uri = uri.ok_or_else(|| OidcError::Issuer(issuer.to_owned()))?;
            secure |= uri.scheme_str() == Some("https");
        }
        let builder = HttpsConnectorBuilder::new();
        let builder = if secure {
            builder
                .with_provider_and_native_roots(default_provider())
                .map_err(OidcError::Roots)?
        } else {
            // Nothing but this machine is asked, where no certificate is looked at.
            let config = rustls::ClientConfig::builder_with_provider(default_provider().into())
                .with_safe_default_protocol_versions()
                .map_err(|error| OidcError::Roots(io::Error::other(error)))?;
            let roots = rustls::RootCertStore::empty();
            builder.with_tls_config(config.with_root_certificates(roots).with_no_client_auth())
        };
        let connector = builder.https_or_http().enable_http1().build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    /// The JSON at an address.
    pub async fn json(&self, address: &str) -> Result<Value, String> {
        let uri = address.parse::<Uri>().ok().filter(is_safe);
        let uri = uri.ok_or_else(|| format!("{address} is no https address"))?;
        let answer = tokio::time::timeout(PATIENCE, self.get(uri)).await;
        let body = answer.map_err(|_| format!("{address} did not answer in time"))?;
        let body = body.map_err(|error| format!("{address}: {error}"))?;
        serde_json::from_slice(&body).map_err(|_| format!("{address} is not JSON"))
    }

    async fn get(&self, uri: Uri) -> Result<Bytes, String> {
        let answer = self.client.get(uri).await;
        let answer = answer.map_err(|error| innermost(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(format!("answered {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        let body = body.map_err(|error| innermost(&*error))?;
        Ok(body.to_bytes())
    }
}

/// Whether nobody can change an answer on its way: HTTPS, or this very machine, for tests.
fn is_safe(uri: &Uri) -> bool {
    match uri.scheme_str() {
        Some("https") => uri.host().is_some(),
        Some("http") => uri.host().is_some_and(is_this_machine),
        _ => false,
    }
}

/// The innermost cause says what happened; the layers around it only say that something did.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    loop {
        // An `io::Error` does not count what it wraps as its source.
        let wrapped = cause.downcast_ref().and_then(io::Error::get_ref);
        let wrapped = wrapped.map(|wrapped| wrapped as &(dyn std::error::Error + 'static));
        match wrapped.or_else(|| cause.source()) {
            Some(inner) => cause = inner,
            None => break,
        }
    }
    match cause.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(why)) => format!(
            "its certificate is not trusted here: {why}; have this system trust its authority, or \
             name the authority's file in SSL_CERT_FILE"
        ),
        _ => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_changed_on_its_way_is_asked() {
        let safe = |text: &str| text.parse::<Uri>().is_ok_and(|uri| is_safe(&uri));
        for good in [
            "https://ci.example",
            "http://127.0.0.1:9/x",
            "http://localhost:1/",
        ] {
            assert!(safe(good), "{good}");
        }
        for wrong in [
            "http://ci.example",
            "http://127.0.0.1.evil.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.2/",
            "ftp://127.0.0.1/",
            "/x",
        ] {
            assert!(!safe(wrong), "{wrong}");
        }
        assert!(matches!(
            Web::new(["http://ci.example"]),
            Err(OidcError::Issuer(_))
        ));
    }
}
