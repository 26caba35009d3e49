//! What a process without an API answers.

use std::sync::Arc;

use tempus_engine::sqlite::{Options, SqliteEngine};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Metrics, Probe, serve_probe};

#[tokio::test]
async fn it_says_how_it_is_and_nothing_else() {
    let engine = SqliteEngine::in_memory(Options::default()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let probe = Probe {
        store: engine.store() as Arc<_>,
        metrics: Metrics::install().unwrap(),
    };
    metrics::counter!("tempus_test_of_the_probe_total").increment(3);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve_probe(listener, probe, stop.clone().cancelled_owned()));
    let client = tempus_steps::http::plain().no_proxy().build().unwrap();
    for (path, status, text) in [
        ("/health", 200, r#"{"status":"ok"}"#),
        ("/ready", 200, r#"{"status":"ready"}"#),
        ("/metrics", 200, "tempus_test_of_the_probe_total 3"),
        ("/previews", 404, "problem:not-found"),
        ("/docs", 404, "problem:not-found"),
        ("/", 404, "problem:not-found"),
    ] {
        // By whatever name: a health check calls it by an address.
        let request = client.get(format!("{url}{path}")).header("host", "10.1.2.3");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let body = answer.text().await.unwrap();
        assert!(body.contains(text), "{path}: {body}");
    }
    let post = client.post(format!("{url}/health")).send().await.unwrap();
    assert_eq!(post.status(), 405);
    stop.cancel();
    serving.await.unwrap();
}
