//! What no emulator does to a task definition.

use serde_json::json;

use super::*;
use crate::Landed;
use crate::aws::testing::{Answer, Script, TestCtx, service, spec};

fn planned(ctx: &TestCtx) -> TaskDefinitionPlan {
    let spec = spec(vec![service("web", 80, Some("/"))]);
    TaskDefinitionPlan {
        family: "family".into(),
        service: "web".parse().unwrap(),
        spec: ctx.request(&spec).spec_id,
    }
}

fn listed(arns: &[&str]) -> Answer {
    Answer::Json(json!({ "taskDefinitionArns": arns }))
}

#[tokio::test]
async fn a_lost_answer_is_in_doubt_and_then_looked_for() {
    let mut ctx = TestCtx::new();
    let found = json!({ "taskDefinition": {
        "taskDefinitionArn": "arn:x:task-definition/family:7", "status": "ACTIVE" } });
    let broken = Answer::Error(500, "ServerException", "oops");
    let script = Script::new()
        .await
        .on("RegisterTaskDefinition", broken)
        .on("DescribeTaskDefinition", Answer::Json(found));
    let (step, planned) = (TaskDefinition(Arc::clone(&script.tools)), planned(&ctx));
    let lost = step.execute(&ctx, &planned, None).await.unwrap_err();
    let StepError::Transient { landed, .. } = lost else {
        panic!("{lost:?}")
    };
    assert_eq!(landed, Landed::Unknown);
    ctx.trust = Trust::Suspect;
    let done = step.execute(&ctx, &planned, None).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn.ends_with(":7")));
    assert_eq!(script.bodies("RegisterTaskDefinition").len(), 1);
}

/// Taken for the family's own, the late one would stay and the one in use would go.
#[tokio::test]
async fn one_that_came_late_does_not_replace_the_one_that_is_known() {
    let active = |number: u32| {
        Answer::Json(json!({ "taskDefinition": {
            "taskDefinitionArn": format!("a/family:{number}"), "status": "ACTIVE" } }))
    };
    let script = Script::new().await.on("DescribeTaskDefinition", active(1));
    let mut ctx = TestCtx::new();
    ctx.trust = Trust::Suspect;
    let step = TaskDefinition(Arc::clone(&script.tools));
    let known = TaskDefinitionOutput {
        arn: "a/family:1".into(),
    };
    let done = step.execute(&ctx, &planned(&ctx), Some(&known)).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn == known.arn));
    let asked = script.bodies("DescribeTaskDefinition");
    assert!(asked[0].contains("family:1"), "{asked:?}");

    // One that is not there any more is replaced by what is.
    let gone = "Unable to describe task definition.";
    let script = Script::new()
        .await
        .on(
            "DescribeTaskDefinition",
            Answer::Error(400, "ClientException", gone),
        )
        .on("DescribeTaskDefinition", active(2));
    let step = TaskDefinition(Arc::clone(&script.tools));
    let done = step.execute(&ctx, &planned(&ctx), Some(&known)).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn.ends_with(":2")));
}

#[tokio::test]
async fn one_that_is_known_is_deregistered_and_deleted_and_no_more() {
    let script = Script::new()
        .await
        .on("DeregisterTaskDefinition", Answer::Json(json!({})))
        .on("DeleteTaskDefinitions", Answer::Json(json!({})));
    let ctx = TestCtx::new();
    let step = TaskDefinition(Arc::clone(&script.tools));
    let output = TaskDefinitionOutput {
        arn: "arn:x/family:1".into(),
    };
    let done = step.compensate(&ctx, &planned(&ctx), Some(&output)).await;
    assert_eq!(done, Ok(Progress::Done(())));
    let calls = ["DeregisterTaskDefinition", "DeleteTaskDefinitions"];
    assert_eq!(script.calls(), calls);
}

#[tokio::test]
async fn without_an_output_every_revision_of_the_family_goes_and_no_other() {
    let inactive = "The specified task definition is inactive.";
    let script = Script::new()
        .await
        .on(
            "ListTaskDefinitions",
            listed(&["a/family:1", "a/family-2:1"]),
        )
        .on("ListTaskDefinitions", listed(&["a/family:2"]))
        .on(
            "DeregisterTaskDefinition",
            Answer::Error(400, "ClientException", inactive),
        )
        .on("DeleteTaskDefinitions", Answer::Json(json!({})));
    let ctx = TestCtx::new();
    let step = TaskDefinition(Arc::clone(&script.tools));
    let done = step.compensate(&ctx, &planned(&ctx), None).await;
    assert_eq!(done, Ok(Progress::Done(())));
    let deleted = json!({ "taskDefinitions": ["a/family:1", "a/family:2"] });
    assert_eq!(
        script.bodies("DeleteTaskDefinitions"),
        [deleted.to_string()]
    );
}

#[tokio::test]
async fn those_of_many_previews_go_in_one_call_and_each_hears_of_its_own() {
    let failed = json!({ "failures": [
        { "arn": "a/2:1", "reason": "ACTIVE" }, { "arn": "a/3:1", "reason": "NOT_FOUND" }] });
    let script = Script::new()
        .await
        .on("DeregisterTaskDefinition", Answer::Json(json!({})))
        .on("DeleteTaskDefinitions", Answer::Json(failed));
    let delete = |arn: &str| delete_revisions(&script.tools, BTreeSet::from([arn.to_owned()]));
    let (one, two, three) = tokio::join!(delete("a/1:1"), delete("a/2:1"), delete("a/3:1"));
    assert_eq!([one, three], [Ok(()), Ok(())]);
    assert!(matches!(two, Err(StepError::Transient { .. })), "{two:?}");
    assert_eq!(script.bodies("DeleteTaskDefinitions").len(), 1);
}

#[tokio::test]
async fn what_aws_refuses_of_one_is_not_held_against_the_others() {
    let refusal = Answer::Error(400, "ClientException", "a/1:1 is no task definition");
    let script = Script::new()
        .await
        .on("DeregisterTaskDefinition", Answer::Json(json!({})))
        .on("DeleteTaskDefinitions", refusal.clone())
        .on("DeleteTaskDefinitions", refusal)
        .on("DeleteTaskDefinitions", Answer::Json(json!({})));
    let arns = ["a/1:1", "a/2:1"].map(str::to_owned);
    let delete = |arn: &String| delete_revisions(&script.tools, BTreeSet::from([arn.clone()]));
    let (one, two) = tokio::join!(delete(&arns[0]), delete(&arns[1]));
    let refused = [&one, &two]
        .iter()
        .filter(|outcome| matches!(outcome, Err(StepError::Rejected { .. })))
        .count();
    assert_eq!(refused, 1, "{one:?} {two:?}");
    assert_eq!(script.bodies("DeleteTaskDefinitions").len(), 3);
}
