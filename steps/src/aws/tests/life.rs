//! A preview's life on an emulator, and what is there afterwards.

use std::collections::BTreeSet;

use tempus_model::{Access, Ledger, LedgerEntry, PasswordHash, StepId};

use super::world::World;
use crate::aws::listing;
use crate::aws::options::ListenerMode;
use crate::aws::testing::{Emulator, Kind, service, spec};
use crate::{Ctx, Platform, StepError, Trust};

async fn world() -> World {
    World::new(Emulator::shared().endpoint(), ListenerMode::Path).await
}

#[tokio::test]
async fn one_service_is_made_moved_and_leaves_nothing() {
    let mut world = world().await;
    let mut wanted = spec(vec![service("web", 8080, Some("/"))]);
    world.converge(&wanted).await.unwrap();
    let all = ["rule", "service", "target-group", "task-definition"];
    assert_eq!(world.kinds().await, all);
    assert!(world.strays().await.is_empty());
    let resources = world.platform.resources(&world.ledger);
    for name in [
        "service_arn",
        "target_group_arn",
        "rule_arn",
        "task_definition_arn",
        "schedule",
    ] {
        assert!(resources.contains_key(name), "{name}");
    }

    wanted.services[0].image = Some("registry/app:2".into());
    world.ctx.generation = world.ctx.generation.next();
    world.converge(&wanted).await.unwrap();
    assert_eq!(world.kinds().await, all, "the old definition is gone");
    assert!(world.strays().await.is_empty());

    world.unwind().await.unwrap();
    assert_eq!(world.kinds().await, [""; 0]);
    assert!(world.strays().await.is_empty() && world.ledger.is_empty());
}

/// The rules on the preview's listener: what they demand, and where they lead.
async fn demands(world: &World) -> Vec<BTreeSet<String>> {
    let listener = &world.options.listeners[0].listener_arn;
    let rules = listing::rules(world.platform.tools(), listener, |_| true).await;
    let rules = rules.unwrap().into_iter();
    rules.map(|rule| rule.condition.cookies).collect()
}

#[tokio::test]
async fn another_access_moves_the_rule_and_restarts_nothing() {
    let mut world = world().await;
    let mut wanted = spec(vec![service("web", 8080, Some("/"))]);
    world.converge(&wanted).await.unwrap();
    assert_eq!(demands(&world).await, [BTreeSet::<String>::new()]);
    let outputs = |world: &World| -> Vec<_> {
        let entries = world.ledger.entries().iter();
        let others = entries.filter(|entry| entry.step.kind() != "rule");
        let output = |entry: &LedgerEntry| entry.output.as_ref().map(|o| o.get().to_owned());
        others
            .map(|entry| (entry.step.to_string(), output(entry)))
            .collect()
    };
    let before = outputs(&world);
    let id = world.ctx.identity.id.to_string();
    for access in [
        Access::Link,
        Access::Password(PasswordHash::new("$argon2id$1".into())),
        Access::Password(PasswordHash::new("$argon2id$2".into())),
        Access::Open,
    ] {
        wanted.access = access;
        world.ctx.generation = world.ctx.generation.next();
        world.converge(&wanted).await.unwrap();
        let access = &wanted.access;
        let keys = world.options.gate.clone().unwrap();
        let capability = keys.capability(&id, access.version());
        let demanded = (!access.is_open()).then(|| format!("*{capability}*"));
        let demanded: BTreeSet<_> = demanded.into_iter().collect();
        assert_eq!(
            demands(&world).await,
            [demanded],
            "{access:?}, and no rule beside it"
        );
        assert!(world.strays().await.is_empty());
        assert_eq!(outputs(&world), before, "nothing else was made anew");
        // A worker that knows nothing of the outputs finds the same rule.
        let known = world.ledger.clone();
        (world.ledger, world.ctx.trust) = (Ledger::default(), Trust::Suspect);
        world.converge(&wanted).await.unwrap();
        assert_eq!(demands(&world).await.len(), 1);
        (world.ledger, world.ctx.trust) = (known, Trust::Trusted);
    }
    world.unwind().await.unwrap();
    assert_eq!(world.kinds().await, [""; 0]);
    assert!(demands(&world).await.is_empty());
}

