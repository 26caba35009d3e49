//! The collector: where spans and metrics are sent, by OTLP over HTTP.
//!
//! Whoever sends may be a thread without a runtime (the SDK's batches are), so every call runs on
//! the server's own runtime, in a task of its own and with a time-out. That something could not be
//! sent is logged now and then, and never with what goes along with a request.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use percent_encoding::percent_decode_str;
use tokio::runtime::Handle;
use tokio::time::Instant;

/// The variables that hold what goes along with a request: credentials, mostly.
const HEADERS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_HEADERS",
];
/// How long nothing is said of a collector after something was.
const QUIET: Duration = Duration::from_mins(5);

/// The collector. Cheap to clone.
#[derive(Clone)]
pub(super) struct Collector(Arc<Inner>);

struct Inner {
    endpoint: String,
    headers: Vec<(String, String)>,
    client: HyperClient<HttpsConnector<HttpConnector>>,
    runtime: Handle,
    complained: Mutex<Option<Instant>>,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collector({})", self.0.endpoint)
    }
}

impl Collector {
    /// How long it may take for an answer.
    pub(super) const PATIENCE: Duration = Duration::from_secs(5);

    /// The collector at this address. Connects nothing yet.
    pub(super) fn new(endpoint: &str) -> anyhow::Result<Self> {
        let connector = HttpsConnectorBuilder::new();
        let ring = rustls::crypto::ring::default_provider;
        // Where nothing is encrypted nobody must be trusted, and a machine may trust nobody.
        let connector = if endpoint.starts_with("https:") {
            connector
                .with_provider_and_native_roots(ring())
                .context("no certificates to check the collector's with")?
        } else {
            let nobody = rustls::RootCertStore::empty();
            let config = rustls::ClientConfig::builder_with_provider(Arc::new(ring()))
                .with_safe_default_protocol_versions()?
                .with_root_certificates(nobody)
                .with_no_client_auth();
            connector.with_tls_config(config)
        };
        let connector = connector.https_or_http().enable_http1().build();
        let variables = HEADERS.iter().find_map(|name| std::env::var(name).ok());
        Ok(Self(Arc::new(Inner {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            headers: headers(variables.as_deref().unwrap_or_default()),
            client: HyperClient::new(connector, Self::PATIENCE, None),
            runtime: Handle::current(),
            complained: Mutex::default(),
        })))
    }

    /// Where it takes spans.
    pub(super) fn traces(&self) -> String {
        format!("{}/v1/traces", self.0.endpoint)
    }

    /// Sends metrics; what cannot be sent is dropped.
    pub(super) async fn send_metrics(&self, body: Vec<u8>) {
        let mut request = Request::post(format!("{}/v1/metrics", self.0.endpoint))
            .header("content-type", "application/x-protobuf");
        for (name, value) in &self.0.headers {
            request = request.header(name, value);
        }
        match request.body(Bytes::from(body)) {
            // Said already, if it could not be sent.
            Ok(request) => drop(self.send_bytes(request).await),
            Err(_) => self.complain("a header of OTEL_EXPORTER_OTLP_HEADERS is none"),
        }
    }

    fn complain(&self, error: &str) {
        let mut last = self
            .0
            .complained
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|at| at.elapsed() < QUIET) {
            return;
        }
        *last = Some(Instant::now());
        tracing::warn!(
            collector = self.0.endpoint,
            error,
            "telemetry cannot be sent and is dropped"
        );
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let inner = Arc::clone(&self.0);
        let sent = self
            .0
            .runtime
            .spawn(async move { inner.client.send_bytes(request).await });
        let answer = sent.await?;
        match &answer {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => self.complain(&format!("it answers {}", answer.status())),
            Err(error) => self.complain(&error.to_string()),
        }
        answer
    }
}

/// The headers of a variable: `name=value`, with commas, values percent-encoded.
fn headers(text: &str) -> Vec<(String, String)> {
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        Some((name.trim().to_owned(), value.into_owned()))
    };
    text.split(',').filter_map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_the_standard_writes_them() {
        let found = headers("authorization=Basic%20eDp5PQ==, x-scope = a b ,,nonsense");
        let found: Vec<_> = found
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            found,
            [("authorization", "Basic eDp5PQ=="), ("x-scope", "a b")]
        );
        assert!(headers("").is_empty());
    }
}
