//! Slow starts, roll-backs and failures, as ECS tells them.

use serde_json::json;
use tempus_model::Timestamp;

use super::*;
use crate::aws::testing::{Answer, Script, TestCtx, service, spec};

const OURS: &str = "arn:x:task-definition/ours:1";
const OLD: &str = "arn:x:task-definition/old:4";
const BREAKER: &str = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1";

fn planned(ctx: &TestCtx) -> HealthyPlan {
    let spec = spec(vec![service("web", 8080, Some("/"))]);
    HealthyPlan {
        name: "name".into(),
        service: "web".parse().unwrap(),
        family: "ours".into(),
        spec: ctx.request(&spec).spec_id,
        target_group: Some("group".into()),
    }
}

/// What a service is at.
struct At {
    definition: &'static str,
    running: i32,
    failed: i32,
    rollout: &'static str,
    reason: &'static str,
    event: &'static str,
}

/// One task of ours, that has not failed yet.
const STARTING: At = At {
    definition: OURS,
    running: 0,
    failed: 0,
    rollout: "IN_PROGRESS",
    reason: "",
    event: "(service name) has started 1 tasks: (task 77).",
};

impl At {
    fn answer(&self) -> Answer {
        let deployment = json!({
            "status": "PRIMARY", "taskDefinition": self.definition, "desiredCount": 1,
            "runningCount": self.running, "failedTasks": self.failed,
            "rolloutState": self.rollout, "rolloutStateReason": self.reason });
        Answer::Json(json!({ "failures": [], "services": [{
            "serviceName": "name", "serviceArn": "arn", "status": "ACTIVE",
            "taskDefinition": self.definition, "deployments": [deployment],
            "events": [{ "message": self.event }] }] }))
    }

    /// With a task of ours that stopped so, and what it wrote.
    async fn with(&self, stopped: &str, exit_code: Option<i32>) -> Script {
        self.of(&TestCtx::new(), stopped, exit_code).await
    }

    /// The same, of this preview.
    async fn of(&self, ctx: &TestCtx, stopped: &str, exit_code: Option<i32>) -> Script {
        let tasks = json!({ "tasks": [{ "taskArn": "arn:x:task/c/77", "taskDefinitionArn": OURS,
            "stoppedReason": stopped, "createdAt": 1,
            "containers": [{ "exitCode": exit_code }] }] });
        let lines = json!({ "events": [{ "message": "panic: no configuration\n", "timestamp": 5,
            "eventId": "1", "logStreamName": format!("{}/web/77", ctx.identity().id) }] });
        let script = Script::new().await;
        script.tools.arns.set("group", "tg");
        script
            .on("DescribeServices", self.answer())
            .on(
                "ListTasks",
                Answer::Json(json!({ "taskArns": ["arn:x:task/c/77"] })),
            )
            .on("DescribeTasks", Answer::Json(tasks))
            .on("FilterLogEvents", Answer::Json(lines))
    }
}

fn health(state: &str) -> Answer {
    let body = format!(
        "<TargetHealthDescriptions><member><Target><Id>10.0.0.1</Id></Target><TargetHealth>\
         <State>{state}</State></TargetHealth></member></TargetHealthDescriptions>"
    );
    Answer::Xml(body.leak())
}

async fn run(script: &Script, ctx: &TestCtx) -> Result<Progress<()>, StepError> {
    let step = Healthy(Arc::clone(&script.tools));
    step.execute(ctx, &planned(ctx), None).await
}

/// A preview whose service has been waited for this long.
fn waited(seconds: i64) -> TestCtx {
    let mut ctx = TestCtx::new();
    ctx.since = Timestamp::from_millis(ctx.now().millis() - seconds * 1000);
    ctx
}

#[track_caller]
fn is_rejected(outcome: &Result<Progress<()>, StepError>, words: &str) -> Vec<String> {
    let Err(StepError::Rejected { reason, detail }) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reason.contains(words), "{reason:?} does not say {words:?}");
    detail.clone()
}

