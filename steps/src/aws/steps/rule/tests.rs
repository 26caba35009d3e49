//! What no emulator does to a rule.

use super::*;
use crate::aws::tags::PREVIEW;
use crate::aws::testing::{Answer, Script, TestCtx};

const MADE: &str = "<Rules><member><RuleArn>made</RuleArn></member></Rules>";
const LISTED: &str = "<Rules><member><RuleArn>ours</RuleArn><IsDefault>false</IsDefault><Conditions>\
    <member><Field>host-header</Field><HostHeaderConfig><Values><member>h</member></Values>\
    </HostHeaderConfig></member></Conditions><Actions><member><Type>forward</Type>\
    <TargetGroupArn>tg</TargetGroupArn></member></Actions></member></Rules>";
const TAKEN: Answer = Answer::Error(400, "PriorityInUse", "in use");

fn planned() -> RulePlan {
    RulePlan {
        name: "name".into(),
        service: "web".parse().unwrap(),
        listener: "listener".into(),
        target_group: "group".into(),
        condition: Condition::host("h".into(), "/"),
        pool: "priority/a1".into(),
        priorities: (10, 20),
    }
}

async fn script() -> Script {
    let script = Script::new().await;
    script.tools.arns.set("group", "tg");
    script
}

/// The tags of the rule `ours`, as `DescribeTags` gives them.
fn tagged(ctx: &TestCtx) -> Answer {
    let id = ctx.identity.id;
    let body = format!(
        "<TagDescriptions><member><ResourceArn>ours</ResourceArn><Tags><member>\
         <Key>{PREVIEW}</Key><Value>{id}</Value></member></Tags></member></TagDescriptions>"
    );
    Answer::Xml(body.leak())
}

#[tokio::test]
async fn the_clean_path_is_one_call() {
    let script = script().await.on("CreateRule", Answer::Xml(MADE));
    let step = Rule(Arc::clone(&script.tools));
    let done = step.execute(&TestCtx::new(), &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn == "made"));
    assert_eq!(script.calls(), ["CreateRule"]);
    assert!(script.bodies("CreateRule")[0].contains("Priority=10"));
}

#[tokio::test]
async fn a_priority_that_is_our_own_rule_s_is_that_rule() {
    let ctx = TestCtx::new();
    let script = script()
        .await
        .on("CreateRule", TAKEN)
        .on("DescribeRules", Answer::Xml(LISTED))
        .on("DescribeTags", tagged(&ctx));
    let step = Rule(Arc::clone(&script.tools));
    let done = step.execute(&ctx, &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn == "ours"));
}

#[tokio::test]
async fn a_priority_that_is_somebody_else_s_is_avoided() {
    let script = script()
        .await
        .on("CreateRule", TAKEN)
        .on("CreateRule", Answer::Xml(MADE))
        .on("DescribeRules", Answer::Xml(LISTED))
        .on("DescribeTags", tagged(&TestCtx::new()));
    let step = Rule(Arc::clone(&script.tools));
    let done = step.execute(&TestCtx::new(), &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn == "made"));
    assert!(script.bodies("CreateRule")[1].contains("Priority=11"));
}

#[tokio::test]
async fn what_may_have_been_made_is_looked_for_and_led_to_our_group() {
    let mut ctx = TestCtx::new();
    ctx.trust = Trust::Suspect;
    let group = "<TargetGroups><member><TargetGroupArn>new</TargetGroupArn>\
                 <TargetGroupName>group</TargetGroupName></member></TargetGroups>";
    let script = script()
        .await
        .on("DescribeTargetGroups", Answer::Xml(group))
        .on("DescribeRules", Answer::Xml(LISTED))
        .on("DescribeTags", tagged(&ctx))
        .on("ModifyRule", Answer::Xml(""))
        .on("DeleteRule", Answer::Error(400, "RuleNotFound", "gone"));
    let step = Rule(Arc::clone(&script.tools));
    let done = step.execute(&ctx, &planned(), None).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn == "ours"));
    assert!(script.bodies("ModifyRule")[0].contains("TargetGroupArn=new"));
    let gone = step.compensate(&ctx, &planned(), None).await;
    assert_eq!(gone, Ok(Progress::Done(())));
}
