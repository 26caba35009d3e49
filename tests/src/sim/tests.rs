//! What the simulation brought to light, each by itself.

use std::time::Duration;

use tempus_engine::Store;
use tempus_steps::sim::{Item, Kind};

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
