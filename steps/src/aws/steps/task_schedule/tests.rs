//! What no emulator does to a schedule.

use serde_json::{Value, json};

use super::*;
use crate::aws::testing::{Answer, Script, TestCtx};

const DEFINITION: &str = "arn:aws:ecs:us-east-1:1:task-definition/family-1:1";

fn planned() -> TaskSchedulePlan {
    TaskSchedulePlan {
        name: "name".into(),
        group: "group".into(),
        expression: "rate(5 minutes)".into(),
        family: "family-1".into(),
        role: "arn:aws:iam::1:role/tasks".into(),
    }
}

async fn script() -> Script {
    let described =
        json!({ "taskDefinition": { "taskDefinitionArn": DEFINITION, "status": "ACTIVE" } });
    let script = Script::new().await;
    script.on("DescribeTaskDefinition", Answer::Json(described))
}

fn made() -> Answer {
    Answer::Json(json!({ "ScheduleArn": "arn" }))
}

fn stands(expression: &str, definition: &str) -> Answer {
    Answer::Json(json!({
        "Arn": "arn", "Name": "name", "GroupName": "group", "State": "ENABLED",
        "ScheduleExpression": expression,
        "Target": {
            "Arn": "arn:aws:ecs:us-east-1:1:cluster/previews", "RoleArn": planned().role,
            "EcsParameters": { "TaskDefinitionArn": definition },
        },
    }))
}

#[tokio::test]
async fn a_task_is_run_as_a_service_is() {
    let script = script().await.on("CreateSchedule", made());
    let step = TaskSchedule(Arc::clone(&script.tools));
    let done = step.execute(&TestCtx::new(), &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(_))), "{done:?}");
    assert_eq!(script.calls(), ["DescribeTaskDefinition", "CreateSchedule"]);
    let body: Value = serde_json::from_str(&script.bodies("CreateSchedule")[0]).unwrap();
    assert_eq!(
        (
            &body["ScheduleExpression"],
            &body["ScheduleExpressionTimezone"]
        ),
        (&json!("rate(5 minutes)"), &json!("UTC"))
    );
    let target = &body["Target"];
    assert_eq!(target["Arn"], "arn:aws:ecs:us-east-1:1:cluster/previews");
    let task = &target["EcsParameters"];
    assert_eq!(task["TaskDefinitionArn"], DEFINITION);
    assert_eq!(task["PropagateTags"], "TASK_DEFINITION");
    let network = &task["NetworkConfiguration"]["awsvpcConfiguration"];
    assert_eq!(
        (&network["SecurityGroups"], &network["AssignPublicIp"]),
        (&json!(["sg-1"]), &json!("DISABLED"))
    );
    // What could not be started in time is not started later.
    assert_eq!(target["RetryPolicy"]["MaximumEventAgeInSeconds"], 60);
}

#[tokio::test]
async fn one_that_stands_as_planned_is_left_alone_and_another_is_changed() {
    let conflict = Answer::Error(409, "ConflictException", "it exists");
    let mut ctx = TestCtx::new();
    for (expression, definition, changes) in [
        ("rate(5 minutes)", DEFINITION, false),
        ("rate(6 minutes)", DEFINITION, true),
        (
            "rate(5 minutes)",
            "arn:aws:ecs:us-east-1:1:task-definition/family-0:1",
            true,
        ),
    ] {
        for trust in [Trust::Trusted, Trust::Suspect] {
            ctx.trust = trust;
            let script = script()
                .await
                .on("CreateSchedule", conflict.clone())
                .on("GetSchedule", stands(expression, definition))
                .on("UpdateSchedule", made());
            let step = TaskSchedule(Arc::clone(&script.tools));
            let done = step.execute(&ctx, &planned(), None).await;
            assert!(matches!(done, Ok(Progress::Done(_))), "{done:?}");
            let changed = script.calls().contains(&"UpdateSchedule".to_owned());
            assert_eq!(changed, changes, "{expression} {definition} {trust:?}");
        }
    }
}

#[tokio::test]
async fn one_that_is_gone_is_removed_and_made_again() {
    let gone = Answer::Error(404, "ResourceNotFoundException", "no such schedule");
    let script = script()
        .await
        .on("DeleteSchedule", gone.clone())
        .on("GetSchedule", gone)
        .on("CreateSchedule", made());
    let (step, mut ctx) = (TaskSchedule(Arc::clone(&script.tools)), TestCtx::new());
    let removed = step.compensate(&ctx, &planned(), None).await;
    assert_eq!(removed, Ok(Progress::Done(())));
    ctx.trust = Trust::Suspect;
    let done = step.execute(&ctx, &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(_))), "{done:?}");
}
