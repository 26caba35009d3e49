//! Every way in which a call can fail, and what it is taken for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Action;
use crate::aws::testing::{Answer, Script, options};
use crate::{Landed, StepError};

async fn change(answer: Answer) -> StepError {
    let script = Script::new().await.on("DeleteRule", answer);
    let client = &script.tools.client;
    let request = client.elb.delete_rule().rule_arn("arn");
    let failed = client.call(Action::DeleteRule, request.send()).await;
    failed.unwrap_err().into()
}

async fn read(answer: Answer) -> StepError {
    let script = Script::new().await.on("DescribeServices", answer);
    script.tools.services.look("x").await.unwrap_err()
}

#[track_caller]
fn is_transient(error: &StepError, expected: Landed) {
    let StepError::Transient { landed, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(*landed, expected, "{error}");
}

#[tokio::test]
async fn a_lost_answer_of_a_change_is_in_doubt_and_of_a_read_is_not() {
    let broken = || Answer::Error(500, "InternalFailure", "oops");
    is_transient(&change(broken()).await, Landed::Unknown);
    is_transient(&read(broken()).await, Landed::No);
    let began = Instant::now();
    is_transient(&change(Answer::Silence).await, Landed::Unknown);
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "within what a worker reckons with"
    );
}

#[tokio::test]
async fn a_connection_that_was_never_made_sent_nothing() {
    let mut nowhere = options();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    nowhere.endpoint = Some(format!("http://{}/", listener.local_addr().unwrap()));
    nowhere.credentials = crate::aws::options::Credentials::Emulator;
    drop(listener);
    let client = Arc::new(super::Client::connect(&nowhere).await.unwrap());
    let request = client.elb.delete_rule().rule_arn("arn");
    let failed = client.call(Action::DeleteRule, request.send()).await;
    is_transient(&failed.unwrap_err().into(), Landed::No);
    let failed = client.delete_security_group("sg-1").await;
    is_transient(&failed.unwrap_err().into(), Landed::No);
}

#[tokio::test]
async fn throttling_is_told_from_refusing() {
    for (status, code) in [(400, "Throttling"), (400, "ThrottlingException"), (429, "")] {
        let error = change(Answer::Error(status, code, "Rate exceeded")).await;
        assert!(matches!(error, StepError::Throttled(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    for (code, words) in [
        (
            "AccessDenied",
            "may not call elasticloadbalancing:DeleteRule",
        ),
        (
            "InvalidClientTokenId",
            "does not accept Tempus's credentials",
        ),
        ("TooManyRules", "add a listener on another one to the pool"),
        ("Whatever", "AWS refused DeleteRule: no"),
    ] {
        let error = change(Answer::Error(400, code, "no")).await;
        let StepError::Rejected { reason, .. } = &error else {
            panic!("{error:?}")
        };
        assert!(reason.contains(words), "{reason}");
    }
    let passing = change(Answer::Error(400, "ExpiredToken", "old")).await;
    is_transient(&passing, Landed::No);
}

#[tokio::test]
async fn looks_of_one_moment_share_calls_of_ten() {
    let none = serde_json::json!({ "services": [], "failures": [] });
    let script = Script::new()
        .await
        .on("DescribeServices", Answer::Json(none));
    let names: Vec<_> = (0..12).map(|number| format!("s{number}")).collect();
    let looks = names.iter().map(|name| script.tools.services.look(name));
    for look in futures::future::join_all(looks).await {
        assert_eq!(look.unwrap(), None);
    }
    assert_eq!(script.calls().len(), 2);
}

#[tokio::test]
async fn only_missing_is_an_answer() {
    let unclear =
        serde_json::json!({ "services": [], "failures": [{ "arn": "x", "reason": "?" }] });
    is_transient(&read(Answer::Json(unclear)).await, Landed::No);
}
