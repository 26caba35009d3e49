//! What is logged: who asked for what about which preview, once, and never what they sent.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::server::Server;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

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

#[tokio::test]
async fn a_request_is_one_span_that_names_its_preview_and_no_secret() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(lines.clone())
        .finish();
    // One thread runs the whole test, the server included.
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start().await;
    let (preview, job) = server.created(json!({"env": {"TOKEN": "hush"}})).await;
    server.get(&format!("/preview/{preview}?x=hush")).await;
    let crash = json!({"command": "panic", "env": {"TOKEN": "hush"}});
    let crash = server.post("/preview/create", crash).await;

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("hush"), "{text}");
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<serde_json::Value> = lines.collect();
    let of = |message: &str| {
        let mut with = lines
            .iter()
            .filter(|line| line["fields"]["message"] == message);
        let only = with.next().unwrap_or_else(|| panic!("{message}: {text}"));
        assert!(with.next().is_none(), "{message} once: {text}");
        only.clone()
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
