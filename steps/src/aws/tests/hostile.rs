//! A listing that shifts, and resources that are somebody else's.

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, ProtocolEnum, RuleCondition, Tag, TargetTypeEnum,
};

use super::world::World;
use crate::Ctx;
use crate::Platform;
use crate::aws::options::ListenerMode;
use crate::aws::testing::{Emulator, Kind, Strict, service, spec};

#[tokio::test]
async fn a_rule_that_is_listed_twice_is_one() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let mut world = World::new(strict.endpoint(), ListenerMode::Path).await;
    let services = vec![
        service("web", 80, Some("/")),
        service("api", 81, Some("/api")),
    ];
    world.converge(&spec(services)).await.unwrap();
    strict.shift_pages();
    assert_eq!(world.strays().await, []);
    let installation = world.ctx.installation();
    let listed = world.platform.inventory(installation).await.unwrap();
    let mut rules: Vec<_> = listed
        .iter()
        .filter(|stray| stray.resource.kind == "rule")
        .map(|stray| (&stray.resource.name, &stray.resource.revision))
        .collect();
    rules.sort();
    rules.dedup();
    assert_eq!(rules.len(), 2, "{rules:?}");
    assert!(rules.iter().all(|(_, revision)| revision.is_none()));
    world.unwind().await.unwrap();
    assert_eq!(strict.rules(), 0);
}

/// The same preview id, as in a copy of a store, and the same listener.
#[tokio::test]
async fn what_is_another_installation_s_is_no_stray() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let mut world = World::new(strict.endpoint(), ListenerMode::Path).await;
    world
        .converge(&spec(vec![service("web", 80, Some("/"))]))
        .await
        .unwrap();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let tags = vec![
        tag("Name", "theirs"),
        tag("tempus:installation", "0000beef"),
        tag("tempus:preview", &world.ctx.identity.id.to_string()),
    ];
    let elb = &world.client.elb;
    let group = elb
        .create_target_group()
        .name("tempus-0000beef-theirs-web")
        .protocol(ProtocolEnum::Http)
        .port(80)
        .target_type(TargetTypeEnum::Ip)
        .vpc_id(&world.options.vpc_id)
        .set_tags(Some(tags.clone()));
    let group = group.send().await.unwrap().target_groups.unwrap();
    let forward = Action::builder()
        .r#type(ActionTypeEnum::Forward)
        .target_group_arn(group[0].target_group_arn().unwrap());
    let path = RuleCondition::builder()
        .field("path-pattern")
        .values("/theirs/*");
    let rule = elb
        .create_rule()
        .listener_arn(&world.options.listeners[0].listener_arn)
        .priority(900)
        .conditions(path.build())
        .actions(forward.build())
        .set_tags(Some(tags));
    // The stand-in gives the first priority that anybody asks for to a stranger, once.
    rule.send().await.unwrap();
    assert_eq!(strict.rules(), 2);
    for _ in 0..4 {
        // Tags come late, and then they are there.
        assert_eq!(world.strays().await, []);
    }
    world.unwind().await.unwrap();
    assert_eq!(world.strays().await, []);
    assert_eq!(strict.rules(), 1);
}