#[tokio::test]
async fn several_services_come_with_a_group_of_their_own() {
    let mut world = World::new(
        Emulator::shared().endpoint(),
        ListenerMode::Host {
            domain: "a1.example.com".into(),
        },
    )
    .await;
    let wanted = spec(vec![
        service("web", 80, Some("/")),
        service("api", 81, Some("/api")),
        service("db", 82, None),
    ]);
    world.converge(&wanted).await.unwrap();
    let kinds = world.kinds().await;
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    let counts = [
        "service",
        "rule",
        "target-group",
        "task-definition",
        "security-group",
    ]
    .map(count);
    assert_eq!(counts, [3, 2, 2, 3, 1]);

    // The database is dropped from the specification.
    let fewer = spec(wanted.services[..2].to_vec());
    world.converge(&fewer).await.unwrap();
    assert!(
        !world
            .ledger
            .entries()
            .iter()
            .any(|entry| entry.step == StepId::of("service", "db"))
    );
    assert!(world.strays().await.is_empty());
    world.unwind().await.unwrap();
    assert_eq!(world.kinds().await, [""; 0]);
}

#[tokio::test]
async fn what_a_suspect_row_finds_is_not_made_again() {
    let mut world = world().await;
    let wanted = spec(vec![service("web", 80, Some("/")), service("db", 82, None)]);
    world.converge(&wanted).await.unwrap();
    let before = world.kinds().await;
    // A worker that knows nothing of the outputs, as after answers that were lost.
    world.ledger = tempus_model::Ledger::default();
    world.ctx.trust = Trust::Suspect;
    world.converge(&wanted).await.unwrap();
    assert_eq!(world.kinds().await, before);
    assert!(world.strays().await.is_empty());

    // Compensation works with no output at all, and twice.
    let plan = world.plan(&wanted);
    world.unwind().await.unwrap();
    for step in plan.iter().flat_map(|stage| &stage.steps) {
        let code = world.platform.step(step.step.kind()).unwrap();
        let planned = step.planned.as_ref().unwrap();
        let done = code.compensate(&world.ctx, planned, None).await.unwrap();
        assert_eq!(done, crate::Progress::Done(()), "{}", step.step);
    }
    assert_eq!(world.kinds().await, [""; 0]);
}

#[tokio::test]
async fn an_audit_finds_and_removes_what_no_ledger_knows() {
    let mut world = world().await;
    let wanted = spec(vec![service("web", 80, Some("/")), service("db", 82, None)]);
    world.converge(&wanted).await.unwrap();
    world.ledger = tempus_model::Ledger::default();
    world.ctx.trust = Trust::Suspect;
    world.remove_strays().await;
    assert_eq!(world.kinds().await, [""; 0]);
    assert!(world.ctx.timers().await.unwrap().is_empty());
}

/// As when the call of a worker that was frozen lands after the unwind: nothing leads to the group,
/// it is in no ledger, and the tagging API does not have it.
#[tokio::test]
async fn a_target_group_that_comes_late_is_found_by_its_name() {
    let world = world().await;
    let plan = world.plan(&spec(vec![service("web", 8080, Some("/"))]));
    let mut steps = plan.iter().flat_map(|stage| &stage.steps);
    let group = steps.find(|step| step.step.kind() == "target-group");
    let planned = group.and_then(|step| step.planned.clone()).unwrap();
    let code = world.platform.step("target-group").unwrap();
    drop(code.execute(&world.ctx, &planned, None).await.unwrap());
    assert_eq!(world.strays().await.len(), 1);
    world.remove_strays().await;
    assert!(world.strays().await.is_empty());
}

