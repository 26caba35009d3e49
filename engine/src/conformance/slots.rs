//! What there is a limited number of: quotas, listener slots, short ids.

use tempus_model::{PreviewId, Template};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::Harness;
use super::world::{World, at, key, new_preview, owner};
use crate::{Accepted, Budget, CreateError, Listener, NewPreview, Quotas, Repeat};

async fn all_at_once(
    world: &World,
    creates: impl Iterator<Item = NewPreview>,
) -> (Vec<Accepted>, Vec<CreateError>) {
    let mut running = JoinSet::new();
    for new in creates {
        let store = world.ports.store.clone();
        running.spawn(async move { store.create(new).await });
    }
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for answer in running.join_all().await {
        match answer {
            Ok(answer) => accepted.push(answer),
            Err(error) => refused.push(error),
        }
    }
    (accepted, refused)
}

/// A hundred creates of one owner for ten slots: ten are accepted, ninety are told who has them.
pub async fn a_quota_holds_under_concurrency(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let quotas = Quotas {
        per_owner: 10,
        total: 1000,
    };
    let creates = (0..100).map(|n| NewPreview {
        quotas,
        ..new_preview(&format!("app-{n}"), at(0))
    });
    let (accepted, refused) = all_at_once(&world, creates).await;
    assert_eq!((accepted.len(), refused.len()), (10, 90));
    for error in refused {
        let CreateError::Quota {
            whose,
            most: 10,
            holders,
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(whose, "ada");
        assert!(!holders.is_empty() && holders.len() <= 10);
        for holder in holders {
            let name = holder.parse().unwrap();
            let holds = world.ports.store.get_by_name(&name).await.unwrap().unwrap();
            assert!(
                accepted.iter().any(|a| a.preview == holds.identity.id),
                "{holder}"
            );
        }
    }
    let mut other = new_preview("other", at(0));
    other.identity.owner = owner("bob");
    world
        .ports
        .store
        .create(NewPreview { quotas, ..other })
        .await
        .unwrap();
}

/// The same for everybody together.
pub async fn the_total_holds_under_concurrency(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let quotas = Quotas {
        per_owner: 1000,
        total: 7,
    };
    let creates = (0..40).map(|n| {
        let mut new = NewPreview {
            quotas,
            ..new_preview(&format!("app-{n}"), at(0))
        };
        new.identity.owner = owner(&format!("owner-{n}"));
        new
    });
    let (accepted, refused) = all_at_once(&world, creates).await;
    assert_eq!((accepted.len(), refused.len()), (7, 33));
    assert!(
        refused
            .iter()
            .all(|e| matches!(e, CreateError::Quota { most: 7, .. }))
    );
}

/// A preview that is gone takes no slot, receipt or no receipt.
pub async fn a_quota_slot_comes_back_when_the_preview_is_gone(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let quotas = Quotas {
        per_owner: 2,
        total: 2,
    };
    let create = |name: &str| {
        store.create(NewPreview {
            quotas,
            ..new_preview(name, at(0))
        })
    };
    let first = create("a").await.unwrap().preview;
    create("b").await.unwrap();
    create("c").await.unwrap_err();
    world.destroy(first, at(1)).await;
    create("c").await.unwrap_err();
    world.settle(first, at(2)).await;
    create("c").await.unwrap();
    create("d").await.unwrap_err();
    // Freed twice it would make room twice.
    world.prove(first, at(4)).await;
    create("d").await.unwrap_err();
}

/// A refusal leaves no name, no slot and no row behind.
pub async fn a_refused_create_takes_nothing(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let quotas = Quotas {
        per_owner: 2,
        total: 10,
    };
    let full = Listener {
        name: "full".to_owned(),
        slots: Some(0),
        url: "http://x/".to_owned(),
    };
    for _ in 0..5 {
        let mut new = NewPreview {
            quotas,
            ..new_preview("app", at(0))
        };
        new.listeners = vec![full.clone()];
        let id = new.identity.id;
        let refused = store.create(new).await;
        assert!(
            matches!(refused, Err(CreateError::NoListener)),
            "{refused:?}"
        );
        assert!(store.get(id).await.unwrap().is_none());
    }
    assert!(
        store
            .get_by_name(&"app".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );
    for name in ["a", "b"] {
        store
            .create(NewPreview {
                quotas,
                ..new_preview(name, at(0))
            })
            .await
            .unwrap();
    }
    assert!(store.due(at(1), 10).await.unwrap().len() == 2);
}

/// A month's budget that is spent refuses new previews, and takes nothing for them. What exists is
/// updated all the same, and a repeated request gets its first answer.
pub async fn a_spent_budget_keeps_out_new_previews_alone(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let first = |budget, now| NewPreview {
        budget,
        key: Some(key("create", "body")),
        ..new_preview("app", at(now))
    };
    let preview = store
        .create(first(Budget::Within, 0))
        .await
        .unwrap()
        .preview;
    let repeated = store.create(first(Budget::Spent, 1)).await.unwrap();
    assert_eq!((repeated.preview, repeated.repeat), (preview, Repeat::Yes));
    let updated = store.create(NewPreview {
        budget: Budget::Spent,
        ..new_preview("app", at(2))
    });
    assert_eq!(updated.await.unwrap().preview, preview);

    let new = NewPreview {
        budget: Budget::Spent,
        key: Some(key("other", "body")),
        ..new_preview("other", at(3))
    };
    let (id, again) = (new.identity.id, new.clone());
    let refused = store.create(new).await;
    assert!(matches!(refused, Err(CreateError::Budget)), "{refused:?}");
    assert!(store.get(id).await.unwrap().is_none());
    let name = again.identity.name.clone();
    assert!(store.get_by_name(&name).await.unwrap().is_none());
    let accepted = store.create(NewPreview {
        budget: Budget::Within,
        ..again
    });
    assert_eq!(
        accepted.await.unwrap().repeat,
        Repeat::No,
        "no refusal is kept"
    );
}

/// The first listener with room, then the next; a slot comes back with the receipt, not before.
pub async fn listeners_fill_in_order_and_empty_with_the_receipt(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let listener = |name: &str, slots| Listener {
        name: name.to_owned(),
        slots,
        url: format!("http://{name}/"),
    };
    let listeners = vec![listener("one", Some(2)), listener("two", Some(1))];
    let create = |name: &str| {
        let new = NewPreview {
            listeners: listeners.clone(),
            ..new_preview(name, at(0))
        };
        store.create(new)
    };
    let mut urls = Vec::new();
    let mut routes = Vec::new();
    let mut previews = Vec::new();
    for name in ["a", "b", "c"] {
        let accepted = create(name).await.unwrap();
        let route = world.snapshot(accepted.preview).await.identity.route;
        let route = route.unwrap();
        urls.push(accepted.url.unwrap());
        routes.push((route.listener, route.slot.unwrap()));
        previews.push(accepted.preview);
    }
    assert_eq!(urls, ["http://one/", "http://one/", "http://two/"]);
    assert!(routes[0] != routes[1], "{routes:?}");
    assert!(matches!(create("d").await, Err(CreateError::NoListener)));

    world.destroy(previews[0], at(1)).await;
    world.settle(previews[0], at(2)).await;
    assert!(
        matches!(create("d").await, Err(CreateError::NoListener)),
        "no receipt yet"
    );
    world.prove(previews[0], at(4)).await;
    let accepted = create("d").await.unwrap();
    let identity = world.snapshot(accepted.preview).await.identity;
    let (listener, slot) = identity.slot().unwrap();
    assert_eq!((listener.to_owned(), slot), routes[0]);
}

/// A preview without a URL takes no listener's slot, and its owner's all the same.
pub async fn no_url_takes_no_listener(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let worker = |name: &str| {
        let mut new = new_preview(name, at(0));
        new.spec.template = Template::ScheduledWorker.to_string();
        new.spec.schedule = Some("rate(5 minutes)".parse().unwrap());
        new.listeners = Vec::new();
        new.quotas.per_owner = 1;
        new
    };
    let accepted = store.create(worker("a")).await.unwrap();
    assert_eq!(accepted.url, None);
    let identity = world.snapshot(accepted.preview).await.identity;
    assert_eq!((identity.route.as_ref(), identity.slot()), (None, None));
    let refused = store.create(worker("b")).await;
    assert!(
        matches!(refused, Err(CreateError::Quota { .. })),
        "{refused:?}"
    );
    let routed = NewPreview {
        listeners: Vec::new(),
        ..new_preview("c", at(0))
    };
    let refused = store.create(routed).await;
    assert!(
        matches!(refused, Err(CreateError::NoListener)),
        "{refused:?}"
    );
    // An answer that is kept for its key says that there is no URL, too.
    let again = NewPreview {
        key: Some(key("k", "body")),
        ..worker("a")
    };
    let first = store.create(again.clone()).await.unwrap();
    let repeated = store.create(again).await.unwrap();
    assert_eq!((repeated.url, repeated.preview), (None, first.preview));
}

/// No two previews share a short id, whatever has become of the first.
pub async fn a_short_id_is_used_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let old = world.destroyed("old", at(2)).await;
    let sharing = || {
        let mut new = new_preview("new", at(5));
        let mut bytes = *Uuid::new_v4().as_bytes();
        bytes[..4].copy_from_slice(&old.uuid().as_bytes()[..4]);
        new.identity.id = PreviewId::new(Uuid::from_bytes(bytes));
        new
    };
    for proven in [false, true] {
        if proven {
            world.prove(old, at(4)).await;
        }
        let new = sharing();
        let refused = store.create(new.clone()).await;
        let taken = matches!(refused, Err(CreateError::ShortTaken));
        assert!(taken, "{refused:?}");
        let holder = store.get_by_short(old.short()).await.unwrap().unwrap();
        assert_eq!(holder.identity.id, old);
        let other = new.identity.id;
        assert!(store.get(other).await.unwrap().is_none(), "another's row");
        assert!(store.jobs(other, 10).await.unwrap().is_empty());
    }
}
