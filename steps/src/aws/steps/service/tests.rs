//! What no emulator does to a service.

use serde_json::{Value, json};

use super::calls::token;
use super::*;
use crate::aws::testing::{Answer, Script, TestCtx};

fn planned() -> ServicePlan {
    ServicePlan {
        name: "name".into(),
        service: "web".parse().unwrap(),
        family: "family-2".into(),
        port: 80,
        target_group: None,
        mesh: None,
        wakefulness: Wakefulness::Awake,
        tasks: None,
    }
}

fn service(status: &str) -> Value {
    json!({ "serviceName": "name", "serviceArn": "arn", "status": status, "desiredCount": 1,
            "taskDefinition": "arn:x:task-definition/family-1:3", "createdAt": 1_700_000_000.5 })
}

fn described(status: &str) -> Answer {
    Answer::Json(json!({ "services": [service(status)], "failures": [] }))
}

fn refused(code: &'static str, message: &'static str) -> Answer {
    Answer::Error(400, code, message)
}

fn made() -> Answer {
    Answer::Json(json!({ "service": service("ACTIVE") }))
}

#[test]
fn a_token_is_fixed_by_preview_service_and_generation() {
    let mut ctx = TestCtx::new();
    let first = token(&ctx, &planned(), None);
    assert!(first.len() <= 36, "what ECS takes");
    assert_eq!(first, token(&ctx, &planned(), None));
    ctx.generation = ctx.generation.next();
    assert_ne!(first, token(&ctx, &planned(), None));
}

#[tokio::test]
async fn the_clean_path_is_one_call() {
    let script = Script::new().await.on("CreateService", made());
    let step = Service(Arc::clone(&script.tools));
    let done = step.execute(&TestCtx::new(), &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(_))), "{done:?}");
    assert_eq!(script.calls(), ["CreateService"]);
    let body: Value = serde_json::from_str(&script.bodies("CreateService")[0]).unwrap();
    assert_eq!(body["taskDefinition"], "family-2");
    let breaker = &body["deploymentConfiguration"]["deploymentCircuitBreaker"];
    assert_eq!(
        (&breaker["enable"], &breaker["rollback"]),
        (&json!(true), &json!(true))
    );
    let network = &body["networkConfiguration"]["awsvpcConfiguration"];
    assert_eq!(network["assignPublicIp"], "DISABLED");
}

/// The count that a create or an update asks for.
fn asked(script: &Script, operation: &str) -> Value {
    let body: Value = serde_json::from_str(&script.bodies(operation)[0]).unwrap();
    body["desiredCount"].clone()
}

#[tokio::test]
async fn as_many_tasks_run_as_planned_and_what_runs_by_load_is_left_alone() {
    for (tasks, at_first, later) in [
        (None, json!(1), json!(1)),
        (Some(Tasks::Fixed(3)), json!(3), json!(3)),
        (Some(Tasks::ByLoad), json!(1), Value::Null),
    ] {
        let script = Script::new()
            .await
            .on("CreateService", made())
            .on("UpdateService", made());
        let (step, ctx) = (Service(Arc::clone(&script.tools)), TestCtx::new());
        let planned = ServicePlan { tasks, ..planned() };
        let done = step.execute(&ctx, &planned, None).await;
        let Ok(Progress::Done(output)) = done else {
            panic!("{done:?}")
        };
        drop(step.execute(&ctx, &planned, Some(&output)).await.unwrap());
        assert_eq!(asked(&script, "CreateService"), at_first, "{tasks:?}");
        assert_eq!(asked(&script, "UpdateService"), later, "{tasks:?}");
    }
}

#[tokio::test]
async fn a_name_that_still_drains_is_waited_for() {
    for message in [
        "Unable to Start a service that is still Draining.",
        "Creation of service was not idempotent.",
    ] {
        let script = Script::new()
            .await
            .on(
                "CreateService",
                refused("InvalidParameterException", message),
            )
            .on("DescribeServices", described("DRAINING"));
        let step = Service(Arc::clone(&script.tools));
        let done = step.execute(&TestCtx::new(), &planned(), None).await;
        assert!(matches!(done, Ok(Progress::Wait { .. })), "{done:?}");
    }
}

#[tokio::test]
async fn what_exists_already_is_taken_and_moved() {
    let exists = refused("ClientException", "Creation of service was not idempotent.");
    let script = Script::new()
        .await
        .on("CreateService", exists)
        .on("DescribeServices", described("ACTIVE"))
        .on("UpdateService", made());
    let step = Service(Arc::clone(&script.tools));
    let done = step.execute(&TestCtx::new(), &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(_))), "{done:?}");
    assert!(script.bodies("UpdateService")[0].contains("family-2"));
}

