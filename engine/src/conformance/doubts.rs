//! Doubt: what somebody saw may not be what the row says, and only a finished verify ends it.

use super::Harness;
use super::world::{LIFE, World, at, update};

/// Doubted at rest: due now, and a verify makes it trusted again.
pub async fn a_doubted_row_is_due_for_a_verify(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    assert!(store.doubt(preview, at(10)).await.unwrap());
    let row = world.row(preview).await;
    assert_eq!((row.suspicion, row.due_at), (1, Some(at(10))));
    let hand = world.claim(preview, at(11)).await;
    assert!(hand.row.is_verifying());
    let row = store.vouch(&hand.vouch(None, at(12))).await.unwrap();
    assert_eq!((row.suspicion, row.verify_at), (0, None));
    assert_eq!(row.due_at, Some(at(LIFE)));
}

/// A job that waits to be taken up stays due, though a verify is to come later; a verify that is
/// to come keeps its time.
pub async fn a_doubt_delays_nothing(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    world.claim(preview, at(1)).await;
    let hand = world.claim(preview, at(40)).await;
    store.settle(&hand.settle(at(41)).await).await.unwrap();
    assert_eq!(world.row(preview).await.verify_at, Some(at(43)));
    store.update(update(preview, 2, at(41))).await.unwrap();
    store.doubt(preview, at(42)).await.unwrap();
    assert_eq!(store.due(at(42), 10).await.unwrap(), [preview]);

    let gone = world.destroyed("gone", at(41)).await;
    store.doubt(gone, at(42)).await.unwrap();
    assert_eq!(world.row(gone).await.due_at, Some(at(43)));
}

/// What was doubted after a verify had begun is doubted still: another follows.
pub async fn a_verify_vouches_only_for_what_it_began_with(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.destroyed("app", at(10)).await;
    let hand = world.claim(preview, at(12)).await;
    assert!(store.doubt(preview, at(13)).await.unwrap());
    let receipt = world.proof(&hand.row, at(14));
    let row = store
        .vouch(&hand.vouch(Some(receipt), at(14)))
        .await
        .unwrap();
    assert_eq!(
        (row.suspicion, row.due_at, row.receipt_at),
        (1, Some(at(16)), None)
    );
    assert_eq!(store.receipt(preview).await.unwrap(), None);
    world.prove(preview, at(16)).await;
    assert_eq!(world.row(preview).await.suspicion, 0);

    let preview = world.destroyed("lost", at(20)).await;
    let hand = world.claim(preview, at(22)).await;
    let mut vouch = hand.vouch(Some(world.proof(&hand.row, at(23))), at(23));
    vouch.checkpoint.lost_answers = 1;
    let row = store.vouch(&vouch).await.unwrap();
    assert_eq!((row.suspicion, row.receipt_at), (1, None));
}

/// A preview that is gone stays due until its receipt is written, and while its ledger names
/// anything there is none.
pub async fn without_proof_there_is_no_receipt_and_no_rest(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.destroyed("app", at(10)).await;
    let hand = world.claim(preview, at(12)).await;
    let row = store.vouch(&hand.vouch(None, at(13))).await.unwrap();
    assert_eq!((row.receipt_at, row.due_at), (None, Some(at(15))));

    let mut hand = world.claim(preview, at(15)).await;
    hand.make("service");
    let receipt = world.proof(&hand.row, at(16));
    let row = store
        .vouch(&hand.vouch(Some(receipt), at(16)))
        .await
        .unwrap();
    assert_eq!((row.receipt_at, row.due_at), (None, Some(at(18))));
    assert_eq!(store.receipt(preview).await.unwrap(), None);
}

/// A receipt is as good as what has been seen since: the next one takes its place.
pub async fn a_receipt_can_be_doubted(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.destroyed("app", at(10)).await;
    world.prove(preview, at(12)).await;
    assert!(store.doubt(preview, at(900)).await.unwrap());
    assert_eq!(store.due(at(900), 10).await.unwrap(), [preview]);
    world.prove(preview, at(901)).await;
    let row = world.row(preview).await;
    assert_eq!((row.suspicion, row.due_at), (0, None));
    let receipt = store.receipt(preview).await.unwrap().unwrap();
    assert_eq!(receipt.verified_at, at(901));
}
