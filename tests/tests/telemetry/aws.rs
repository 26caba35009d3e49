//! API and worker as processes of their own, against an emulator: one trace through both of them
//! and through every call that they make.

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;
use tempus_engine::testing::emulator::{Emulator, Kind};
use tempus_tests::aws::{Account, Site};
use tempus_tests::collector::Collector;
use tempus_tests::server::{proved, text};

use super::{CALLER, TRACE, create, expiry, path};

/// How long a receipt may take, on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test]
async fn a_trace_runs_through_api_queue_worker_and_every_call_of_the_saga() {
    let collector = Collector::start().await;
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "traces").await;
    let endpoint = collector.endpoint();
    let settings = [
        ("telemetry.otlp_endpoint", endpoint.as_str()),
        // The timer shall be what ends it.
        ("worker.reminder", "1m"),
    ];
    let site = Site::bootstrap(account, &settings).await;
    let mut api = site.start_plainly("api");
    let mut worker = site.start_plainly("worker");
    let client = api.api().await;
    let request = json!({"name": "hello", "image": "nginx", "port": 80, "ttl": "20s"});
    let created = create(&client, &request).await.expect(202);
    let job = client.job_ended(text(&created, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    proved(&client, text(&created, "preview_id"), PATIENCE).await;
    api.stops_cleanly().await;
    worker.stops_cleanly().await;

    let spans = collector.spans();
    let asked = spans.only(TRACE, "POST /preview/create");
    assert_eq!((&*asked.service, &*asked.parent), ("tempus-api", CALLER));
    let calls = || spans.of(TRACE).filter(|span| span.kind == SpanKind::Client);
    for call in calls() {
        let up = spans.up(call);
        let first = up[up.len() - 1];
        assert_eq!(first.id, asked.id, "{call:#?} of {:#?}", path(&spans, call));
        assert_eq!(call.attributes["rpc.system"], "aws-api");
        assert!(
            call.attributes.contains_key("http.response.status_code"),
            "{call:#?}"
        );
    }
    // Each in the attempt that made it, each attempt in the other process than the request.
    for (call, attempt) in [
        ("Scheduler/CreateSchedule", "execute timer"),
        (
            "Elastic Load Balancing v2/CreateTargetGroup",
            "execute target-group",
        ),
        ("ECS/RegisterTaskDefinition", "execute task-definition"),
        ("Elastic Load Balancing v2/CreateRule", "execute rule"),
        ("ECS/CreateService", "execute service"),
        ("ECS/DescribeServices", "execute healthy"),
    ] {
        let made = calls().filter(|span| span.name == call).collect::<Vec<_>>();
        let last = made
            .last()
            .unwrap_or_else(|| panic!("{call}: {:#?}", spans.names(TRACE)));
        let path = path(&spans, last);
        assert_eq!(path[..3], [call, attempt, "process hint"], "{path:?}");
        assert_eq!(path[path.len() - 1], "POST /preview/create");
        let services = spans.up(last).into_iter().map(|span| &*span.service);
        let services: Vec<_> = services.collect();
        assert_eq!(
            (services[0], services[services.len() - 1]),
            ("tempus-worker", "tempus-api")
        );
    }
    assert!(calls().any(|call| call.attributes.contains_key("aws.request_id")));
    // The engine's calls too, on both sides.
    for (call, service) in [
        ("DynamoDB/TransactWriteItems", "tempus-api"),
        ("SQS/SendMessageBatch", "tempus-api"),
        ("DynamoDB/", "tempus-worker"),
        ("SQS/DeleteMessageBatch", "tempus-worker"),
    ] {
        let made = calls().any(|span| span.name.starts_with(call) && span.service == service);
        assert!(made, "{call} by {service}: {:#?}", spans.names(TRACE));
    }
    let polls = spans
        .0
        .iter()
        .filter(|span| span.name == "SQS/ReceiveMessage");
    assert_eq!(polls.count(), 0, "what nobody asked for is no trace");

    let expiry = expiry(&spans);
    let removed = spans.only(&expiry.trace, "ECS/DeleteService");
    assert_eq!(
        path(&spans, removed)[..3],
        ["ECS/DeleteService", "compensate service", "process hint"]
    );
}
