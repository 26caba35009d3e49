//! Who may write: the holder of the lease, each write once, and only while nothing else is wanted
//! may it let go.

use tempus_model::transition::Fence;
use tempus_model::{Actor, Phase, Row};
use tokio::task::JoinSet;

use super::Harness;
use super::world::{Hand, LEASE, LIFE, World, at, claim, stuck, update};
use crate::{Extended, WriteError};

/// Many workers claim one row as they all saw it: one gets it.
pub async fn of_many_claims_one_wins(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    let row = world.row(preview).await;
    let mut claims = JoinSet::new();
    for _ in 0..32 {
        let (store, claim) = (world.ports.store.clone(), claim(&row, at(1)));
        claims.spawn(async move { store.claim(preview, &claim).await });
    }
    let answers = claims.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.row(preview).await.epoch, row.epoch.next());
}

/// A row as it is stored, to see that nothing was written.
async fn stored(world: &World, row: &Row) -> String {
    serde_json::to_string(&world.row(row.preview).await).unwrap()
}

/// Tries every write of a holder and says how each went.
async fn every_write(world: &World, hand: &Hand<'_>, now: i64) -> Vec<Result<Row, WriteError>> {
    let store = &world.ports.store;
    let (write, seen) = (hand.write(at(now)), hand.seen);
    vec![
        store.renew(&hand.fence(), at(now + 30)).await,
        store.checkpoint(&write).await,
        store.turn(&hand.turn_round(at(now))).await,
        store.wait(&write, seen, at(now + 5)).await,
        store.park(&write, seen, stuck(at(now))).await,
        store.settle(&hand.settle(at(now)).await).await,
        store.vouch(&hand.vouch(None, at(now))).await,
    ]
}

/// Once another has claimed the row, its old holder writes nothing.
pub async fn a_claim_that_was_lost_writes_nothing(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    let old = world.claim(preview, at(1)).await;
    let new = world.claim(preview, at(40)).await;
    let before = stored(&world, &new.row).await;
    for (write, answer) in every_write(&world, &old, 41).await.into_iter().enumerate() {
        assert!(
            matches!(answer, Err(WriteError::Lost)),
            "write {write}: {answer:?}"
        );
    }
    assert_eq!(stored(&world, &new.row).await, before);
}

/// A fence with the right epoch and another nonce, or with a number out of turn, is refused.
pub async fn a_write_out_of_sequence_is_refused(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    let mut hand = world.claim(preview, at(1)).await;
    let first = hand.write(at(2));
    hand.checkpoint(at(2)).await.unwrap();
    hand.checkpoint(at(3)).await.unwrap();
    let before = stored(&world, &hand.row).await;
    let right = hand.fence();
    let wrong = [
        first.fence,
        Fence {
            wseq: right.wseq + 1,
            ..right
        },
        Fence {
            epoch: right.epoch.next(),
            ..right
        },
        Fence {
            nonce: tempus_model::Nonce(right.nonce.0 ^ 1),
            ..right
        },
    ];
    for fence in wrong {
        let mut write = hand.write(at(4));
        write.fence = fence;
        let answer = world.ports.store.checkpoint(&write).await;
        assert!(
            matches!(answer, Err(WriteError::Lost)),
            "{fence:?}: {answer:?}"
        );
        let answer = world.ports.store.renew(&fence, at(99)).await;
        assert!(
            matches!(answer, Err(WriteError::Lost)),
            "{fence:?}: {answer:?}"
        );
    }
    assert_eq!(stored(&world, &hand.row).await, before);
}

/// The answer was lost, so the same write comes again: it succeeds and changes nothing.
pub async fn a_repeated_checkpoint_is_recognised(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    let mut hand = world.claim(preview, at(1)).await;
    hand.make("service");
    let write = hand.write(at(2));
    hand.checkpoint(at(2)).await.unwrap();
    let before = stored(&world, &hand.row).await;
    let again = store.checkpoint(&write).await.unwrap();
    assert_eq!(again.version, hand.row.version);
    let renewal = hand.fence();
    hand.row = store.renew(&renewal, at(50)).await.unwrap();
    store.renew(&renewal, at(50)).await.unwrap();
    assert_ne!(stored(&world, &hand.row).await, before);
    assert_eq!(world.row(preview).await.wseq, renewal.wseq);
}

