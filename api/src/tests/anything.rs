//! Any body: accepted, or refused with a reason. Never a 5xx, whatever is in it.

use axum::http::Method;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::server::Server;

/// How many bodies each call gets.
const CASES: usize = 250;

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        "\\PC{0,50}".prop_map(Value::from),
        ".{0,10}".prop_map(Value::from),
        prop_oneof![
            Just("1h"),
            Just("pr-1"),
            Just("/x"),
            Just("a"),
            Just("serve"),
            Just("99999999999999d"),
            Just("http://[::1"),
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            fields(inner),
        ]
    })
}

/// An object of fields that the API knows, and others.
fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let known = prop::sample::select(vec![
        "ttl",
        "ttl_hours",
        "name",
        "owner",
        "repository",
        "repository_id",
        "branch",
        "pr_number",
        "commit_sha",
        "template",
        "command",
        "dir",
        "image",
        "port",
        "env",
        "secrets",
        "health_path",
        "path",
        "cpu",
        "memory",
        "services",
        "expires_at",
        "ids",
        "id",
        "all",
    ]);
    let key = prop_oneof![9 => known.prop_map(str::to_owned), 1 => "\\PC{0,8}"];
    prop::collection::vec((key, value), 0..5)
        .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>()))
}

#[tokio::test]
async fn any_body_is_accepted_or_refused_with_a_reason() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({})).await;
    let calls = [
        "/preview/create".to_owned(),
        format!("/preview/{preview}/update"),
        format!("/preview/{preview}/extend"),
        "/dead-letters/replay".to_owned(),
    ];
    let mut runner = TestRunner::deterministic();
    let (bodies, texts) = (fields(anything()), "\\PC{0,80}");
    for case in 1..=CASES {
        for call in &calls {
            let body = bodies.new_tree(&mut runner).unwrap().current().to_string();
            // Whole, cut off, and no JSON at all.
            let body = match case % 10 {
                8 => body.chars().take(case % (body.len() + 1)).collect(),
                9 => texts.new_tree(&mut runner).unwrap().current(),
                _ => body,
            };
            holds(&server, call, body).await;
        }
    }
}

async fn holds(server: &Server, call: &str, body: String) {
    let request = server.request(Method::POST, call);
    let request = request.header("content-type", "application/json");
    let answer = server.send(request.body(body.clone())).await;
    assert!(answer.status < 500, "{call} {}: {body}", answer.status);
    if answer.status >= 400 {
        let problem = answer.json();
        let says = |field: &str| problem[field].as_str().is_some_and(|t| !t.is_empty());
        assert!(says("title") && says("detail"), "{call}: {body}: {problem}");
    }
}