#[tokio::test]
async fn one_that_was_removed_behind_our_back_is_made_anew_with_another_token() {
    let script = Script::new()
        .await
        .on(
            "UpdateService",
            refused("ServiceNotActiveException", "inactive"),
        )
        .on("DescribeServices", described("INACTIVE"))
        .on("CreateService", made());
    let (step, ctx) = (Service(Arc::clone(&script.tools)), TestCtx::new());
    let output = ServiceOutput {
        arn: "arn".into(),
        port: 80,
        wakefulness: Wakefulness::Awake,
    };
    let done = step.execute(&ctx, &planned(), Some(&output)).await;
    assert!(matches!(done, Ok(Progress::Done(_))), "{done:?}");
    let body: Value = serde_json::from_str(&script.bodies("CreateService")[0]).unwrap();
    assert_ne!(body["clientToken"], token(&ctx, &planned(), None));
}

#[tokio::test]
async fn a_delete_is_done_when_its_tasks_have_stopped() {
    let busy = refused("InvalidParameterException", "deployments are active.");
    let draining = Answer::Json(json!({ "service": service("DRAINING") }));
    let script = Script::new()
        .await
        .on("DescribeServices", described("ACTIVE"))
        .on("DescribeServices", described("ACTIVE"))
        .on("DescribeServices", described("DRAINING"))
        .on("DescribeServices", described("INACTIVE"))
        .on("DeleteService", busy)
        .on("DeleteService", draining);
    let (step, ctx) = (Service(Arc::clone(&script.tools)), TestCtx::new());
    for _ in 0..3 {
        let going = step.compensate(&ctx, &planned(), None).await;
        assert!(matches!(going, Ok(Progress::Wait { .. })), "{going:?}");
    }
    let gone = step.compensate(&ctx, &planned(), None).await;
    assert_eq!(gone, Ok(Progress::Done(())));
    assert!(script.bodies("DeleteService")[0].contains("\"force\":true"));
}

#[tokio::test]
async fn a_public_service_comes_after_its_private_siblings() {
    let missing = json!({ "services": [], "failures": [{ "arn": "db", "reason": "MISSING" }] });
    let script = Script::new()
        .await
        .on("DescribeServices", Answer::Json(missing));
    let step = Service(Arc::clone(&script.tools));
    let mut planned = planned();
    planned.mesh = Some(Mesh {
        security_group: "group".into(),
        dns_name: "web-1".into(),
        after: vec!["db".into()],
    });
    let waits = step.execute(&TestCtx::new(), &planned, None).await;
    assert!(matches!(waits, Ok(Progress::Wait { .. })), "{waits:?}");
    assert_eq!(script.calls(), ["DescribeServices"]);
}

#[tokio::test]
async fn what_is_known_to_be_there_is_deleted_without_a_look_and_then_looked_at() {
    let described = |status: &str| {
        Answer::Json(json!({ "services": [{
            "serviceName": "name", "serviceArn": "arn", "status": status }] }))
    };
    let draining = json!({ "service": { "serviceName": "name", "status": "DRAINING" } });
    let script = Script::new()
        .await
        .on("DeleteService", Answer::Json(draining))
        .on("DescribeServices", described("DRAINING"))
        .on("DescribeServices", described("INACTIVE"));
    let (step, planned) = (Service(Arc::clone(&script.tools)), planned());
    let made = planned.made("arn".into());
    let mut ctx = TestCtx::new();
    for _ in 0..2 {
        let going = step.compensate(&ctx, &planned, Some(&made)).await;
        assert!(matches!(going, Ok(Progress::Wait { .. })), "{going:?}");
        // The second attempt comes later.
        ctx.since = ctx.since.before(AT_ONCE);
    }
    let gone = step.compensate(&ctx, &planned, Some(&made)).await;
    assert_eq!(gone, Ok(Progress::Done(())));
    assert_eq!(
        script.calls(),
        ["DeleteService", "DescribeServices", "DescribeServices"]
    );
}

#[tokio::test]
async fn who_doubts_looks_before_it_deletes() {
    let gone = json!({ "services": [], "failures": [{ "arn": "name", "reason": "MISSING" }] });
    let script = Script::new()
        .await
        .on("DescribeServices", Answer::Json(gone));
    let (step, planned) = (Service(Arc::clone(&script.tools)), planned());
    let made = planned.made("arn".into());
    let mut ctx = TestCtx::new();
    ctx.trust = Trust::Suspect;
    let done = step.compensate(&ctx, &planned, Some(&made)).await;
    assert_eq!(done, Ok(Progress::Done(())));
    assert_eq!(script.calls(), ["DescribeServices"]);
}
