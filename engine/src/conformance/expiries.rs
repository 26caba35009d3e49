//! Expiry: an end that can be moved until it has come.

use std::time::Duration;

use tempus_model::transition::accept::{DestroyReason, NotAccepted};
use tempus_model::transition::extend::NoExtend;
use tempus_model::{Actor, Phase, Work};

use super::Harness;
use super::world::{LIFE, World, at, job, new_preview, update};
use crate::{CreateError, ExtendError, Extended, JobError};

/// The expiry is another, without a new generation, and somebody must move the timer.
pub async fn an_extension_moves_the_expiry_and_makes_due(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.ready("app").await;
    let before = world.row(preview).await;
    let longer = Extended::To(at(LIFE + 60));
    let row = world
        .ports
        .store
        .extend(preview, longer, Actor::Worker, at(5))
        .await
        .unwrap();
    assert_eq!((row.expires_at, row.due_at), (at(LIFE + 60), Some(at(5))));
    assert_eq!(row.generation, before.generation);
    assert_eq!(row.work(at(5)), Work::MoveTimer);
    world.settle(preview, at(6)).await;
    let row = world.row(preview).await;
    assert_eq!(row.settled.expires_at, at(LIFE + 60));
    assert_eq!(row.due_at, Some(at(LIFE + 60)));
    assert_eq!(
        world.ports.store.jobs(preview, 10).await.unwrap().len(),
        1,
        "no job"
    );
}

/// More is never more than the limit, and asking for more never gives less.
pub async fn an_extension_is_capped_and_takes_nothing_away(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    let by = |seconds, latest| Extended::By {
        more: Duration::from_secs(seconds),
        latest: at(latest),
    };
    for (more, latest, gives) in [
        (60, LIFE + 600, LIFE + 60),
        (600, LIFE + 100, LIFE + 100),
        (60, LIFE, LIFE + 100),
    ] {
        let row = store
            .extend(preview, by(more, latest), Actor::Worker, at(2))
            .await
            .unwrap();
        assert_eq!(row.expires_at, at(gives));
    }
}

/// An extension that changes nothing, or is taken back, leaves no row that is due for nothing.
pub async fn an_extension_to_the_same_expiry_leaves_nothing_to_do(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    for to in [LIFE, LIFE + 60, LIFE] {
        store
            .extend(preview, Extended::To(at(to)), Actor::Worker, at(5))
            .await
            .unwrap();
    }
    assert_eq!(world.row(preview).await.due_at, Some(at(LIFE)));
    assert!(store.due(at(6), 10).await.unwrap().is_empty());
}

/// When its time is over it is over, even before anybody has acted on it.
pub async fn what_is_over_is_not_extended(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    let extended = store
        .extend(preview, Extended::To(at(9999)), Actor::Worker, at(LIFE))
        .await;
    assert!(
        matches!(extended, Err(ExtendError::NoExtend(NoExtend::Expired(_)))),
        "{extended:?}"
    );
    let updated = store.update(update(preview, 2, at(LIFE))).await;
    assert!(
        matches!(updated, Err(JobError::NotAccepted(_))),
        "{updated:?}"
    );
    assert_eq!(store.due(at(LIFE), 10).await.unwrap(), [preview]);
}

/// Whoever creates a preview by its own name again, when its time is over, gets a new one: the
/// store says what has to be destroyed first.
pub async fn a_create_over_what_has_expired_names_it(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let old = world.ready("app").await;
    let again = || store.create(new_preview("app", at(LIFE)));
    let Err(CreateError::Expired {
        preview,
        expires_at,
    }) = again().await
    else {
        panic!("its time is over");
    };
    assert_eq!((preview, expires_at), (old, at(LIFE)));
    let why = DestroyReason::Expired(expires_at);
    let destroyed = store.destroy(preview, why, job(at(LIFE)), None).await;
    assert!(destroyed.is_ok(), "{destroyed:?}");
    let new = again().await.unwrap().preview;
    assert_ne!(new, old);
    let identity = store.get(new).await.unwrap().unwrap().identity;
    assert_eq!(identity.predecessor, Some(old));
}

/// A timer that was set for an expiry which no longer holds destroys nothing, nor does one that
/// is early.
pub async fn a_destroy_for_another_expiry_is_refused(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    let expire = |expiry: i64, now: i64| {
        let why = DestroyReason::Expired(at(expiry));
        store.destroy(preview, why, job(at(now)), None)
    };
    let early = expire(LIFE, LIFE - 1).await;
    let moved = matches!(
        early,
        Err(JobError::NotAccepted(NotAccepted::ExpiryMoved(_)))
    );
    assert!(moved, "{early:?}");
    store
        .extend(preview, Extended::To(at(LIFE + 60)), Actor::Worker, at(5))
        .await
        .unwrap();
    for now in [LIFE, LIFE + 60] {
        let old = expire(LIFE, now).await;
        let moved = matches!(old, Err(JobError::NotAccepted(NotAccepted::ExpiryMoved(_))));
        assert!(moved, "{old:?}");
    }
    expire(LIFE + 60, LIFE + 60).await.unwrap();
    let row = world.row(preview).await;
    assert_eq!(row.phase(), Phase::Destroying);
    assert_eq!(
        row.desired,
        tempus_model::Desired::Absent(tempus_model::Absence::Expired)
    );
}

/// Extension and expiry at the same moment: one is accepted, the other refused.
pub async fn of_extension_and_expiry_one_wins(harness: &dyn Harness) {
    let world = World::of(harness).await;
    for n in 0..8 {
        let preview = world.ready(&format!("app-{n}")).await;
        let (one, other) = (world.ports.store.clone(), world.ports.store.clone());
        // Two clocks that do not agree: to the one it is still time, to the other it is over.
        let extend = tokio::spawn(async move {
            one.extend(
                preview,
                Extended::To(at(LIFE + 60)),
                Actor::Worker,
                at(LIFE - 1),
            )
            .await
            .is_ok()
        });
        let expire = tokio::spawn(async move {
            let why = DestroyReason::Expired(at(LIFE));
            other
                .destroy(preview, why, job(at(LIFE)), None)
                .await
                .is_ok()
        });
        let (extended, expired) = (extend.await.unwrap(), expire.await.unwrap());
        assert!(
            extended != expired,
            "extended: {extended}, expired: {expired}"
        );
        assert_eq!(world.row(preview).await.desired.is_present(), extended);
    }
}
