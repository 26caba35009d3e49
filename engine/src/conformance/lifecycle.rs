//! The life of a preview, from its create to its receipt.

use tempus_model::transition::{Seen, accept::DestroyReason};
use tempus_model::{Actor, Course, Desired, JobId, JobStatus, Phase, PreviewId, Saga};
use uuid::Uuid;

use super::Harness;
use super::world::{LIFE, World, at, job, new_preview, refusal, spec, update};
use crate::{ClaimError, ExtendError, Extended, JobError, WriteError};

/// Accepted, claimed, recorded step by step, settled.
pub async fn a_create_becomes_ready(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let new = new_preview("app", at(0));
    let accepted = store.create(new.clone()).await.unwrap();
    assert_eq!(accepted.preview, new.identity.id);
    assert_eq!(accepted.url.as_deref(), Some("http://app.localhost/"));
    assert_eq!(accepted.expires_at, at(LIFE));

    let preview = accepted.preview;
    let seen = world.snapshot(preview).await;
    assert_eq!(seen.identity.route.unwrap().listener, "main");
    assert_eq!(seen.row.phase(), Phase::Pending);
    assert_eq!(seen.row.due_at, Some(at(0)));
    assert_eq!(world.status(accepted.job.id).await, JobStatus::Queued);
    assert_eq!(
        store.spec(preview, new.spec.id()).await.unwrap(),
        Some(new.spec)
    );

    let mut hand = world.claim(preview, at(1)).await;
    assert_eq!(hand.row.phase(), Phase::Provisioning);
    assert_eq!(hand.row.pending, None);
    let running = world.job(accepted.job.id).await.seen_with(&hand.row);
    assert_eq!(running.status, JobStatus::Running);
    hand.make("service");
    hand.checkpoint(at(2)).await.unwrap();
    assert_eq!(world.row(preview).await.ledger, hand.ledger);

    let settle = hand.settle(at(3)).await;
    store.settle(&settle).await.unwrap();
    let row = world.row(preview).await;
    assert_eq!(row.phase(), Phase::Ready);
    assert_eq!(row.due_at, Some(at(LIFE)));
    assert!(row.lease.is_none() && row.saga.is_none());
    assert_eq!(row.ledger, hand.ledger, "what it owns is remembered");
    let job = world.job(accepted.job.id).await;
    assert_eq!(
        (job.status, job.finished_at),
        (JobStatus::Succeeded, Some(at(3)))
    );

    assert_eq!(
        store
            .get_by_name(&new.identity.name)
            .await
            .unwrap()
            .unwrap()
            .identity
            .id,
        preview
    );
    assert_eq!(
        store
            .get_by_short(preview.short())
            .await
            .unwrap()
            .unwrap()
            .identity
            .id,
        preview
    );
}

/// An update is the next generation; both specs can be read.
pub async fn an_update_moves_to_another_spec(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    let accepted = store.update(update(preview, 2, at(10))).await.unwrap();
    let row = world.row(preview).await;
    assert_eq!((row.phase(), row.due_at), (Phase::Updating, Some(at(10))));
    world.settle(preview, at(11)).await;

    let row = world.row(preview).await;
    assert_eq!(row.phase(), Phase::Ready);
    assert_eq!(row.settled.spec, Some(spec(2).id()));
    assert_eq!(world.status(accepted.job.id).await, JobStatus::Succeeded);
    for number in [1, 2] {
        let stored = store.spec(preview, spec(number).id()).await.unwrap();
        assert_eq!(stored, Some(spec(number)));
    }
    let kinds: Vec<_> = store.jobs(preview, 10).await.unwrap();
    assert_eq!(kinds[0].id, accepted.job.id, "newest first");
    assert_eq!(store.jobs(preview, 1).await.unwrap().len(), 1);
}

/// A rejected update converges back on the last ready spec; its job fails, the preview stays.
pub async fn a_failed_update_goes_back(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.ready("app").await;
    let accepted = world
        .ports
        .store
        .update(update(preview, 2, at(10)))
        .await
        .unwrap();
    let mut hand = world.claim(preview, at(11)).await;
    let mut turn = hand.turn_round(at(12));
    turn.next = Saga {
        course: Course::RollBack,
        target: Some(spec(1).id()),
        ..turn.next
    };
    hand.turned(&turn).await.unwrap();
    assert_eq!(hand.row.desired, Desired::Present(spec(1).id()));
    let settle = hand.settle(at(13)).await;
    world.ports.store.settle(&settle).await.unwrap();

    let row = world.row(preview).await;
    assert_eq!(
        (row.phase(), row.settled.spec),
        (Phase::Ready, Some(spec(1).id()))
    );
    let job = world.job(accepted.job.id).await;
    assert_eq!(
        (job.status, job.error),
        (JobStatus::Failed, Some(refusal()))
    );
}

