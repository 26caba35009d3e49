//! What the simulation brought to light, each by itself.

use std::time::Duration;

use tempus_engine::Store;
use tempus_model::{PreviewId, Row};
use tempus_steps::sim::{Habits, Item, Kind};

use super::{World, spec};

const LONG: Duration = Duration::from_hours(3);

/// A frozen worker's call makes a rule after that rule was compensated. The target group that it
/// leads to cannot go as long as it is there, and it is in no ledger.
#[tokio::test(start_paused = true)]
async fn what_is_in_the_way_of_a_removal_goes_before_a_person_is_asked() {
    let mut world = World::new(None);
    world.start_successor();
    let made = world.create("app", spec(&[("web", "1")]), LONG).await;
    let preview = made.unwrap().preview;
    world.until_rest(preview, LONG).await.unwrap();

    let things = world.cloud.truth();
    let group = things.iter().find(|thing| thing.kind == Kind::TargetGroup);
    let group = group.unwrap();
    let mut rule = Item::found(Kind::Rule, "late", group.tags);
    rule.number = group.number + 1000;
    rule.needs = Some(group.name.clone());
    world.cloud.put(rule);

    let now = world.now();
    assert!(world.store().doubt(preview, now).await.unwrap());
    world.destroy(preview).await.unwrap();
    world.until_rest(preview, LONG).await.unwrap();
    world.check_gone(preview).await.unwrap();
}

/// How long the cloud leaves a service alone that it will tell of.
const TOLD_WITHIN: Duration = Duration::from_secs(40);

/// A preview whose service starts, in a cloud that says when it has.
async fn starting() -> (World, PreviewId, Row) {
    let habits = Habits {
        tells_within: Some(TOLD_WITHIN),
        ..Habits::default()
    };
    let mut world = World::with(habits, None);
    world.start_successor();
    let made = world.create("app", spec(&[("web", "1")]), LONG).await;
    let preview = made.unwrap().preview;
    world.pass(preview, Duration::from_secs(2)).await;
    let row = world.get(preview).await.row;
    assert!(row.lease.is_none(), "it is waited for: {row:?}");
    (world, preview, row)
}

#[tokio::test(start_paused = true)]
async fn a_look_that_an_event_makes_needless_is_sent_no_hint() {
    let (mut world, preview, row) = starting().await;
    let depth = world.engine.queue().depth().await.unwrap();
    assert_eq!([depth.visible, depth.in_flight, depth.delayed], [0, 0, 0]);
    world.pass(preview, Duration::from_secs(3)).await;
    world.event(preview).await;
    world.until_rest(preview, LONG).await.unwrap();
    let settled = world.get(preview).await.row.settled.at;
    assert!(settled < row.due_at.unwrap(), "the event woke it");
}

#[tokio::test(start_paused = true)]
async fn should_the_event_be_lost_the_reminder_has_it_looked_at() {
    let (mut world, preview, row) = starting().await;
    world.until_rest(preview, LONG).await.unwrap();
    let late = row
        .due_at
        .unwrap()
        .until(world.get(preview).await.row.settled.at);
    assert!(late <= Duration::from_secs(65), "{late:?} after it was due");
}

/// The first look at the service is waited for with the lease held.
#[tokio::test(start_paused = true)]
async fn an_event_that_meets_a_lease_is_kept_in_hand_and_looks_again() {
    let mut world = World::new(None);
    world.in_place = Duration::from_hours(1);
    world.start_successor();
    let made = world.create("app", spec(&[("web", "1")]), LONG).await;
    let preview = made.unwrap().preview;
    world.pass(preview, Duration::from_secs(2)).await;
    assert!(world.get(preview).await.row.lease.is_some());
    world.event(preview).await;
    world.pass(preview, Duration::from_millis(500)).await;
    let depth = world.engine.queue().depth().await.unwrap();
    assert_eq!([depth.visible, depth.in_flight, depth.delayed], [0, 2, 0]);
    world.until_rest(preview, LONG).await.unwrap();
    world.pass(preview, Duration::from_secs(6)).await;
    let depth = world.engine.queue().depth().await.unwrap();
    assert_eq!(
        [depth.visible, depth.in_flight],
        [0, 0],
        "it has done its work"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waits_for_a_place_is_received_once() {
    let habits = Habits {
        start: Duration::from_secs(110),
        ..Habits::default()
    };
    let mut world = World::with(habits, None);
    world.in_place = Duration::from_hours(1);
    world.budgets.builds = 1;
    world.start_successor();
    for name in ["app", "other"] {
        let made = world.create(name, spec(&[("web", "1")]), LONG).await;
        let preview = made.unwrap().preview;
        world.pass(preview, Duration::from_secs(45)).await;
    }
    world.end_workers();
    let (queue, mut receives) = (world.engine.queue(), Vec::new());
    loop {
        let received = queue.receive(10, Duration::from_mins(2)).await.unwrap();
        if received.is_empty() {
            break;
        }
        for message in received {
            receives.push(message.receives);
            queue.delete(&[message.handle]).await.unwrap();
        }
    }
    assert_eq!(receives, [2, 2], "once by the worker, and now");
}
