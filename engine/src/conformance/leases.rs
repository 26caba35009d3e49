//! Leases: when one is given, and what an expired one means.

use tempus_model::transition::claim::NoClaim;
use tempus_model::{Actor, FailureKind, Phase};

use super::Harness;
use super::world::{World, at, claim};
use crate::ClaimError;

/// Not due, held, or changed since: no lease, and each says which.
pub async fn a_row_is_claimed_only_when_it_is_due_and_as_it_was_seen(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    let looked_at = world.row(preview).await;
    let answer = store.claim(preview, &claim(&looked_at, at(-1))).await;
    let Err(ClaimError::NoClaim(NoClaim::NotDue(due))) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(due, Some(at(0)));

    store
        .remind(preview, at(1), std::time::Duration::from_mins(1))
        .await
        .unwrap();
    let answer = store.claim(preview, &claim(&looked_at, at(1))).await;
    assert!(
        matches!(answer, Err(ClaimError::NoClaim(NoClaim::Changed))),
        "{answer:?}"
    );

    let hand = world.claim(preview, at(1)).await;
    // 30 s of lease, 2 s of margin.
    let answer = store.claim(preview, &claim(&hand.row, at(32))).await;
    let Err(ClaimError::NoClaim(NoClaim::Held(lease, nonce))) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!((lease.until, nonce), (at(31), hand.row.nonce));
    store
        .claim(preview, &claim(&hand.row, at(33)))
        .await
        .unwrap();
}

/// Whoever claims an expired lease knows that its holder may have died while it was writing.
pub async fn an_expired_lease_is_counted_and_suspected(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    world.claim(preview, at(1)).await;
    let hand = world.claim(preview, at(40)).await;
    assert_eq!((hand.row.attempts, hand.row.suspicion), (1, 1));
    let hand = world.claim(preview, at(80)).await;
    assert_eq!((hand.row.attempts, hand.row.suspicion), (2, 2));
    assert_eq!(hand.saga.started_at, at(1), "the saga goes on");
}

/// Progress shows that the saga does not end its workers. The suspicion stays.
pub async fn a_checkpoint_resets_the_count(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    world.claim(preview, at(1)).await;
    let mut hand = world.claim(preview, at(40)).await;
    hand.checkpoint(at(41)).await.unwrap();
    assert_eq!((hand.row.attempts, hand.row.suspicion), (0, 1));
    let settle = hand.settle(at(42)).await;
    world.ports.store.settle(&settle).await.unwrap();
    let row = world.row(preview).await;
    assert_eq!(
        (row.phase(), row.due_at),
        (Phase::Ready, Some(at(44))),
        "a verify follows"
    );
}

/// A saga that ends its workers again and again stands still until a person looks at it.
pub async fn five_expired_leases_park(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    for attempt in 0..5 {
        world.claim(preview, at(1 + 40 * attempt)).await;
    }
    let row = world.row(preview).await;
    let row = store.claim(preview, &claim(&row, at(300))).await.unwrap();
    assert!(row.lease.is_none());
    assert_eq!(
        row.parked.as_ref().unwrap().failure.kind,
        FailureKind::CrashLoop
    );
    assert_eq!(world.row(preview).await.parked, row.parked, "it is written");
    assert!(store.due(at(301), 10).await.unwrap().is_empty());

    assert!(store.replay(preview, Actor::Worker, at(400)).await.unwrap());
    let hand = world.claim(preview, at(400)).await;
    assert_eq!(hand.row.attempts, 0);
}

/// A lease that was given back was not lost.
pub async fn a_released_lease_is_not_counted(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    for turn in 0..8 {
        let hand = world.claim(preview, at(turn)).await;
        assert_eq!((hand.row.attempts, hand.row.suspicion), (0, 0));
        let write = hand.write(at(turn));
        world
            .ports
            .store
            .wait(&write, hand.seen, at(turn + 1))
            .await
            .unwrap();
    }
}
