//! Answers that have no end of their own: events and followed logs.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use super::server::Server;

/// Reads until something is true of all that was read.
async fn read_until(
    response: &mut reqwest::Response,
    mut done: impl FnMut(&str) -> bool,
) -> String {
    let mut text = String::new();
    while !done(&text) {
        let chunk = tokio::time::timeout(Duration::from_secs(5), response.chunk()).await;
        let chunk = chunk.expect("something is sent").unwrap();
        text.push_str(&String::from_utf8_lossy(
            &chunk.expect("the stream goes on"),
        ));
    }
    text
}

fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

#[tokio::test]
async fn events_follow_a_job_to_its_end() {
    let server = Server::start().await;
    let (preview, job) = server.created(json!({})).await;
    let request = server.request(Method::GET, &format!("/job/{job}/events"));
    let mut response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let first = read_until(&mut response, |text| text.contains("\n\n")).await;
    assert!(first.contains("event: job"), "{first}");
    assert_eq!(events(&first)[0]["status"], "queued");
    server.hand.make(&preview).await;
    let rest = read_until(&mut response, |text| text.contains("succeeded")).await;
    assert_eq!(events(&rest).last().unwrap()["status"], "succeeded");
    assert!(
        response.chunk().await.unwrap().is_none(),
        "and then it ends"
    );

    // Asked for after the end, it is one event.
    let answer = server.get(&format!("/job/{job}/events")).await;
    assert_eq!(events(&String::from_utf8(answer.body).unwrap()).len(), 1);
}

#[tokio::test]
async fn logs_are_json_lines_or_text() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({})).await;
    let path = format!("/preview/{preview}/logs");
    let json = server.get(&path).await;
    assert_eq!(json.header("content-type"), "application/x-ndjson");
    assert_eq!(json.body.split(|b| *b == b'\n').count(), 3);
    let plain = server.request(Method::GET, &format!("{path}?tail=1"));
    let plain = server.send(plain.header("accept", "text/plain")).await;
    let text = String::from_utf8(plain.body).unwrap();
    assert_eq!(text, "1970-01-01T00:00:00.000Z web | two\n");
    for (query, status) in [
        ("tail=10001", 400),
        ("tail=-1", 400),
        ("follow=perhaps", 400),
        ("service=nobody", 404),
    ] {
        assert_eq!(
            server.get(&format!("{path}?{query}")).await.status,
            status,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_stop_ends_what_would_never_end() {
    let server = Server::start().await;
    let (preview, job) = server.created(json!({})).await;
    let logs = format!("/preview/{preview}/logs?follow=true");
    let mut logs = server.request(Method::GET, &logs).send().await.unwrap();
    read_until(&mut logs, |text| text.contains("two")).await;
    let events = format!("/job/{job}/events");
    let mut events = server.request(Method::GET, &events).send().await.unwrap();
    read_until(&mut events, |text| text.contains("queued")).await;
    let took = server.stop().await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(logs.chunk().await.unwrap().is_none());
    assert!(events.chunk().await.unwrap().is_none());
}
