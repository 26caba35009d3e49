//! What no emulator does to a target group.

use tempus_model::Timestamp;

use super::*;
use crate::aws::testing::{Answer, Script, TestCtx};

const FOUND: &str = "<TargetGroups><member><TargetGroupArn>tg</TargetGroupArn>\
    <TargetGroupName>name</TargetGroupName><VpcId>vpc-1</VpcId><TargetType>ip</TargetType>\
    <HealthCheckPath>/old</HealthCheckPath></member></TargetGroups>";

fn planned() -> TargetGroupPlan {
    TargetGroupPlan {
        name: "name".into(),
        service: "web".parse().unwrap(),
        port: 80,
        health_path: "/new".into(),
    }
}

#[tokio::test]
async fn the_clean_path_is_two_changes_and_no_look() {
    let script = Script::new()
        .await
        .on("CreateTargetGroup", Answer::Xml(FOUND))
        .on("ModifyTargetGroupAttributes", Answer::Xml(""));
    let step = TargetGroup(Arc::clone(&script.tools));
    let done = step.execute(&TestCtx::new(), &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn == "tg"));
    let calls = ["CreateTargetGroup", "ModifyTargetGroupAttributes"];
    assert_eq!(script.calls(), calls);
}

#[tokio::test]
async fn one_with_other_settings_is_taken_and_set_right() {
    let exists = Answer::Error(400, "DuplicateTargetGroupName", "exists");
    let script = Script::new()
        .await
        .on("CreateTargetGroup", exists)
        .on("DescribeTargetGroups", Answer::Xml(FOUND))
        .on("ModifyTargetGroup", Answer::Xml(""))
        .on("ModifyTargetGroupAttributes", Answer::Xml(""));
    let step = TargetGroup(Arc::clone(&script.tools));
    let done = step.execute(&TestCtx::new(), &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn == "tg"));
    assert!(script.bodies("ModifyTargetGroup")[0].contains("HealthCheckPath=%2Fnew"));
}

#[tokio::test]
async fn in_use_is_waited_for_and_not_for_ever() {
    let in_use = Answer::Error(400, "ResourceInUse", "in use");
    let script = Script::new().await.on("DeleteTargetGroup", in_use);
    let step = TargetGroup(Arc::clone(&script.tools));
    let output = TargetGroupOutput {
        arn: "tg".into(),
        health_path: "/".into(),
    };
    let mut ctx = TestCtx::new();
    let kept = step.compensate(&ctx, &planned(), Some(&output)).await;
    assert!(matches!(kept, Ok(Progress::Wait { .. })));
    ctx.since = Timestamp::from_millis(ctx.now().millis() - 121_000);
    let kept = step.compensate(&ctx, &planned(), Some(&output)).await;
    assert!(matches!(kept, Err(StepError::Rejected { .. })));
    assert_eq!(script.calls(), ["DeleteTargetGroup"; 2], "and no look");
}

#[tokio::test]
async fn a_full_quota_is_a_refusal_in_plain_words() {
    let full = Answer::Error(400, "TooManyTargetGroups", "The limit has been reached");
    let script = Script::new().await.on("CreateTargetGroup", full);
    let step = TargetGroup(Arc::clone(&script.tools));
    let refused = step.execute(&TestCtx::new(), &planned(), None).await;
    let Err(StepError::Rejected { reason, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert!(
        reason.contains("quota of target groups is full"),
        "{reason}"
    );
}

/// As when many previews are verified at once.
#[tokio::test]
async fn many_that_are_looked_up_at_once_are_found_in_one_listing() {
    let listed = "<TargetGroups><member><TargetGroupName>g3</TargetGroupName><TargetGroupArn>tg3\
        </TargetGroupArn></member></TargetGroups>";
    let script = Script::new()
        .await
        .on("DescribeTargetGroups", Answer::Xml(listed));
    let found = async |count: usize| {
        let names: Vec<_> = (0..count).map(|number| format!("g{number}")).collect();
        let looks = names
            .iter()
            .map(|name| script.tools.find_target_group(name));
        let found = futures::future::try_join_all(looks).await.unwrap();
        let places = found.iter().enumerate();
        let places = places.filter(|(_, group)| group.is_some());
        places.map(|(place, _)| place).collect::<Vec<_>>()
    };
    assert_eq!(found(8).await, [3]);
    let bodies = script.bodies("DescribeTargetGroups");
    assert_eq!(bodies.len(), 1);
    assert!(!bodies[0].contains("Names"), "{bodies:?}");
    assert_eq!(found(7).await, [3]);
    let by_name = &script.bodies("DescribeTargetGroups")[1..];
    assert_eq!(by_name.len(), 7);
    assert!(by_name.iter().all(|body| body.contains("Names")));
}
