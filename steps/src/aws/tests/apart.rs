//! What some previews have and most do not: a schedule, a log group of their own.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::DesiredStatus;
use tempus_model::Ledger;

use super::world::World;
use crate::aws::listing;
use crate::aws::options::ListenerMode;
use crate::aws::testing::{Emulator, Kind, Strict, service, spec, worker};
use crate::{Platform, Trust};

async fn world() -> World {
    World::new(Emulator::shared().endpoint(), ListenerMode::Path).await
}

#[tokio::test]
async fn a_scheduled_worker_runs_by_its_schedule_and_its_tasks_end_with_it() {
    for strict in [false, true] {
        let emulator = Emulator::start(Kind::Ministack);
        let account = Strict::over(emulator.endpoint()).await;
        let endpoint = if strict {
            account.endpoint()
        } else {
            emulator.endpoint()
        };
        let mut world = World::new(endpoint, ListenerMode::Path).await;
        world.ctx.identity.route = None;
        let mut wanted = worker("*/5 3-7 * * 1-5");
        world.converge(&wanted).await.unwrap();
        let all = ["task-definition", "task-schedule"];
        assert_eq!(world.kinds().await, all);
        assert!(world.strays().await.is_empty());
        let resources = world.platform.resources(&world.ledger);
        assert!(resources.contains_key("task_schedule_arn"), "{resources:?}");

        // A run of it, as the schedule begins one.
        run(&world, &world.family(&wanted)).await;
        assert!(world.strays().await.is_empty(), "it is to run");
        let old = world.family(&wanted);
        wanted.services[0].image = Some("registry/app:2".into());
        world.ctx.generation = world.ctx.generation.next();
        world.converge(&wanted).await.unwrap();
        assert_eq!(world.kinds().await, all, "the old definition is gone");
        assert_eq!(running(&world, &old).await, 0, "and what ran of it");
        assert!(world.strays().await.is_empty());

        run(&world, &world.family(&wanted)).await;
        let known = world.ledger.clone();
        world.unwind().await.unwrap();
        assert_eq!(world.kinds().await, [""; 0]);
        assert_eq!(running(&world, &world.family(&wanted)).await, 0);
        assert!(world.strays().await.is_empty() && world.ledger.is_empty());

        // A dead worker's schedule comes late, and has run the task.
        let late = known
            .entries()
            .iter()
            .find(|e| e.step.kind() == "task-definition");
        let definition = world.platform.step("task-definition").unwrap();
        let planned = late.unwrap().planned.clone();
        drop(
            definition
                .execute(&world.ctx, &planned, None)
                .await
                .unwrap(),
        );
        let late = known
            .entries()
            .iter()
            .find(|e| e.step.kind() == "task-schedule");
        let schedule = world.platform.step("task-schedule").unwrap();
        let planned = late.unwrap().planned.clone();
        drop(schedule.execute(&world.ctx, &planned, None).await.unwrap());
        run(&world, &world.family(&wanted)).await;
        let strays = world.strays().await;
        let kinds: BTreeSet<_> = strays.iter().map(|of| of.resource.kind.as_str()).collect();
        assert_eq!(kinds, ["task", "task-definition", "task-schedule"].into());
        world.remove_strays().await;
        assert_eq!(running(&world, &world.family(&wanted)).await, 0);
    }
}

#[tokio::test]
async fn a_preview_that_says_how_long_has_a_log_group_of_its_own() {
    let mut world = world().await;
    let mut wanted = spec(vec![service("web", 8080, Some("/"))]);
    wanted.log_retention_days = Some(3);
    world.converge(&wanted).await.unwrap();
    let kinds = world.kinds().await;
    assert!(kinds.contains(&"log-group".to_owned()), "{kinds:?}");
    assert!(world.strays().await.is_empty());
    assert_eq!(kept(&world).await, [3]);
    wanted.log_retention_days = Some(7);
    world.ctx.generation = world.ctx.generation.next();
    world.converge(&wanted).await.unwrap();
    assert_eq!(kept(&world).await, [7]);

    // A worker that knows nothing of it finds it; and what nobody knows is removed.
    let known = world.ledger.clone();
    (world.ledger, world.ctx.trust) = (Ledger::default(), Trust::Suspect);
    world.converge(&wanted).await.unwrap();
    world.ledger = Ledger::default();
    world.remove_strays().await;
    assert!(kept(&world).await.is_empty());
    (world.ledger, world.ctx.trust) = (known, Trust::Trusted);
    world.unwind().await.unwrap();
    assert_eq!(world.kinds().await, [""; 0]);
}

/// For how many days the lines of the preview's log groups are kept.
async fn kept(world: &World) -> Vec<i32> {
    let id = world.ctx.identity.id.uuid().simple().to_string();
    let listed = world.client.logs.describe_log_groups();
    let listed = listed.log_group_name_prefix(&world.options.log_group);
    let groups = listed.send().await.unwrap();
    let groups = groups.log_groups().iter();
    let ours = groups.filter(|group| group.log_group_name().unwrap().contains(&id[8..]));
    ours.map(|group| group.retention_in_days().unwrap())
        .collect()
}

async fn run(world: &World, family: &str) {
    let request = world.client.ecs.run_task().cluster(&world.options.cluster);
    request.task_definition(family).send().await.unwrap();
    assert_eq!(running(world, family).await, 1);
}

async fn running(world: &World, family: &str) -> usize {
    let running = DesiredStatus::Running;
    let tasks = listing::tasks(world.platform.tools(), family, &running).await;
    tasks.unwrap().len()
}