#[tokio::test]
async fn a_definition_registered_twice_is_once_too_often() {
    let mut world = world().await;
    let wanted = spec(vec![service("web", 80, Some("/"))]);
    world.converge(&wanted).await.unwrap();
    let twice = world
        .ledger
        .entries()
        .iter()
        .find(|entry| entry.step.kind() == "task-definition");
    let twice = twice.unwrap().clone();
    let code = world.platform.step("task-definition").unwrap();
    // Trusted and without an output, it does not look.
    drop(
        code.execute(&world.ctx, &twice.planned, None)
            .await
            .unwrap(),
    );
    let strays = world.strays().await;
    assert_eq!(strays.len(), 1);
    assert!(strays[0].resource.revision.is_some());
    drop(world.platform.remove(&world.ctx, &strays[0]).await.unwrap());
    assert!(world.strays().await.is_empty());
    assert_eq!(
        world.kinds().await.len(),
        4,
        "the one that runs is still there"
    );
}

#[tokio::test]
async fn moto_refuses_and_is_understood() {
    let moto = Emulator::start(Kind::Moto);
    let mut world = World::new(moto.endpoint(), ListenerMode::Path).await;
    let wanted = spec(vec![service("web", 80, Some("/"))]);
    let plan = world.plan(&wanted);
    // Somebody else has the priority that would be reserved.
    let first = 128 * (50_000 / 129) + 1;
    let listener = &world.options.listeners[0].listener_arn;
    let foreign = world
        .client
        .elb
        .create_rule()
        .listener_arn(listener)
        .priority(first);
    let foreign = foreign
        .conditions(
            aws_sdk_elasticloadbalancingv2::types::RuleCondition::builder()
                .field("path-pattern")
                .values("/somebody")
                .build(),
        )
        .actions(
            aws_sdk_elasticloadbalancingv2::types::Action::builder()
                .r#type(aws_sdk_elasticloadbalancingv2::types::ActionTypeEnum::FixedResponse)
                .fixed_response_config(
                    aws_sdk_elasticloadbalancingv2::types::FixedResponseActionConfig::builder()
                        .status_code("404")
                        .build(),
                )
                .build(),
        );
    foreign.send().await.unwrap();
    for stage in plan.iter().filter(|stage| stage.rank < 5) {
        for step in &stage.steps {
            let planned = step.planned.clone().unwrap();
            let generation = world.ctx.generation;
            world
                .ledger
                .enter(&step.step, stage.rank, planned.clone(), generation);
            let code = world.platform.step(step.step.kind()).unwrap();
            let done = code.execute(&world.ctx, &planned, None).await;
            let crate::Progress::Done(output) = done.unwrap() else {
                panic!("{} waits", step.step)
            };
            world.ledger.finish(&step.step, output);
        }
    }
    assert_eq!(world.kinds().await.len(), 4);
    // In use, until its rule is gone.
    let group = world
        .ledger
        .entries()
        .iter()
        .find(|entry| entry.step.kind() == "target-group");
    let group = group.unwrap().clone();
    let code = world.platform.step("target-group").unwrap();
    let kept = code
        .compensate(&world.ctx, &group.planned, group.output.as_deref())
        .await;
    assert!(matches!(kept, Ok(crate::Progress::Wait { .. })), "{kept:?}");
    world.unwind().await.unwrap();
    assert_eq!(world.kinds().await, [""; 0]);

    let mut wrong = world.options.clone();
    wrong.cluster = "no-such-cluster".into();
    let wrong = crate::aws::AwsPlatform::new(wrong).await.unwrap();
    let refused = wrong.inventory(world.ctx.installation()).await.unwrap_err();
    assert!(
        matches!(&refused, StepError::Rejected { reason, .. } if reason.contains("cluster")),
        "{refused:?}"
    );
}
