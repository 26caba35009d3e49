//! What a life costs in calls: the account's request rates are shared by everything in it.

use serde_json::{Value, json};

use super::world::World;
use crate::Ctx;
use crate::aws::actions;
use crate::aws::names::Names;
use crate::aws::testing::{Answer, Script, TestCtx, service, spec};

const GROUP: &str =
    "<TargetGroups><member><TargetGroupArn>tg</TargetGroupArn></member></TargetGroups>";
const RULE: &str = "<Rules><member><RuleArn>rule</RuleArn></member></Rules>";
const HEALTHY: &str = "<TargetHealthDescriptions><member><TargetHealth><State>healthy</State>\
    </TargetHealth></member></TargetHealthDescriptions>";

#[tokio::test]
async fn a_life_of_one_service_stays_within_its_share() {
    let (ctx, wanted) = (TestCtx::new(), spec(vec![service("web", 80, Some("/"))]));
    let names = Names {
        installation: crate::Ctx::installation(&ctx),
        preview: ctx.identity.id,
    };
    let name = names.service(&wanted.services[0].name);
    let definition = "arn:x:task-definition/FAMILY:1";
    let seen = |status: &str| json!({ "serviceName": name, "serviceArn": "arn", "status": status });
    let up = |family: &str| {
        let mut up = seen("ACTIVE");
        let at = definition.replace("FAMILY", family);
        up["deployments"] = json!([{ "status": "PRIMARY", "taskDefinition": at, "desiredCount": 1,
            "runningCount": 1, "rolloutState": "COMPLETED" }]);
        up
    };
    let described = |service: Value| Answer::Json(json!({ "services": [service] }));
    let script = Script::new().await;
    let mut world = World::scripted(&script, ctx).await;
    let family = world.family(&wanted);
    let script = script
        .on("CreateTargetGroup", Answer::Xml(GROUP))
        .on("ModifyTargetGroupAttributes", Answer::Xml(""))
        .on(
            "RegisterTaskDefinition",
            Answer::Json(json!({ "taskDefinition": {
            "taskDefinitionArn": definition.replace("FAMILY", &family) } })),
        )
        .on("CreateRule", Answer::Xml(RULE))
        .on(
            "CreateService",
            Answer::Json(json!({ "service": up(&family) })),
        )
        .on("DescribeServices", described(up(&family)))
        .on("DescribeTargetHealth", Answer::Xml(HEALTHY))
        .on("DescribeServices", described(seen("INACTIVE")))
        .on(
            "DeleteService",
            Answer::Json(json!({ "service": seen("DRAINING") })),
        )
        .on("DeleteRule", Answer::Xml(""))
        .on("DeleteTargetGroup", Answer::Xml(""))
        .on("DeregisterTaskDefinition", Answer::Json(json!({})))
        .on("DeleteTaskDefinitions", Answer::Json(json!({})));
    world.converge(&wanted).await.unwrap();
    let made = script.calls().len();
    world.ctx.since = world.ctx.now();
    world.unwind().await.unwrap();
    let calls = script.calls();
    assert_eq!((made, calls.len()), (7, 13), "{calls:#?}");

    let count = |names: &[&str]| {
        let ours = calls.iter().filter(|call| names.contains(&call.as_str()));
        ours.count()
    };
    let balancer = [
        "CreateTargetGroup",
        "ModifyTargetGroupAttributes",
        "CreateRule",
        "DeleteRule",
        "DeleteTargetGroup",
    ];
    assert_eq!(count(&balancer), 5, "refilled with 3 a second");
    let definitions = ["RegisterTaskDefinition", "DeregisterTaskDefinition"];
    assert_eq!(count(&definitions), 2, "refilled with 1 a second");
    // Nothing is called that the roles' policies are not made from.
    let known: Vec<_> = actions().map(|action| action.operation).collect();
    assert!(calls.iter().all(|call| known.contains(&call.as_str())));
}
