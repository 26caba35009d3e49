//! Jobs: each has one outcome, and a preview never has more than two open ones.

use tempus_model::transition::accept::{DestroyReason, NotAccepted};
use tempus_model::{Actor, JobStatus, Phase, PreviewId};
use tokio::task::JoinSet;

use super::Harness;
use super::world::{World, at, job, spec, update};
use crate::{ExtendError, Extended, JobError, Repeat, WriteError};

async fn open(world: &World, preview: PreviewId) -> usize {
    let jobs = world.ports.store.jobs(preview, 1000).await.unwrap();
    jobs.iter().filter(|job| !job.status.is_final()).count()
}

/// A newer job takes the place of one that no saga has taken up.
pub async fn at_most_two_are_open(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let created = world.created("app").await;
    let preview = created.preview;
    let mut hand = world.claim(preview, at(1)).await;
    let second = store.update(update(preview, 2, at(2))).await.unwrap();
    assert_eq!(open(&world, preview).await, 2);
    let third = store.update(update(preview, 3, at(3))).await.unwrap();
    assert_eq!(open(&world, preview).await, 2);
    assert_eq!(world.status(second.job.id).await, JobStatus::Superseded);
    assert_eq!(world.status(created.job.id).await, JobStatus::Queued);

    hand.checkpoint(at(4)).await.unwrap();
    let turn = hand.turn(at(5)).await;
    hand.turned(&turn).await.unwrap();
    assert_eq!(world.status(created.job.id).await, JobStatus::Superseded);
    assert_eq!(hand.saga.job.unwrap().id, third.job.id);
    store.settle(&hand.settle(at(6)).await).await.unwrap();
    assert_eq!(world.status(third.job.id).await, JobStatus::Succeeded);
    assert_eq!(world.row(preview).await.settled.spec, Some(spec(3).id()));
    assert_eq!(open(&world, preview).await, 0);
}

/// People change their minds while a worker works: in the end every job has ended, the last one
/// well, and no outcome ever changed.
pub async fn each_ends_exactly_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    let mut people = JoinSet::new();
    for person in 0..4_u16 {
        let store = store.clone();
        people.spawn(async move {
            for change in 0..6 {
                let number = 10 + person * 6 + change;
                store.update(update(preview, number, at(2))).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    let mut outcomes = std::collections::HashMap::new();
    let mut now = 10;
    loop {
        now += 1;
        for job in store.jobs(preview, 1000).await.unwrap() {
            let first = outcomes.entry(job.id).or_insert(job.status);
            assert!(
                !first.is_final() || *first == job.status,
                "an outcome changed"
            );
            *first = job.status;
        }
        assert!(open(&world, preview).await <= 2);
        let Ok(mut hand) = world.try_claim(preview, at(now)).await else {
            if people.is_empty() {
                break;
            }
            while people.try_join_next().transpose().unwrap().is_some() {}
            tokio::task::yield_now().await;
            continue;
        };
        loop {
            let settled = store.settle(&hand.settle(at(now)).await).await;
            match settled {
                Ok(_) => break,
                Err(WriteError::Moved(row)) => hand.row = *row,
                Err(error) => panic!("{error}"),
            }
            let turn = hand.turn(at(now)).await;
            match hand.turned(&turn).await {
                Ok(()) | Err(WriteError::Moved(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    let jobs = store.jobs(preview, 1000).await.unwrap();
    assert_eq!(jobs.len(), 25);
    assert!(jobs.iter().all(|job| job.status.is_final()), "{jobs:?}");
    assert_eq!(jobs[0].status, JobStatus::Succeeded, "the latest wins");
    assert_eq!(world.row(preview).await.settled.spec, jobs[0].spec);
}

/// What is final is never written over, whoever tries.
pub async fn the_first_outcome_stands(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let created = world.created("app").await;
    let hand = world.claim(created.preview, at(1)).await;
    let mut settle = hand.settle(at(2)).await;
    store.settle(&settle).await.unwrap();
    store
        .update(update(created.preview, 2, at(3)))
        .await
        .unwrap();
    // A holder that ends the wrong job.
    let wrong = settle.job.take();
    let hand = world.claim(created.preview, at(4)).await;
    let mut settle = hand.settle(at(5)).await;
    settle.checkpoint.saga.rejected = Some(super::world::refusal());
    settle.job = wrong;
    store.settle(&settle).await.unwrap();
    let job = world.job(created.job.id).await;
    assert_eq!(
        (job.status, job.finished_at),
        (JobStatus::Succeeded, Some(at(2)))
    );
}

/// The second destroy is answered with the job that does it.
pub async fn destroying_twice_is_one_job(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.ready("app").await;
    let first = world.destroy(preview, at(2)).await;
    let second = world.destroy(preview, at(3)).await;
    assert_eq!((first.job, first.repeat), (second.job, Repeat::No));
    assert_eq!(second.repeat, Repeat::Yes);
    world.settle(preview, at(4)).await;
    let third = world.destroy(preview, at(5)).await;
    assert_eq!((third.job, third.repeat), (first.job, Repeat::Yes));
    assert_eq!(world.ports.store.jobs(preview, 10).await.unwrap().len(), 2);
}

/// Destroying what could not be made is a job that has succeeded.
pub async fn destroying_what_is_gone_succeeds_at_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    let mut hand = world.claim(preview, at(1)).await;
    let turn = hand.turn_round(at(2));
    hand.turned(&turn).await.unwrap();
    world
        .ports
        .store
        .settle(&hand.settle(at(3)).await)
        .await
        .unwrap();
    let due_at = world.row(preview).await.due_at;
    let accepted = world.destroy(preview, at(4)).await;
    assert_eq!(world.status(accepted.job.id).await, JobStatus::Succeeded);
    let row = world.row(preview).await;
    assert_eq!(
        (row.phase(), row.due_at),
        (Phase::Failed, due_at),
        "nothing else changed"
    );
}

/// There is nothing to do, and it is said at once.
pub async fn updating_to_the_ready_spec_succeeds_at_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.ready("app").await;
    let before = world.row(preview).await;
    let accepted = world
        .ports
        .store
        .update(update(preview, 1, at(5)))
        .await
        .unwrap();
    assert_eq!(world.status(accepted.job.id).await, JobStatus::Succeeded);
    let row = world.row(preview).await;
    assert_eq!(
        (row.generation, row.due_at),
        (before.generation, before.due_at)
    );
    assert_eq!((row.phase(), row.last_job), (Phase::Ready, accepted.job));
}

/// What is being destroyed, or destroyed, takes no update and no extension.
pub async fn what_has_ended_is_not_changed(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    world.destroy(preview, at(2)).await;
    for now in [3, 5] {
        let updated = store.update(update(preview, 2, at(now))).await;
        let ended = matches!(updated, Err(JobError::NotAccepted(NotAccepted::Ended(_))));
        assert!(ended, "{updated:?}");
        let extended = store
            .extend(preview, Extended::To(at(9999)), Actor::Worker, at(now))
            .await;
        assert!(
            matches!(extended, Err(ExtendError::NoExtend(_))),
            "{extended:?}"
        );
        let expired = DestroyReason::Expired(at(super::world::LIFE));
        let destroyed = store.destroy(preview, expired, job(at(now)), None).await;
        assert!(
            matches!(destroyed, Err(JobError::NotAccepted(_))),
            "{destroyed:?}"
        );
        if now == 3 {
            world.settle(preview, at(4)).await;
        }
    }
}
