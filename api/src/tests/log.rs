//! What is logged: who asked for what about which preview, once, and never what they sent.

use std::io;
use std::sync::{Arc, Mutex};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

use super::server::Server;

/// Everything that is logged on this thread.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    /// Begins to listen, for as long as the guard lives. One thread runs a whole test, the server
    /// included.
    pub fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(lines.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        (lines, guard)
    }

    /// All of it.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines with this message.
    pub fn with(&self, message: &str) -> Vec<serde_json::Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines
            .filter(|line: &serde_json::Value| line["fields"]["message"] == message)
            .collect()
    }
}

#[tokio::test]
async fn a_request_is_one_span_that_names_its_preview_and_no_secret() {
    let (lines, _guard) = Lines::capture();
    let server = Server::start().await;
    let (preview, job) = server.created(json!({"env": {"TOKEN": "hush"}})).await;
    server.get(&format!("/preview/{preview}?x=hush")).await;
    let crash = json!({"command": "panic", "env": {"TOKEN": "hush"}});
    let crash = server.post("/preview/create", crash).await;

    let text = lines.text();
    assert!(!text.contains("hush"), "{text}");
    let of = |message: &str| {
        let with = lines.with(message);
        assert_eq!(with.len(), 1, "{message} once: {text}");
        with[0].clone()
    };
    let accepted = of("accepted");
    assert_eq!(accepted["span"]["preview.id"], preview);
    assert_eq!(accepted["span"]["job.id"], job);
    assert_eq!(accepted["span"]["path"], "/preview/create");
    assert_eq!(accepted["span"]["method"], "POST");
    let failed = of("failed");
    assert_eq!(failed["level"], "ERROR");
    assert_eq!(failed["span"]["request.id"], crash.header("x-request-id"));
}

/// The trace that a request is a part of goes on with its hint; a request without one begins one.
#[tokio::test]
async fn a_request_takes_its_trace_with_it() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    let followed = tracing_subscriber::registry().with(layer.with_filter(LevelFilter::INFO));
    // One thread runs the whole test, the server included.
    let _guard = tracing::subscriber::set_default(followed);
    let mut queue = None;
    let server = Server::with_queue(|inner| {
        queue = Some(Arc::clone(&inner));
        inner
    })
    .await;
    let queue = queue.unwrap();
    let caller = format!("00-{TRACE}-00f067aa0ba902b7-01");
    for (header, state) in [
        (Some(&*caller), Some("vendor=1")),
        (Some("00-nonsense-01"), None),
        (None, None),
    ] {
        let mut request = server.request(reqwest::Method::POST, "/preview/create");
        for (name, value) in [("traceparent", header), ("tracestate", state)] {
            request = value
                .into_iter()
                .fold(request, |r, value| r.header(name, value));
        }
        let answer = server.send(request.json(&json!({}))).await;
        assert_eq!(answer.status, 202);
        let sent = queue.receive(1, std::time::Duration::ZERO).await.unwrap();
        let sent = sent[0].trace.as_ref().unwrap();
        let goes_on = header == Some(&*caller);
        assert_eq!(sent.id() == TRACE, goes_on, "{sent}");
        assert_ne!(sent.traceparent(), caller, "what sends is not what asked");
        assert_eq!(sent.tracestate().as_deref(), state);
    }
}
