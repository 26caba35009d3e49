//! Sleep: nothing is put to sleep that somebody uses, and nobody wakes in vain.

use tempus_model::transition::Seen;
use tempus_model::transition::sleep::Idleness;
use tempus_model::transition::turn::Turn;
use tempus_model::{Actor, DeedKind, Phase, PreviewId, Saga, Timestamp, Wakefulness, Work};
use tokio::task::JoinSet;

use super::Harness;
use super::world::{World, at};
use crate::{Filter, WriteError};

/// A preview that was ready a second after the beginning, and may be idle a minute later.
async fn sleeper(world: &World) -> (PreviewId, Timestamp) {
    let preview = world.created("app").await.preview;
    let mut hand = world.claim(preview, at(1)).await;
    hand.saga.sleep = "1m".parse().ok();
    let settle = hand.settle(at(1)).await;
    world.ports.store.settle(&settle).await.unwrap();
    (preview, at(61))
}

/// Looks and finds nobody; whether that was written.
async fn dozes(world: &World, preview: PreviewId, now: Timestamp) -> bool {
    let version = world.row(preview).await.version;
    let dozed = world
        .ports
        .store
        .doze(preview, version, Idleness::Idle, now);
    dozed.await.unwrap()
}

async fn phases(world: &World, phase: Phase) -> usize {
    let filter = Filter {
        phases: vec![phase],
        ..Filter::default()
    };
    let page = world.ports.store.list(&filter, None, 10).await.unwrap();
    page.items.len()
}

/// It is due when it may be idle, found by its phase when it sleeps, and made due once by however
/// many want it.
pub async fn an_idle_preview_sleeps_and_is_woken_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let (preview, idle) = sleeper(&world).await;
    assert_eq!(world.row(preview).await.due_at, Some(idle));
    assert!(!dozes(&world, preview, at(60)).await, "too early");
    assert!(dozes(&world, preview, idle).await);
    assert_eq!(store.due(idle, 10).await.unwrap(), [preview]);
    world.settle(preview, idle).await;
    assert_eq!(
        (
            phases(&world, Phase::Asleep).await,
            phases(&world, Phase::Ready).await
        ),
        (1, 0)
    );

    let now = at(100);
    let mut visits = JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        visits.spawn(async move { store.rouse(preview, Actor::Visitor, now).await.unwrap() });
    }
    let roused = visits.join_all().await;
    assert_eq!(roused.into_iter().filter(|roused| *roused).count(), 1);
    assert_eq!(world.row(preview).await.work(now), Work::SleepOrWake);
    world.settle(preview, now).await;
    assert_eq!(
        (
            phases(&world, Phase::Asleep).await,
            phases(&world, Phase::Ready).await
        ),
        (0, 1)
    );
    assert_eq!(store.jobs(preview, 10).await.unwrap().len(), 1, "no job");
    let told = store.deeds(preview, 10).await.unwrap();
    let told: Vec<_> = told.into_iter().map(|deed| (deed.what, deed.by)).collect();
    let woken = (DeedKind::Woken, Actor::Visitor);
    assert_eq!(told, [woken, (DeedKind::Slept, Actor::Worker)]);
}

/// Whatever was written since somebody looked, the look is about another row.
pub async fn a_look_at_another_row_puts_nobody_to_sleep(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let (preview, idle) = sleeper(&world).await;
    let looked_at = world.row(preview).await.version;
    assert!(store.rouse(preview, Actor::Visitor, idle).await.unwrap());
    let dozed = store.doze(preview, looked_at, Idleness::Idle, idle).await;
    assert!(!dozed.unwrap());
    let row = world.row(preview).await;
    assert_eq!(
        (row.wakefulness, row.due_at),
        (Wakefulness::Awake, Some(at(121)))
    );

    let version = row.version;
    let again = Idleness::LookAgain(at(500));
    assert!(store.doze(preview, version, again, at(121)).await.unwrap());
    assert_eq!(world.row(preview).await.due_at, Some(at(500)));
}

/// A request that comes while its preview is put to sleep turns that round.
pub async fn who_is_roused_is_not_settled_asleep(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let (preview, idle) = sleeper(&world).await;
    assert!(dozes(&world, preview, idle).await);
    let mut hand = world.claim(preview, idle).await;
    assert!(store.rouse(preview, Actor::Visitor, idle).await.unwrap());
    let settle = hand.settle(idle).await;
    let Err(WriteError::Moved(row)) = store.settle(&settle).await else {
        panic!("settled as asleep, though somebody wants to use it");
    };
    hand.row = *row;
    let turn = Turn {
        checkpoint: hand.write(idle),
        next: Saga {
            wakefulness: Wakefulness::Awake,
            ..hand.saga.clone()
        },
        left: None,
        seen: Seen::of(&hand.row),
        now: idle,
    };
    hand.turned(&turn).await.unwrap();
    let settle = hand.settle(idle).await;
    store.settle(&settle).await.unwrap();
    let row = world.row(preview).await;
    assert_eq!(
        (row.phase(), row.wakefulness),
        (Phase::Ready, Wakefulness::Awake)
    );
}