/// The same for the writes that give the lease back, and for a turn.
pub async fn a_repeated_release_is_recognised(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;

    let hand = world.claim(preview, at(1)).await;
    let wait = hand.write(at(2));
    for _ in 0..2 {
        let row = store.wait(&wait, hand.seen, at(5)).await.unwrap();
        assert_eq!((row.due_at, row.wseq), (Some(at(5)), wait.fence.wseq));
    }
    let hand = world.claim(preview, at(5)).await;
    let park = hand.write(at(6));
    for _ in 0..2 {
        let row = store.park(&park, hand.seen, stuck(at(6))).await.unwrap();
        assert!(row.parked.is_some());
    }
    store.replay(preview, Actor::Worker, at(7)).await.unwrap();
    let hand = world.claim(preview, at(7)).await;
    let settle = hand.settle(at(8)).await;
    for _ in 0..2 {
        let row = store.settle(&settle).await.unwrap();
        assert_eq!(row.phase(), Phase::Ready);
    }
    store.update(update(preview, 2, at(9))).await.unwrap();
    let mut hand = world.claim(preview, at(9)).await;
    store.update(update(preview, 3, at(10))).await.unwrap();
    hand.checkpoint(at(10)).await.unwrap();
    let turn = hand.turn(at(11)).await;
    let (first, again) = (
        store.turn(&turn).await.unwrap(),
        store.turn(&turn).await.unwrap(),
    );
    assert_eq!(first.version, again.version);
    hand.turned(&turn).await.unwrap();
    store.settle(&hand.settle(at(12)).await).await.unwrap();

    store.doubt(preview, at(13)).await.unwrap();
    let hand = world.claim(preview, at(13)).await;
    let vouch = hand.vouch(None, at(14));
    for _ in 0..2 {
        assert_eq!(store.vouch(&vouch).await.unwrap().suspicion, 0);
    }
}

/// A repeat is recognised by its claim: after another claim it is too late.
pub async fn a_repeat_after_another_claim_is_refused(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    let hand = world.claim(preview, at(1)).await;
    let wait = hand.write(at(2));
    world
        .ports
        .store
        .wait(&wait, hand.seen, at(5))
        .await
        .unwrap();
    world.claim(preview, at(5)).await;
    let answer = world.ports.store.wait(&wait, hand.seen, at(5)).await;
    assert!(matches!(answer, Err(WriteError::Lost)), "{answer:?}");
}

/// A checkpoint and a renewal do not ask what is wanted: they tell.
pub async fn what_was_made_is_recorded_whatever_is_wanted(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    let mut hand = world.claim(preview, at(1)).await;
    store
        .extend(preview, Extended::To(at(LIFE + 60)), Actor::Worker, at(2))
        .await
        .unwrap();
    hand.row = store.renew(&hand.fence(), at(40)).await.unwrap();
    assert_eq!(hand.row.expires_at, at(LIFE + 60));
    world.destroy(preview, at(3)).await;
    hand.make("service");
    hand.checkpoint(at(4)).await.unwrap();
    assert_eq!(hand.row.generation, hand.saga.generation.next());
    assert!(!hand.row.desired.is_present());
    assert_eq!(world.row(preview).await.ledger, hand.ledger);
}

/// A release or a turn requires that nothing else has been wanted since, by generation and by
/// expiry, and encloses the row as it stands.
pub async fn a_release_requires_what_was_seen(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    for (name, what) in [("a", "destroy"), ("b", "extend"), ("c", "update")] {
        let preview = world.created(name).await.preview;
        let hand = world.claim(preview, at(1)).await;
        match what {
            "destroy" => drop(world.destroy(preview, at(2)).await),
            "extend" => {
                let longer = Extended::To(at(LIFE + 60));
                store
                    .extend(preview, longer, Actor::Worker, at(2))
                    .await
                    .unwrap();
            }
            _ => drop(store.update(update(preview, 2, at(2))).await.unwrap()),
        }
        let before = stored(&world, &hand.row).await;
        let (write, seen) = (hand.write(at(3)), hand.seen);
        let answers = [
            store.wait(&write, seen, at(5)).await,
            store.park(&write, seen, stuck(at(3))).await,
            store.settle(&hand.settle(at(3)).await).await,
            store.turn(&hand.turn_round(at(3))).await,
            store.vouch(&hand.vouch(None, at(3))).await,
        ];
        for answer in answers {
            let Err(WriteError::Moved(row)) = answer else {
                panic!("after {what}: {answer:?}");
            };
            assert_eq!(serde_json::to_string(&*row).unwrap(), before);
        }
        assert_eq!(stored(&world, &hand.row).await, before);
    }
}

/// An older renewal that arrives late takes nothing away.
pub async fn a_renewal_never_shortens_a_lease(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    let mut hand = world.claim(preview, at(1)).await;
    hand.row = world
        .ports
        .store
        .renew(&hand.fence(), at(100))
        .await
        .unwrap();
    assert_eq!(hand.row.lease.as_ref().unwrap().until, at(100));
    hand.checkpoint(at(2)).await.unwrap();
    assert!(at(2).after(LEASE) < at(100));
    assert_eq!(hand.row.lease.as_ref().unwrap().until, at(100));
}
