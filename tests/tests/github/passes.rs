//! The pass that needs no webhooks.

use tempus_model::Phase;
use tempus_tests::github::World;

use super::sha;

async fn until_ready(world: &World, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers {
        let name = format!("pr-{number}-shop");
        world
            .until(&name, async |world: &World| {
                world.phase(&name).await == Some(Phase::Ready)
            })
            .await;
    }
    world.until_rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_delivery_told_is_found() {
    let world = World::start().await;
    for number in 1..=5 {
        drop(world.hub.change(number, |pull| pull.sha = sha('a')));
    }
    world.pass().await;
    until_ready(&world, 1..=5).await;
    // Closed, and nobody said so. Two of them go by one pass, at most.
    for number in 1..=3 {
        drop(world.hub.change(number, |pull| pull.open = false));
    }
    world.pass().await;
    world.until_rest().await;
    let mut left = 0;
    for number in 1..=5 {
        let phase = world.phase(&format!("pr-{number}-shop")).await;
        left += u32::from(phase == Some(Phase::Ready));
    }
    assert_eq!(left, 3);
    world.pass().await;
    world.until_rest().await;
    for number in 1..=3 {
        let phase = world.phase(&format!("pr-{number}-shop")).await;
        assert_eq!(phase, Some(Phase::Destroyed), "{number}");
    }
    // Nothing new is no reason to ask about each.
    let before = world.hub.seen();
    world.pass().await;
    world.until_rest().await;
    let after = world.hub.seen();
    assert_eq!(after.pull_reads, before.pull_reads);
    assert!(after.not_modified > before.not_modified);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_or_an_empty_list_is_no_information() {
    let world = World::start().await;
    for number in 1..=4 {
        let opened = world.hub.change(number, |pull| pull.sha = sha('a'));
        world
            .deliver("pull_request", &number.to_string(), &opened)
            .await;
    }
    until_ready(&world, 1..=4).await;
    world.hub.hide_pulls(true);
    let before = world.hub.seen().pull_reads;
    world.pass().await;
    world.until_rest().await;
    assert_eq!(
        world.hub.seen().pull_reads,
        before + 2,
        "asked about, and no more than that"
    );
    world.hub.set_down(true);
    world.pass().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    world.hub.set_down(false);
    world.until_rest().await;
    for number in 1..=4 {
        let phase = world.phase(&format!("pr-{number}-shop")).await;
        assert_eq!(phase, Some(Phase::Ready), "{number}");
    }
    world.stop().await;
}
