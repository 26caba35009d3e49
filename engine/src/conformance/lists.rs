//! Lists: filters, and pages that stay put.

use std::collections::BTreeSet;

use tempus_model::{Origin, Phase, PreviewId};

use super::Harness;
use super::world::{World, at, new_preview, owner};
use crate::{Cursor, Filter, StoreError};

async fn found(world: &World, filter: &Filter) -> Vec<String> {
    let page = world.ports.store.list(filter, None, 100).await.unwrap();
    assert_eq!(page.next, None);
    page.items
        .iter()
        .map(|item| item.identity.name.to_string())
        .collect()
}

/// Five previews of two owners and two repositories; those that end in 1 have been made.
async fn some_previews(world: &World) {
    let store = &world.ports.store;
    for (n, (name, by, repository, pr)) in [
        ("a1", "ada", "x/app", 1),
        ("a2", "ada", "x/app", 2),
        ("a3", "ada", "x/web", 1),
        ("b1", "bob", "x/app", 1),
        ("b2", "bob", "x/web", 2),
    ]
    .into_iter()
    .enumerate()
    {
        let mut new = new_preview(name, at(i64::try_from(n).unwrap()));
        new.identity.owner = owner(by);
        new.identity.origin = Origin {
            repository: Some(repository.to_owned()),
            pr_number: Some(pr),
            ..Origin::default()
        };
        let preview = store.create(new).await.unwrap().preview;
        if name.ends_with('1') {
            world.settle(preview, at(10)).await;
        }
        if name == "b1" {
            world.destroy(preview, at(11)).await;
        }
    }
}

/// Each filter alone and all of them together, newest first.
pub async fn every_filter_holds(harness: &dyn Harness) {
    let world = World::of(harness).await;
    some_previews(&world).await;
    let any = Filter::default;
    let (ada, app) = (Some("ada".to_owned()), Some("x/app".to_owned()));
    let ready = vec![Phase::Ready];
    let live = vec![Phase::Pending, Phase::Ready];
    let cases: [(Filter, &[&str]); 12] = [
        (any(), &["b2", "b1", "a3", "a2", "a1"]),
        (
            Filter {
                owner: ada.clone(),
                ..any()
            },
            &["a3", "a2", "a1"],
        ),
        (
            Filter {
                repository: app.clone(),
                ..any()
            },
            &["b1", "a2", "a1"],
        ),
        (
            Filter {
                pr_number: Some(1),
                ..any()
            },
            &["b1", "a3", "a1"],
        ),
        (
            Filter {
                phases: ready.clone(),
                ..any()
            },
            &["a1"],
        ),
        (
            Filter {
                phases: live.clone(),
                ..any()
            },
            &["b2", "a3", "a2", "a1"],
        ),
        (
            Filter {
                owner: ada.clone(),
                phases: live.clone(),
                ..any()
            },
            &["a3", "a2", "a1"],
        ),
        (
            Filter {
                repository: app.clone(),
                pr_number: Some(1),
                ..any()
            },
            &["b1", "a1"],
        ),
        (
            Filter {
                pr_number: Some(1),
                phases: live,
                ..any()
            },
            &["a3", "a1"],
        ),
        (
            Filter {
                owner: ada.clone(),
                repository: app.clone(),
                ..any()
            },
            &["a2", "a1"],
        ),
        (
            Filter {
                owner: ada,
                repository: app,
                pr_number: Some(1),
                phases: ready,
                parked: false,
            },
            &["a1"],
        ),
        (
            Filter {
                parked: true,
                ..any()
            },
            &[],
        ),
    ];
    for (filter, names) in cases {
        assert_eq!(found(&world, &filter).await, names, "{filter:?}");
    }
    the_gone_are_found(&world).await;
}

/// What is gone is still somebody's, and found by that.
async fn the_gone_are_found(world: &World) {
    let b1 = world.ports.store.get_by_name(&"b1".parse().unwrap()).await;
    world.settle(b1.unwrap().unwrap().identity.id, at(12)).await;
    let of_bob = |phases: &[Phase]| Filter {
        owner: Some("bob".to_owned()),
        phases: phases.to_vec(),
        ..Filter::default()
    };
    for (phases, names) in [
        (&[Phase::Destroyed, Phase::Failed][..], &["b1"][..]),
        (&[Phase::Pending, Phase::Ready], &["b2"]),
        (&[Phase::Pending, Phase::Destroyed], &["b2", "b1"]),
        (&[], &["b2", "b1"]),
    ] {
        assert_eq!(found(world, &of_bob(phases)).await, names, "{phases:?}");
    }
}

/// Page by page, every preview once, newest first, though many are of the same moment.
pub async fn pages_are_complete_and_newest_first(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    for n in 0..23 {
        let new = new_preview(&format!("app-{n}"), at(n / 5));
        let preview = store.create(new).await.unwrap().preview;
        if n % 2 == 0 {
            world.settle(preview, at(10)).await;
        }
    }
    let phases = vec![Phase::Pending, Phase::Ready];
    for filter in [
        Filter::default(),
        Filter {
            phases,
            ..Filter::default()
        },
        Filter {
            owner: Some("ada".to_owned()),
            ..Filter::default()
        },
    ] {
        let (mut seen, mut created, mut after) = (BTreeSet::new(), Vec::new(), None);
        for page in [7, 7, 7, 7] {
            let listed = store.list(&filter, after.as_ref(), page).await.unwrap();
            for item in &listed.items {
                assert!(seen.insert(item.identity.id), "listed twice");
                created.push(item.identity.created_at);
            }
            after = listed.next;
        }
        assert_eq!((seen.len(), after), (23, None));
        assert!(created.is_sorted_by(|a, b| a >= b));
    }
    let page = store.list(&Filter::default(), None, 23).await.unwrap();
    assert_eq!(page.next, None, "no empty last page");
}

/// Previews that arrive between two pages neither repeat nor hide any.
pub async fn arrivals_move_nothing(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let mut old = BTreeSet::<PreviewId>::new();
    for n in 0..9 {
        let new = new_preview(&format!("app-{n}"), at(n));
        old.insert(store.create(new).await.unwrap().preview);
    }
    let (mut seen, mut after) = (BTreeSet::new(), None);
    for n in 0..3 {
        let page = store
            .list(&Filter::default(), after.as_ref(), 3)
            .await
            .unwrap();
        for item in page.items {
            assert!(seen.insert(item.identity.id), "listed twice");
        }
        after = page.next;
        store
            .create(new_preview(&format!("new-{n}"), at(100)))
            .await
            .unwrap();
    }
    assert_eq!(seen, old);
}

/// A cursor that no page ended with is said to be one.
pub async fn a_made_up_cursor_is_refused(harness: &dyn Harness) {
    let world = World::of(harness).await;
    world.created("app").await;
    let made_up = [
        "",
        "x",
        "0123456789abcdef",
        "' OR 1=1",
        &"f".repeat(500),
        &"F".repeat(32),
        &"+1".repeat(16),
        &"🦀".repeat(8),
        &format!("x{}y", "é".repeat(15)),
    ];
    for text in made_up {
        let cursor = Cursor(text.to_owned());
        let refused = world
            .ports
            .store
            .list(&Filter::default(), Some(&cursor), 10)
            .await;
        assert!(
            matches!(refused, Err(StoreError::BadCursor)),
            "{text}: {refused:?}"
        );
    }
}
