//! What no emulator does to a rule.

use tempus_model::{Access, PasswordHash};

use super::*;
use crate::aws::tags::PREVIEW;
use crate::aws::testing::{Answer, Script, TestCtx, options};
use crate::gate::GateKeys;

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
        access: None,
        pool: "priority/a1".into(),
        priorities: (10, 20),
    }
}

async fn script() -> Script {
    let script = Script::new().await;
    script.tools.arns.set("group", "tg");
    script
}

/// The same, of those who may see it.
fn protected(access: &Access) -> RulePlan {
    RulePlan {
        access: Some(access.version()),
        ..planned()
    }
}

/// The rule `ours`, as `DescribeRules` gives it, demanding a capability.
fn demanding(capability: &str) -> Answer {
    let demand = format!(
        "<Conditions><member><Field>http-header</Field><HttpHeaderConfig><HttpHeaderName>cookie\
         </HttpHeaderName><Values><member>*{capability}*</member></Values></HttpHeaderConfig>\
         </member>"
    );
    Answer::Xml(LISTED.replace("<Conditions>", &demand).leak())
}

fn capability(script: &Script, ctx: &TestCtx, access: &Access) -> String {
    let keys = script.tools.options.gate.as_ref().unwrap();
    keys.capability(&ctx.identity.id.to_string(), access.version())
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

#[tokio::test]
async fn a_protected_preview_s_rule_demands_what_no_row_holds() {
    let ctx = TestCtx::new();
    let script = script().await.on("CreateRule", Answer::Xml(MADE));
    let step = Rule(Arc::clone(&script.tools));
    let planned = protected(&Access::Link);
    let done = step.execute(&ctx, &planned, None).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn == "made"));
    let capability = capability(&script, &ctx, &Access::Link);
    let body = &script.bodies("CreateRule")[0];
    for part in [
        "Conditions.member.1.Field=host-header",
        "Conditions.member.2.Field=http-header",
        "Conditions.member.2.HttpHeaderConfig.HttpHeaderName=Cookie",
        &format!("HttpHeaderConfig.Values.member.1=%2A{capability}%2A"),
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    let row = serde_json::to_string(&planned).unwrap();
    assert!(!row.contains(&capability), "{row}");
}

#[tokio::test]
async fn a_rule_is_taken_for_ours_only_if_it_demands_what_ours_does() {
    let mut ctx = TestCtx::new();
    ctx.trust = Trust::Suspect;
    let group = "<TargetGroups><member><TargetGroupArn>tg</TargetGroupArn>\
                 <TargetGroupName>group</TargetGroupName></member></TargetGroups>";
    let password = Access::Password(PasswordHash::new("$argon2id$".into()));
    let script = script().await;
    let [link, other] = [&Access::Link, &password].map(|of| capability(&script, &ctx, of));
    let open = Answer::Xml(LISTED);
    for (listed, planned, found) in [
        (open.clone(), planned(), true),
        (open, protected(&Access::Link), false),
        (demanding(&link), protected(&Access::Link), true),
        (demanding(&link), protected(&password), false),
        (demanding(&link), planned(), false),
        (demanding(&other), protected(&Access::Link), false),
    ] {
        let script = Script::new().await;
        let script = script
            .on("DescribeTargetGroups", Answer::Xml(group))
            .on("DescribeRules", listed)
            .on("DescribeTags", tagged(&ctx))
            .on("CreateRule", Answer::Xml(MADE));
        let step = Rule(Arc::clone(&script.tools));
        let done = step.execute(&ctx, &planned, None).await;
        let expected = if found { "ours" } else { "made" };
        assert!(
            matches!(&done, Ok(Progress::Done(output)) if output.arn == expected),
            "{planned:?}: {done:?}"
        );
    }
}

#[tokio::test]
async fn a_rule_of_before_a_rotation_is_ours_and_is_moved_to_the_new_key() {
    let mut ctx = TestCtx::new();
    ctx.trust = Trust::Suspect;
    let old = script().await;
    let demanded = capability(&old, &ctx, &Access::Link);
    let mut options = options();
    let keys = format!("{} {}", "n".repeat(32), "k".repeat(32));
    options.gate = GateKeys::parse(&keys).ok();
    let group = "<TargetGroups><member><TargetGroupArn>tg</TargetGroupArn>\
                 <TargetGroupName>group</TargetGroupName></member></TargetGroups>";
    let script = Script::with(options).await;
    let script = script
        .on("DescribeTargetGroups", Answer::Xml(group))
        .on("DescribeRules", demanding(&demanded))
        .on("DescribeTags", tagged(&ctx))
        .on("ModifyRule", Answer::Xml(""));
    let step = Rule(Arc::clone(&script.tools));
    let done = step.execute(&ctx, &protected(&Access::Link), None).await;
    assert!(matches!(done, Ok(Progress::Done(output)) if output.arn == "ours"));
    let now = capability(&script, &ctx, &Access::Link);
    assert!(now != demanded && script.bodies("ModifyRule")[0].contains(&now));
}

#[tokio::test]
async fn without_a_key_nothing_is_opened_and_everything_can_be_removed() {
    let ctx = TestCtx::new();
    let mut options = options();
    let of = |options: &crate::aws::AwsOptions| {
        let keys = options.gate.clone().unwrap();
        keys.capability(&ctx.identity.id.to_string(), Access::Link.version())
    };
    let demanded = of(&options);
    options.gate = None;
    let script = Script::with(options).await;
    script.tools.arns.set("group", "tg");
    let script = script
        .on("DescribeRules", demanding(&demanded))
        .on("DescribeTags", tagged(&ctx))
        .on("DeleteRule", Answer::Xml(""));
    let step = Rule(Arc::clone(&script.tools));
    let planned = protected(&Access::Link);
    let refused = step.execute(&ctx, &planned, None).await.unwrap_err();
    assert!(refused.to_string().contains("TEMPUS_GATE_KEY"), "{refused}");
    assert!(!script.calls().contains(&"CreateRule".to_owned()));
    let gone = step.compensate(&ctx, &planned, None).await;
    assert_eq!(gone, Ok(Progress::Done(())));
    assert_eq!(script.calls().last().unwrap(), "DeleteRule");
}
