//! Reading a preview's logs, as they are and as they come.

use std::time::Duration;

use serde_json::{Value, json};
use tempus_model::Timestamp;
use tempus_tests::server::{Server, app, eventually, text};

/// A time as milliseconds since 1970.
pub fn millis(time: &Value) -> i64 {
    let time: Timestamp = serde_json::from_value(time.clone()).unwrap();
    time.millis()
}

#[tokio::test]
async fn logs_are_kept_and_followed() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api
        .ready(&app::request(&server, "talker", &json!({})))
        .await;
    let preview = text(&accepted, "preview_id");
    for line in ["one", "two", "three"] {
        api.visit("talker", &format!("/say/{line}")).send().await;
    }
    let logs = |query: &str| api.get(&format!("/preview/{preview}/logs{query}"));
    let texts = |body: &str| -> Vec<String> {
        let lines = body.lines().map(|line| serde_json::from_str(line).unwrap());
        lines
            .map(|line: Value| text(&line, "text").to_owned())
            .collect()
    };
    // The shim writes down what it reads, a moment after it was said.
    let all = eventually("every line is there", Duration::from_secs(5), async || {
        let all = logs("").send().await.text();
        (all.lines().count() == 4).then_some(all)
    })
    .await;
    assert_eq!(texts(&all), ["starting 1", "one", "two", "three"]);
    let first: Value = serde_json::from_str(all.lines().next().unwrap()).unwrap();
    assert_eq!(
        (text(&first, "service"), text(&first, "stream")),
        ("web", "stdout")
    );
    assert_eq!(
        texts(&logs("?tail=2").send().await.text()),
        ["two", "three"]
    );
    assert_eq!(logs("?tail=0").send().await.text(), "");
    let plain = logs("?tail=1").header("accept", "text/plain").send().await;
    assert!(plain.text().ends_with(" web | three\n"), "{}", plain.text());
    logs("?tail=10001").send().await.expect(400);
    logs("?service=nobody").send().await.expect(404);

    let follow = logs("?tail=1&follow=true");
    let mut stream = follow.open().await.unwrap();
    let (status, headers) = (stream.status().as_u16(), stream.headers().clone());
    let mut seen = Vec::new();
    while texts(std::str::from_utf8(&seen).unwrap()).len() < 2 {
        if seen.ends_with(b"\n") {
            api.visit("talker", "/say/four").send().await;
        }
        seen.extend(stream.chunk().await.unwrap().expect("the stream goes on"));
    }
    follow.check(status, &headers, &seen);
    assert_eq!(
        texts(std::str::from_utf8(&seen).unwrap()),
        ["three", "four"]
    );

    // A stream ends with what it follows.
    api.destroy(preview).await;
    while stream.chunk().await.unwrap().is_some() {}
}

/// One search in the log follows a request through the queue, by the trace that its caller named.
#[tokio::test]
async fn a_trace_is_followed_from_the_request_to_its_work() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let body = app::request(&server, "traced", &json!({}));
    let accepted = api
        .post("/preview/create", &body)
        .header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"))
        .send()
        .await
        .expect(202);
    let job = text(&accepted, "job_id");
    api.job_ended(job).await;
    let who = "the lines of both sides";
    eventually(who, Duration::from_secs(5), async || {
        let log = server.log();
        let by = |target: &str| {
            let mut lines = log.lines().filter(|line| line.contains(trace));
            lines.any(|line| line.contains(target))
        };
        (by("tempus_api") && by("tempus_worker")).then_some(())
    })
    .await;
}