#[track_caller]
fn waits(outcome: &Result<Progress<()>, StepError>) {
    assert!(matches!(outcome, Ok(Progress::Wait { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_slow_start_is_waited_for_until_the_target_is_healthy() {
    let up = At {
        running: 1,
        ..STARTING
    };
    let script = STARTING
        .with("", None)
        .await
        .on("DescribeServices", up.answer())
        .on("DescribeTargetHealth", Answer::Xml(""))
        .on("DescribeTargetHealth", health("initial"))
        .on("DescribeTargetHealth", health("healthy"));
    let ctx = TestCtx::new();
    for _ in 0..3 {
        waits(&run(&script, &ctx).await);
    }
    assert_eq!(run(&script, &ctx).await, Ok(Progress::Done(())));
    assert!(script.bodies("ListTasks").is_empty(), "nothing failed");
}

#[tokio::test]
async fn a_roll_back_that_completed_is_refused_with_the_application_s_last_words() {
    let at = At {
        definition: OLD,
        running: 1,
        rollout: "COMPLETED",
        reason: BREAKER,
        ..STARTING
    };
    let ctx = TestCtx::new();
    let stopped = "Essential container in task exited";
    let script = at.of(&ctx, stopped, Some(3)).await;
    let outcome = run(&script, &ctx).await;
    let detail = is_rejected(&outcome, "exited with status 3");
    assert_eq!(detail, ["panic: no configuration"]);
}

#[tokio::test]
async fn a_first_deployment_that_ecs_gave_up_is_refused() {
    let at = At {
        failed: 3,
        rollout: "FAILED",
        ..STARTING
    };
    let script = at.with("OutOfMemoryError", Some(137)).await;
    let outcome = run(&script, &TestCtx::new()).await;
    is_rejected(&outcome, "ran out of memory (512 MiB)");
}

#[tokio::test]
async fn an_image_that_does_not_exist_is_refused_before_ecs_gives_up() {
    let at = At {
        failed: 1,
        ..STARTING
    };
    let script = at
        .with("CannotPullContainerError: registry/app:1: not found", None)
        .await;
    let outcome = run(&script, &TestCtx::new()).await;
    is_rejected(&outcome, "the image registry/app:1 does not exist");
}

#[tokio::test]
async fn one_exit_is_left_to_ecs() {
    let at = At {
        failed: 1,
        ..STARTING
    };
    let script = at.with("Essential container in task exited", Some(1)).await;
    waits(&run(&script, &TestCtx::new()).await);
}

#[tokio::test]
async fn a_full_quota_is_refused_at_once() {
    let at = At {
        event: "(service name) was unable to place a task. Reason: You've reached the limit on \
                the number of vCPUs you can run concurrently",
        ..STARTING
    };
    let script = at.with("", None).await;
    let outcome = run(&script, &TestCtx::new()).await;
    is_rejected(&outcome, "quota of vCPUs is full");
}

#[tokio::test]
async fn what_is_never_ready_is_refused_in_time_with_what_it_waited_for() {
    let at = At {
        running: 1,
        event: "(service name) (port 8080) is unhealthy in (target-group tg) due to (reason \
                Health checks failed with these codes: [404])",
        ..STARTING
    };
    let script = at.with("", None).await;
    let script = script.on("DescribeTargetHealth", health("unhealthy"));
    is_rejected(
        &run(&script, &waited(601)).await,
        "GET / on port 8080 answers 404",
    );
}

#[tokio::test]
async fn what_aws_has_no_room_for_is_overdue_and_not_refused() {
    let at = At {
        event: "(service name) was unable to place a task. Reason: Capacity is unavailable at this \
                time",
        ..STARTING
    };
    let script = at.with("", None).await;
    waits(&run(&script, &waited(599)).await);
    let outcome = run(&script, &waited(601)).await;
    let Err(StepError::Overdue { reason, .. }) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reason.contains("no Fargate capacity"), "{reason}");
}

#[tokio::test]
async fn an_older_answer_is_not_taken_for_a_roll_back() {
    let at = At {
        definition: OLD,
        running: 1,
        rollout: "COMPLETED",
        ..STARTING
    };
    let script = at.with("", None).await;
    waits(&run(&script, &TestCtx::new()).await);
    is_rejected(
        &run(&script, &waited(31)).await,
        "somebody moved the service",
    );
}

#[tokio::test]
async fn where_ecs_tells_a_new_service_is_not_asked_about_before_it_does() {
    let up = At {
        running: 1,
        rollout: "COMPLETED",
        ..STARTING
    };
    let (script, ctx) = (up.with("", None).await, TestCtx::new());
    let script = script.on("DescribeTargetHealth", health("healthy"));
    let (heard, other) = (&script.tools.heard, TestCtx::new().identity.id);
    heard.of(other, Instant::now());
    heard.begins("name", Instant::now());
    waits(&run(&script, &ctx).await);
    assert_eq!(script.calls(), [""; 0], "it cannot be ready yet");
    let mut suspect = TestCtx::new();
    suspect.trust = Trust::Suspect;
    drop(run(&script, &suspect).await);
    assert_eq!(
        script.bodies("DescribeServices").len(),
        1,
        "who doubts, looks"
    );
    heard.of(ctx.identity.id, Instant::now());
    assert_eq!(run(&script, &ctx).await, Ok(Progress::Done(())));
}

/// ECS completes a deployment once its targets are healthy. One that was completed before an update
/// of the target group says nothing about it.
#[tokio::test]
async fn targets_are_asked_unless_ecs_completed_the_deployment_since() {
    let completed = |seconds_ago: i64| {
        let at = waited(seconds_ago).since.millis() / 1000;
        let deployment = json!({
            "status": "PRIMARY", "taskDefinition": OURS, "desiredCount": 1, "runningCount": 1,
            "rolloutState": "COMPLETED", "updatedAt": at });
        Answer::Json(json!({ "failures": [], "services": [{
            "serviceName": "name", "serviceArn": "arn", "status": "ACTIVE",
            "taskDefinition": OURS, "deployments": [deployment] }] }))
    };
    let script = Script::new().await;
    script.tools.arns.set("group", "tg");
    let script = script
        .on("DescribeServices", completed(40))
        .on("DescribeServices", completed(10))
        .on("DescribeTargetHealth", health("unhealthy"));
    let ctx = waited(30);
    waits(&run(&script, &ctx).await);
    assert_eq!(script.bodies("DescribeTargetHealth").len(), 1);
    assert_eq!(run(&script, &ctx).await, Ok(Progress::Done(())));
    assert_eq!(script.bodies("DescribeTargetHealth").len(), 1, "not again");
}
