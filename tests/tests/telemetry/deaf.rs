//! A collector that is not there, or does not answer: nothing else goes otherwise.

use std::net::TcpListener;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tempus_tests::collector::Collector;
use tempus_tests::server::{Server, app, eventually, proved_gone, text};

const PATIENCE: Duration = Duration::from_mins(1);
const WARNING: &str = "telemetry cannot be sent";

#[tokio::test]
async fn a_collector_that_is_not_there_or_does_not_answer_changes_nothing() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = nobody.local_addr().unwrap();
    drop(nobody);
    let nobody = format!("http://{there}");
    let deaf = Collector::deaf().await;
    let mut server = Server::start(&[
        ("telemetry.otlp_endpoint", &nobody),
        ("telemetry.interval", "1s"),
    ])
    .await;
    server.set_variable("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hush");
    for endpoint in [nobody, deaf.endpoint()] {
        assert!(server.terminate(Signal::TERM).await.success());
        server.set("telemetry.otlp_endpoint", &endpoint);
        let said = server.log().matches(WARNING).count();
        server.launch().await;
        let api = server.api();
        let created = api
            .ready(&app::request(&server, "unheard", &json!({})))
            .await;
        eventually("a warning", PATIENCE, async || {
            (server.log().matches(WARNING).count() > said).then_some(())
        })
        .await;
        let preview = text(&created, "preview_id");
        api.job_ended(&api.destroy(preview).await).await;
        proved_gone(&api, preview, PATIENCE).await;
        let warned = server.log().matches(WARNING).count();
        assert_eq!(warned, said + 1, "once in a while");
    }
    assert!(server.terminate(Signal::TERM).await.success());
    assert!(!server.log().contains("hush"));
}

#[tokio::test]
async fn credentials_go_to_the_collector_and_nowhere_else() {
    let collector = Collector::start().await;
    let mut server = Server::start(&[("telemetry.interval", "1s")]).await;
    assert!(server.terminate(Signal::TERM).await.success());
    server.set_variable("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint());
    server.set_variable("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hush");
    server.launch().await;
    eventually("metrics", PATIENCE, async || {
        let told = !collector.metrics().is_empty();
        told.then_some(())
    })
    .await;
    let api = server.api();
    let answer = api.get("/metrics").send().await;
    assert!(!String::from_utf8_lossy(&answer.body).contains("hush"));
    assert!(server.terminate(Signal::TERM).await.success());
    assert!(!collector.spans().0.is_empty());
    assert!(collector.was_always_told("authorization", "Bearer hush"));
    assert!(!server.log().contains("hush"));
}
