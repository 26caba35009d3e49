//! Idempotency keys: a request that is repeated is answered as it was the first time.

use std::collections::HashSet;

use tempus_model::transition::accept::DestroyReason;
use tokio::task::JoinSet;

use super::Harness;
use super::world::{World, at, job, key, new_preview, owner, update};
use crate::{Accepted, CreateError, Idempotency, JobError, NewPreview, Quotas, Repeat};

fn keyed(name: &str, body: &str, now: i64) -> NewPreview {
    NewPreview {
        key: Some(key("k", body)),
        ..new_preview(name, at(now))
    }
}

/// The first answer comes again, whatever has happened since, and nothing is done.
pub async fn a_repeat_gets_the_first_answer(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let first = store.create(keyed("app", "b", 0)).await.unwrap();
    assert_eq!(first.repeat, Repeat::No);
    world.settle(first.preview, at(1)).await;
    let before = world.row(first.preview).await.version;
    let again = keyed("app", "b", 60);
    let id = again.identity.id;
    let again = store.create(again).await.unwrap();
    assert_eq!(
        again,
        Accepted {
            repeat: Repeat::Yes,
            ..first.clone()
        }
    );
    assert_eq!(world.row(first.preview).await.version, before);
    assert!(store.get(id).await.unwrap().is_none());
    assert_eq!(store.jobs(first.preview, 10).await.unwrap().len(), 1);
}

/// The same key for something else is a mistake of the client's.
pub async fn another_body_is_refused(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    store.create(keyed("app", "b", 0)).await.unwrap();
    let refused = store.create(keyed("app", "c", 1)).await;
    assert!(
        matches!(refused, Err(CreateError::Job(JobError::KeyReused))),
        "{refused:?}"
    );
}

/// Two owners may use the same key.
pub async fn keys_belong_to_owners(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let first = store.create(keyed("app", "b", 0)).await.unwrap();
    let mut new = keyed("other", "c", 1);
    new.identity.owner = owner("bob");
    new.key = Some(Idempotency {
        owner: "bob".to_owned(),
        ..key("k", "c")
    });
    let second = store.create(new).await.unwrap();
    assert_ne!(first.preview, second.preview);
    assert_eq!(second.repeat, Repeat::No);
}

/// The same request many times at the same moment makes one preview.
pub async fn of_many_at_once_one_acts(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let mut creates = JoinSet::new();
    for n in 0..24 {
        let store = world.ports.store.clone();
        creates.spawn(async move { store.create(keyed(&format!("app-{n}"), "b", 0)).await });
    }
    let answers = creates.join_all().await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let previews: HashSet<_> = answers.iter().map(|answer| answer.preview).collect();
    assert_eq!(previews.len(), 1);
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.repeat == Repeat::No)
            .count(),
        1
    );
    assert_eq!(world.ports.store.due(at(1), 100).await.unwrap().len(), 1);
}

/// A key is kept for a day, to the second.
pub async fn a_day_later_it_is_forgotten(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let day = 24 * 3600;
    let first = store.create(keyed("app", "b", 0)).await.unwrap();
    let repeat = store.create(keyed("else", "b", day - 1)).await.unwrap();
    assert_eq!(repeat.preview, first.preview);
    let second = store.create(keyed("other", "c", day)).await.unwrap();
    assert_ne!(second.preview, first.preview);
    let repeat = store.create(keyed("else", "c", day + 1)).await.unwrap();
    assert_eq!(
        (repeat.preview, repeat.repeat),
        (second.preview, Repeat::Yes)
    );
}

/// Trying again after a refusal is what a refusal is for.
pub async fn a_refusal_is_not_kept(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let quotas = Quotas {
        per_owner: 0,
        total: 10,
    };
    store
        .create(NewPreview {
            quotas,
            ..keyed("app", "b", 0)
        })
        .await
        .unwrap_err();
    let accepted = store.create(keyed("app", "b", 1)).await.unwrap();
    assert_eq!(accepted.repeat, Repeat::No);
}

/// Updates and destroys are repeated as well.
pub async fn updates_and_destroys_have_keys_too(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    let mut updating = update(preview, 2, at(2));
    updating.key = Some(key("u", "b"));
    let first = store.update(updating.clone()).await.unwrap();
    world.settle(preview, at(3)).await;
    updating.job = job(at(4));
    let again = store.update(updating.clone()).await.unwrap();
    assert_eq!(
        again,
        Accepted {
            repeat: Repeat::Yes,
            ..first
        }
    );
    updating.key = Some(key("u", "c"));
    let refused = store.update(updating).await;
    assert!(matches!(refused, Err(JobError::KeyReused)), "{refused:?}");

    let destroy = |body: &str| {
        store.destroy(
            preview,
            DestroyReason::Asked,
            job(at(5)),
            Some(key("d", body)),
        )
    };
    let first = destroy("b").await.unwrap();
    let again = destroy("b").await.unwrap();
    assert_eq!(
        again,
        Accepted {
            repeat: Repeat::Yes,
            ..first
        }
    );
    assert!(matches!(destroy("c").await, Err(JobError::KeyReused)));
}
