//! One process on this machine.

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use rustix::process::Signal;
use serde_json::json;
use tempus_api::testing::{Issuer, Key, Manner};
use tempus_tests::collector::{Collector, Numbers, numbers};
use tempus_tests::server::{Server, app, eventually, proved_gone, text};

use super::{CALLER, TRACE, create, expiry, path};

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_trace_runs_from_the_request_to_the_last_step_and_the_expiry_links_back_to_it() {
    let collector = Collector::start().await;
    let mut server = Server::start(&[
        ("telemetry.otlp_endpoint", &collector.endpoint()),
        // The timer shall be what ends it.
        ("worker.reminder", "1m"),
    ])
    .await;
    let api = server.api();
    let mut request = app::request(&server, "traced", &json!({}));
    request["ttl"] = json!("4s");
    let created = create(&api, &request).await.expect(202);
    let job = api.job_ended(text(&created, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    proved_gone(&api, text(&created, "preview_id"), PATIENCE).await;
    assert!(server.terminate(Signal::TERM).await.success());

    let spans = collector.spans();
    let asked = spans.only(TRACE, "POST /preview/create");
    assert_eq!((asked.kind, &*asked.parent), (SpanKind::Server, CALLER));
    assert_eq!(asked.attributes["http.response.status_code"], "202");
    let sent = spans
        .of(TRACE)
        .find(|span| span.parent == asked.id)
        .unwrap();
    assert_eq!((&*sent.name, sent.kind), ("send hint", SpanKind::Producer));
    for kind in ["timer", "ports", "process", "healthy", "route"] {
        let name = format!("execute {kind}");
        let attempts = spans.of(TRACE).filter(|span| span.name == name);
        let last = attempts.last().unwrap_or_else(|| panic!("{name}"));
        assert_eq!(last.attributes["tempus.step.outcome"], "ok");
        // One that waits for longer goes on with another hint, in the same trace.
        let path = path(&spans, last);
        assert_eq!(path[..2], [name.as_str(), "process hint"], "{path:?}");
        let beginning = &path[path.len() - 3..];
        let expected = ["process hint", "send hint", "POST /preview/create"];
        assert_eq!(beginning, expected, "{path:?}");
    }
    let consumed = spans.of(TRACE).find(|span| span.parent == sent.id).unwrap();
    assert_eq!(consumed.kind, SpanKind::Consumer, "{consumed:#?}");

    let expiry = expiry(&spans);
    let removed = spans.only(&expiry.trace, "compensate process");
    assert_eq!(
        path(&spans, removed),
        ["compensate process", "process hint"]
    );
    for span in &spans.0 {
        assert_eq!(span.service, "tempus");
    }
}

#[tokio::test]
async fn whoever_wants_not_to_be_followed_is_not() {
    let collector = Collector::start().await;
    let mut server = Server::start(&[
        ("telemetry.otlp_endpoint", &collector.endpoint()),
        ("telemetry.sample", "0"),
        ("log.level", "debug"),
    ])
    .await;
    let other = TRACE.replace('4', "5");
    for (trace, wants) in [(TRACE, "00"), (&*other, "01")] {
        let call = server.api().get("/previews");
        let parent = format!("00-{trace}-{CALLER}-{wants}");
        call.header("traceparent", &parent).send().await.expect(200);
    }
    assert!(server.terminate(Signal::TERM).await.success());
    let spans = collector.spans();
    spans.only(&other, "GET /previews");
    let is_other = spans.0.iter().all(|span| span.trace == other);
    assert!(is_other, "{spans:#?}");
    // Who looks for it in the log finds it all the same.
    assert!(server.log().contains(TRACE), "{}", server.log());
}

#[tokio::test]
async fn what_failed_is_told_as_failed_and_what_was_refused_is_not() {
    let collector = Collector::start().await;
    let key = Key::ec("its");
    let issuer = Issuer::start(&[&key]).await;
    issuer.answers(Manner::Broken);
    let url = issuer.url();
    let rule = format!("issuer={url} audience=tempus repository=acme/shop scope=viewer");
    let mut server = Server::start(&[
        ("telemetry.otlp_endpoint", &collector.endpoint()),
        ("identity.oidc", &rule),
    ])
    .await;
    let signed = key.sign(&issuer.claims());
    let other = TRACE.replace('4', "5");
    for (trace, token, status) in [(TRACE, &*signed, 503), (&*other, "a.b.c", 401)] {
        let call = server.api().get("/previews");
        let call = call.header("traceparent", &format!("00-{trace}-{CALLER}-01"));
        let call = call.header("authorization", &format!("Bearer {token}"));
        assert_eq!(call.send().await.status, status);
    }
    assert!(server.terminate(Signal::TERM).await.success());
    let spans = collector.spans();
    let failed = spans.only(TRACE, "GET /previews");
    assert!(failed.failed, "{failed:#?}");
    assert_eq!(failed.attributes["error.type"], "503");
    let refused = spans.only(&other, "GET /previews");
    assert!(!refused.failed, "{refused:#?}");
}

#[tokio::test]
async fn a_collector_is_told_the_numbers_that_are_shown() {
    let collector = Collector::start().await;
    let server = Server::start(&[
        ("telemetry.otlp_endpoint", &collector.endpoint()),
        ("telemetry.interval", "1s"),
    ])
    .await;
    let api = server.api();
    let request = app::request(&server, "counted", &json!({}));
    let created = api.ready(&request).await;
    let preview = text(&created, "preview_id");
    let refused = api.post("/preview/create", &json!({"ttl": "1y"}));
    assert_eq!(refused.send().await.status, 422);
    let job = api.destroy(preview).await;
    assert_eq!(api.job_ended(&job).await["status"], "succeeded");
    proved_gone(&api, preview, PATIENCE).await;

    // Asking is counted too, and time goes on; the rest is at rest.
    let at_rest = |numbers: Numbers| -> Numbers {
        let moves = ["tempus_http", "process_", "tempus_queue"];
        let rest = numbers.into_iter();
        rest.filter(|(name, _)| !moves.iter().any(|moving| name.starts_with(moving)))
            .collect()
    };
    let (told, shown) = eventually("what is shown is told", PATIENCE, async || {
        let shown = api.get("/metrics").send().await;
        let shown = at_rest(numbers(&String::from_utf8_lossy(&shown.body)));
        let told = at_rest(collector.metrics().pop()?);
        (told == shown).then_some((told, shown))
    })
    .await;
    assert_eq!(told, shown);
    let is = |series: &str, value: f64| assert_eq!(told.get(series), Some(&value), "{series}");
    is(
        r#"tempus_jobs_total{kind="create",outcome="succeeded"}"#,
        1.0,
    );
    is(
        r#"tempus_jobs_total{kind="destroy",outcome="succeeded"}"#,
        1.0,
    );
    is(r#"tempus_ready_seconds_count{kind="create"}"#, 1.0);
    is(
        r#"tempus_ready_seconds_bucket{kind="create",le="120"}"#,
        1.0,
    );
    is("tempus_gone_seconds_count{}", 1.0);
    is(r#"tempus_refused_total{reason="invalid"}"#, 1.0);
    is(r#"tempus_previews{phase="ready"}"#, 0.0);
    is(r#"tempus_dead_letters{kind="message"}"#, 0.0);
    let attempts = r#"{direction="execute",outcome="ok",step="timer"}"#;
    is(&format!("tempus_step_attempts_total{attempts}"), 1.0);
    is(&format!("tempus_step_seconds_count{attempts}"), 1.0);
    let builds = told
        .keys()
        .filter(|name| name.starts_with("tempus_build_info"));
    assert_eq!(builds.count(), 1);
}
