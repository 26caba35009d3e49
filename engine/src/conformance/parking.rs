//! Parked sagas: they need a person.

use tempus_model::transition::discard::NoDiscard;
use tempus_model::{Actor, JobStatus, Phase, PreviewId};

use super::Harness;
use super::world::{LIFE, World, at, claim, stuck};
use crate::{DiscardError, Filter, WriteError};

async fn parked(world: &World) -> Vec<PreviewId> {
    let filter = Filter {
        parked: true,
        ..Filter::default()
    };
    let page = world.ports.store.list(&filter, None, 10).await.unwrap();
    page.items.iter().map(|item| item.identity.id).collect()
}

async fn park(world: &World, preview: PreviewId, now: i64) -> Result<(), WriteError> {
    let hand = world.claim(preview, at(now)).await;
    let write = hand.write(at(now));
    world
        .ports
        .store
        .park(&write, hand.seen, stuck(at(now)))
        .await
        .map(drop)
}

/// It is not due, except at its expiry; replayed, it goes on from its place.
pub async fn a_parked_saga_stands_still_until_it_is_replayed(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let accepted = world.created("app").await;
    let preview = accepted.preview;
    park(&world, preview, 1).await.unwrap();
    assert_eq!(parked(&world).await, [preview]);
    assert_eq!(store.due(at(LIFE - 1), 10).await.unwrap(), []);
    assert_eq!(
        store.due(at(LIFE), 10).await.unwrap(),
        [preview],
        "parking keeps nothing alive"
    );
    let job = world
        .job(accepted.job.id)
        .await
        .seen_with(&world.row(preview).await);
    assert_eq!(job.status, JobStatus::Parked);
    assert!(!store.wake(preview, at(2)).await.unwrap());

    assert!(store.replay(preview, Actor::Worker, at(3)).await.unwrap());
    assert_eq!(parked(&world).await, []);
    let hand = world.claim(preview, at(3)).await;
    assert_eq!(hand.saga.started_at, at(1), "the same saga");
    store.settle(&hand.settle(at(4)).await).await.unwrap();
    assert_eq!(world.status(accepted.job.id).await, JobStatus::Succeeded);
}

/// Something else is wanted: that is worth another try.
pub async fn a_destroy_unparks(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    park(&world, preview, 1).await.unwrap();
    world.destroy(preview, at(2)).await;
    assert_eq!(parked(&world).await, []);
    assert_eq!(world.ports.store.due(at(2), 10).await.unwrap(), [preview]);
}

/// Forgetting what owns something would leave that behind.
pub async fn what_owns_something_is_not_discarded(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    let mut hand = world.claim(preview, at(1)).await;
    hand.make("service");
    store
        .park(&hand.write(at(2)), hand.seen, stuck(at(2)))
        .await
        .unwrap();
    let refused = store.discard(preview, Actor::Worker, at(3)).await;
    let Err(DiscardError::NoDiscard(NoDiscard::Owns(steps))) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(steps.len(), 1);
    assert_eq!(parked(&world).await, [preview]);
}

/// The job of the saga fails, and so does one that was accepted while the saga was ending its
/// workers; the quota slot is given back, and the receipt still comes.
pub async fn a_discard_ends_every_open_job(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let created = world.created("app").await;
    let preview = created.preview;
    world.claim(preview, at(1)).await;
    let asked = world.destroy(preview, at(2)).await;
    for attempt in 1..5 {
        world.claim(preview, at(1 + 40 * attempt)).await;
    }
    let row = world.row(preview).await;
    store.claim(preview, &claim(&row, at(400))).await.unwrap();
    assert_eq!(parked(&world).await, [preview]);
    assert_eq!(world.status(asked.job.id).await, JobStatus::Queued);

    store
        .discard(preview, Actor::Worker, at(500))
        .await
        .unwrap();
    assert_eq!(parked(&world).await, []);
    for job in [created.job, asked.job] {
        let job = world.job(job.id).await;
        assert_eq!(
            (job.status, job.finished_at),
            (JobStatus::Failed, Some(at(500)))
        );
    }
    let row = world.row(preview).await;
    assert_eq!(row.phase(), Phase::Failed);
    let verify_at = row.due_at.unwrap();
    assert!(verify_at >= at(500));
    world.prove(preview, verify_at).await;
    assert!(store.receipt(preview).await.unwrap().is_some());
}

/// Doing it twice is harmless.
pub async fn only_what_is_parked_is_replayed_or_discarded(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    assert!(!store.replay(preview, Actor::Worker, at(1)).await.unwrap());
    let refused = store.discard(preview, Actor::Worker, at(1)).await;
    let not_parked = matches!(refused, Err(DiscardError::NoDiscard(NoDiscard::NotParked)));
    assert!(not_parked, "{refused:?}");
    park(&world, preview, 2).await.unwrap();
    assert!(store.replay(preview, Actor::Worker, at(3)).await.unwrap());
    assert!(!store.replay(preview, Actor::Worker, at(4)).await.unwrap());
}