/// Destroyed, verified, proved: after the receipt nothing is ever due.
pub async fn a_destroy_ends_in_a_receipt(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    let accepted = world.destroy(preview, at(10)).await;
    assert_eq!(world.row(preview).await.phase(), Phase::Destroying);
    world.settle(preview, at(11)).await;
    let row = world.row(preview).await;
    assert_eq!((row.phase(), row.due_at), (Phase::Destroyed, Some(at(13))));
    assert_eq!(world.status(accepted.job.id).await, JobStatus::Succeeded);
    assert_eq!(store.receipt(preview).await.unwrap(), None);

    world.prove(preview, at(13)).await;
    let row = world.row(preview).await;
    assert_eq!((row.due_at, row.receipt_at), (None, Some(at(13))));
    let receipt = store.receipt(preview).await.unwrap().unwrap();
    assert_eq!((receipt.preview_id, receipt.verified_at), (preview, at(13)));
}

/// A create that is rejected unwinds, and its id never comes back.
pub async fn a_failed_create_is_final(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let accepted = world.created("app").await;
    let mut hand = world.claim(accepted.preview, at(1)).await;
    hand.make("service");
    hand.checkpoint(at(2)).await.unwrap();
    let turn = hand.turn_round(at(3));
    hand.turned(&turn).await.unwrap();
    assert_eq!(hand.row.phase(), Phase::Destroying);
    hand.ledger = tempus_model::Ledger::default();
    let settle = hand.settle(at(4)).await;
    world.ports.store.settle(&settle).await.unwrap();

    assert_eq!(world.row(accepted.preview).await.phase(), Phase::Failed);
    let job = world.job(accepted.job.id).await;
    assert_eq!(
        (job.status, job.error),
        (JobStatus::Failed, Some(refusal()))
    );
    let refused = world
        .ports
        .store
        .update(update(accepted.preview, 2, at(5)))
        .await;
    assert!(
        matches!(refused, Err(JobError::NotAccepted(_))),
        "{refused:?}"
    );
}

/// A wait gives the lease back and says when to go on; the saga is there again at the next claim.
pub async fn a_saga_waits_and_goes_on(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    let mut hand = world.claim(preview, at(1)).await;
    hand.make("service");
    let waiting = world
        .ports
        .store
        .wait(&hand.write(at(2)), hand.seen, at(60))
        .await
        .unwrap();
    assert_eq!((waiting.due_at, waiting.lease), (Some(at(60)), None));
    let early = world.try_claim(preview, at(59)).await.err().unwrap();
    assert!(matches!(early, ClaimError::NoClaim(_)), "{early:?}");

    let resumed = world.claim(preview, at(60)).await;
    assert_eq!(resumed.ledger, hand.ledger);
    assert_eq!(resumed.saga.started_at, at(1), "the same saga");
    assert_eq!(resumed.row.attempts, 0, "waiting is no failure");
    assert!(resumed.row.epoch > hand.row.epoch);
}

/// Every verb says that there is no such preview, in its own way.
pub async fn what_never_was_is_not_found(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let known = world.created("app").await.preview;
    let nobody = PreviewId::new(Uuid::new_v4());
    assert!(store.get(nobody).await.unwrap().is_none());
    assert!(
        store
            .get_by_name(&"nobody".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );
    assert!(store.get_by_short(nobody.short()).await.unwrap().is_none());
    assert!(
        store
            .job(JobId::new(Uuid::new_v4()))
            .await
            .unwrap()
            .is_none()
    );
    assert!(store.jobs(nobody, 5).await.unwrap().is_empty());
    assert!(store.spec(known, spec(9).id()).await.unwrap().is_none());
    assert!(store.receipt(nobody).await.unwrap().is_none());
    assert!(!store.replay(nobody, Actor::Worker, at(1)).await.unwrap());
    assert!(!store.wake(nobody, at(1)).await.unwrap());
    assert!(!store.doubt(nobody, at(1)).await.unwrap());
    let updated = store.update(update(nobody, 1, at(1))).await;
    assert!(matches!(updated, Err(JobError::NotFound)), "{updated:?}");
    let destroyed = store
        .destroy(nobody, DestroyReason::Asked, job(at(1)), None)
        .await;
    assert!(
        matches!(destroyed, Err(JobError::NotFound)),
        "{destroyed:?}"
    );
    let extended = store
        .extend(nobody, Extended::To(at(9)), Actor::Worker, at(1))
        .await;
    assert!(
        matches!(extended, Err(ExtendError::NotFound)),
        "{extended:?}"
    );

    let mut hand = world.claim(known, at(1)).await;
    hand.row.preview = nobody;
    let written = store
        .wait(&hand.write(at(1)), Seen::of(&hand.row), at(2))
        .await;
    assert!(matches!(written, Err(WriteError::Lost)), "{written:?}");
    store.ready().await.unwrap();
}
