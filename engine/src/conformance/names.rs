//! Names: stable over re-creation, and whose they are.

use tempus_model::{JobKind, Origin};
use tokio::task::JoinSet;

use super::Harness;
use super::world::{LIFE, World, at, new_preview, owner, spec};
use crate::{CreateError, NewPreview, Quotas};

fn from_pr(name: &str, number: u64, now: i64) -> NewPreview {
    let mut new = new_preview(name, at(now));
    new.identity.origin = Origin {
        repository_id: Some(1),
        repository: Some("ada/app".to_owned()),
        pr_number: Some(number),
        ..Origin::default()
    };
    new
}

/// Another owner, or another source of the same owner, does not get a live preview's name.
pub async fn a_live_name_is_its_owners(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    store.create(from_pr("app", 1, 0)).await.unwrap();
    let mut others = from_pr("app", 1, 1);
    others.identity.owner = owner("bob");
    for new in [others, from_pr("app", 2, 1), new_preview("app", at(1))] {
        let id = new.identity.id;
        let refused = store.create(new).await;
        let Err(CreateError::NameTaken(by)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(by, "ada");
        assert!(store.get(id).await.unwrap().is_none());
    }
}

/// A create from the same source is an update of what is there.
pub async fn the_same_source_updates(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let first = store.create(from_pr("app", 1, 0)).await.unwrap();
    world.settle(first.preview, at(1)).await;
    let again = NewPreview {
        spec: spec(2),
        ..from_pr("app", 1, 2)
    };
    let (id, job) = (again.identity.id, again.job.id);
    let second = store.create(again).await.unwrap();
    assert_eq!((second.preview, second.url), (first.preview, first.url));
    assert_eq!((second.job.id, second.job.kind), (job, JobKind::Update));
    assert!(store.get(id).await.unwrap().is_none());
    world.settle(first.preview, at(3)).await;
    assert_eq!(
        world.row(first.preview).await.settled.spec,
        Some(spec(2).id())
    );
    assert!(
        store
            .spec(first.preview, spec(2).id())
            .await
            .unwrap()
            .is_some()
    );
}

/// It is refused no quota, and its expiry is the later of the two.
pub async fn an_update_by_name_takes_no_slot_and_shortens_nothing(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let quotas = Quotas {
        per_owner: 1,
        total: 1,
    };
    let create = |expires: i64, now: i64| {
        let new = from_pr("app", 1, now);
        store.create(NewPreview {
            quotas,
            expires_at: at(expires),
            ..new
        })
    };
    create(LIFE, 0).await.unwrap();
    assert_eq!(create(LIFE - 60, 1).await.unwrap().expires_at, at(LIFE));
    let longer = create(LIFE + 60, 2).await.unwrap();
    assert_eq!(longer.expires_at, at(LIFE + 60));
    assert_eq!(world.row(longer.preview).await.expires_at, at(LIFE + 60));
}

/// The name of a preview on its way out goes to a new one, which knows whom to wait for.
pub async fn an_ending_one_is_waited_for(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let old = world.ready("app").await;
    world.destroy(old, at(2)).await;
    let mut new = new_preview("app", at(3));
    new.identity.owner = owner("bob");
    let new = store.create(new).await.unwrap().preview;
    assert_ne!(new, old);
    assert_eq!(world.snapshot(new).await.identity.predecessor, Some(old));
    let named = store
        .get_by_name(&"app".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(named.identity.id, new);
    world.settle(old, at(4)).await;
    let named = store
        .get_by_name(&"app".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(named.identity.id, new, "the old one's end changes nothing");
}

/// What is gone has no claim on its name, with a receipt or without.
pub async fn a_gone_one_is_free(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let old = world.destroyed("app", at(2)).await;
    let mut new = new_preview("app", at(3));
    new.identity.owner = owner("bob");
    let new = world.ports.store.create(new).await.unwrap().preview;
    assert_ne!(new, old);
    assert_eq!(world.snapshot(new).await.identity.predecessor, None);
    assert!(
        world.ports.store.get(old).await.unwrap().is_some(),
        "it stays as history"
    );
}

/// Many want one name at the same moment: one gets it.
pub async fn of_many_owners_one_gets_it(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let mut creates = JoinSet::new();
    for n in 0..24 {
        let store = world.ports.store.clone();
        let mut new = new_preview("app", at(0));
        new.identity.owner = owner(&format!("owner-{n}"));
        creates.spawn(async move { store.create(new).await });
    }
    let answers = creates.join_all().await;
    let (accepted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(accepted.len(), 1);
    assert!(
        refused
            .iter()
            .all(|answer| matches!(answer, Err(CreateError::NameTaken(_))))
    );
}
