//! Alarms: each posts its hint once, around its time.

use std::time::Duration;

use tempus_model::{Hint, PreviewId, Timestamp, resource_name};
use uuid::Uuid;

use super::Harness;
use super::world::World;
use crate::{Alarm, TimerError, TraceContext};

/// The name that a plan would give an alarm: a preview's are listed by what they begin with.
fn named(world: &World, preview: PreviewId, name: &str) -> String {
    resource_name(world.ports.store.installation(), preview, name, 64)
}

fn alarm(world: &World, name: &str, from_now: Duration) -> Alarm {
    let preview = PreviewId::new(Uuid::new_v4());
    Alarm {
        name: named(world, preview, name),
        preview,
        fires_at: world.ports.clock.now().after(from_now),
        set_by: None,
    }
}

/// What fired, when, and what had set it.
type Fired = (PreviewId, Timestamp, Option<String>);

/// Receives until `bound` after `time` and says which alarms fired.
async fn fired(world: &World, time: Timestamp, bound: Duration) -> Vec<Fired> {
    let mut fired = Vec::new();
    loop {
        let left = world.ports.clock.now().until(time.after(bound));
        if left.is_zero() {
            return fired;
        }
        for message in world.ports.queue.receive(10, left).await.unwrap() {
            let now = world.ports.clock.now();
            match Hint::decode(&message.body).unwrap() {
                Hint::Expire {
                    preview, set_by, ..
                } => fired.push((preview, now, set_by)),
                other => panic!("{other:?}"),
            }
            world.ports.queue.delete(&[message.handle]).await.unwrap();
        }
    }
}

/// Not earlier and not later than the engine promises.
pub async fn an_alarm_fires_within_the_bound(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let bound = harness.timer_bound();
    // By now whatever waits for alarms waits.
    tokio::time::sleep(harness.tick()).await;
    let set = alarm(&world, "one", bound * 2);
    world.ports.timer.set(&set).await.unwrap();
    let fired = fired(&world, set.fires_at, bound).await;
    let [(preview, when, None)] = fired[..] else {
        panic!("{fired:?}")
    };
    assert_eq!(preview, set.preview);
    assert!(
        when.after(bound) >= set.fires_at,
        "{when} is too early for {}",
        set.fires_at
    );
}

/// Setting it again, as a step that is repeated does, changes nothing, whatever sets it.
pub async fn an_alarm_that_is_set_twice_fires_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let bound = harness.timer_bound();
    let set = alarm(&world, "one", bound);
    for set_by in [Some("1".repeat(16)), None, Some("2".repeat(16))] {
        let set_by = set_by.and_then(|span| {
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
            TraceContext::parse(&format!("00-{trace}-{span}-01"), None)
        });
        let again = Alarm {
            set_by,
            ..set.clone()
        };
        world.ports.timer.set(&again).await.unwrap();
    }
    let listed = world.ports.timer.list(set.preview).await.unwrap();
    assert_eq!(listed, [&*set.name]);
    let fired = fired(&world, set.fires_at, bound * 2).await;
    let [(_, _, Some(set_by))] = &fired[..] else {
        panic!("{fired:?}")
    };
    assert!(set_by.contains(&"1".repeat(16)), "{set_by}");
}

/// Cleared, it is gone; clearing what is not there, or has fired, is no error.
pub async fn a_cleared_alarm_does_not_fire(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let bound = harness.timer_bound();
    let timer = &world.ports.timer;
    let cleared = alarm(&world, "cleared", bound);
    let kept = alarm(&world, "kept", bound);
    timer.set(&cleared).await.unwrap();
    timer.set(&kept).await.unwrap();
    timer.clear(&cleared.name).await.unwrap();
    let never_set = named(&world, cleared.preview, "never-set");
    timer.clear(&never_set).await.unwrap();
    let fired = fired(&world, kept.fires_at, bound).await;
    assert_eq!(
        fired
            .iter()
            .map(|(preview, ..)| *preview)
            .collect::<Vec<_>>(),
        [kept.preview]
    );
    timer.clear(&kept.name).await.unwrap();
}

/// The list shows what stands for one preview.
pub async fn alarms_are_listed_until_they_fire(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let bound = harness.timer_bound();
    let timer = &world.ports.timer;
    let old = alarm(&world, "old", bound);
    let new = Alarm {
        name: named(&world, old.preview, "new"),
        fires_at: old.fires_at.after(Duration::from_hours(1)),
        preview: old.preview,
        set_by: None,
    };
    timer.set(&old).await.unwrap();
    timer.set(&new).await.unwrap();
    timer
        .set(&alarm(&world, "other", bound * 1000))
        .await
        .unwrap();
    let mut names = timer.list(old.preview).await.unwrap();
    names.sort();
    assert_eq!(names, [&*new.name, &*old.name]);
    assert_eq!(fired(&world, old.fires_at, bound).await.len(), 1);
    assert_eq!(timer.list(old.preview).await.unwrap(), [&*new.name]);
    timer.clear(&new.name).await.unwrap();
    assert!(timer.list(old.preview).await.unwrap().is_empty());
}

/// Late is better than never.
pub async fn an_alarm_in_the_past_fires_at_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let now = world.ports.clock.now();
    let late = Alarm {
        fires_at: Timestamp::from_millis(now.millis() - 60_000),
        ..alarm(&world, "late", Duration::ZERO)
    };
    world.ports.timer.set(&late).await.unwrap();
    assert_eq!(fired(&world, now, harness.timer_bound()).await.len(), 1);
}

/// A name that stands for another alarm is refused: trying again would not help.
pub async fn a_name_means_one_alarm(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let timer = &world.ports.timer;
    let set = alarm(&world, "one", Duration::from_hours(1));
    timer.set(&set).await.unwrap();
    let other = Alarm {
        fires_at: set.fires_at.after(Duration::from_secs(1)),
        ..set.clone()
    };
    let refused = timer.set(&other).await;
    assert!(
        matches!(refused, Err(TimerError::Rejected(_))),
        "{refused:?}"
    );
    timer.clear(&set.name).await.unwrap();
}
