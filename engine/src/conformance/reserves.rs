//! Reservations: numbers from a pool.

use std::collections::{BTreeMap, BTreeSet};

use tempus_model::PreviewId;
use tokio::task::JoinSet;

use super::Harness;
use super::world::{World, at};
use crate::{Reserve, ReserveError};

fn ask(preview: PreviewId, item: &str) -> Reserve {
    Reserve {
        preview,
        pool: "port".to_owned(),
        item: item.to_owned(),
        range: 20_000..=20_009,
        avoid: BTreeSet::new(),
    }
}

/// Asked again, by whoever goes on with the step, it is the same.
pub async fn the_same_item_gets_the_same_number(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    let web = store.reserve(&ask(preview, "web")).await.unwrap();
    let api = store.reserve(&ask(preview, "api")).await.unwrap();
    assert_ne!(web, api);
    assert!((20_000..=20_009).contains(&web));
    assert_eq!(store.reserve(&ask(preview, "web")).await.unwrap(), web);
    let elsewhere = Reserve {
        pool: "rule".to_owned(),
        range: 5..=5,
        ..ask(preview, "web")
    };
    assert_eq!(store.reserve(&elsewhere).await.unwrap(), 5);
}

/// Many previews ask at the same moment: every number goes to one of them.
pub async fn no_two_get_the_same_number(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let mut asking = JoinSet::new();
    for n in 0..10 {
        let preview = world.created(&format!("app-{n}")).await.preview;
        let store = world.ports.store.clone();
        asking.spawn(async move { store.reserve(&ask(preview, "web")).await.unwrap() });
    }
    let numbers: BTreeSet<_> = asking.join_all().await.into_iter().collect();
    assert_eq!(numbers, (20_000..=20_009).collect());
}

/// The steps of one preview ask at the same moment: each item gets a number of its own, and keeps it.
pub async fn items_of_a_preview_ask_at_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.created("app").await.preview;
    let all_at_once = async || {
        let mut asking = JoinSet::new();
        for n in 0..6 {
            let (store, item) = (world.ports.store.clone(), format!("item-{n}"));
            asking.spawn(async move {
                let number = store.reserve(&ask(preview, &item)).await.unwrap();
                (item, number)
            });
        }
        let numbers = asking.join_all().await.into_iter();
        numbers.collect::<BTreeMap<_, _>>()
    };
    let numbers = all_at_once().await;
    let distinct: BTreeSet<_> = numbers.values().collect();
    assert_eq!(distinct.len(), 6, "{numbers:?}");
    assert_eq!(all_at_once().await, numbers);
}

/// A number that somebody else was seen to use is given back for another.
pub async fn what_others_use_is_avoided(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    let first = store.reserve(&ask(preview, "web")).await.unwrap();
    let avoid = BTreeSet::from([first]);
    let moved = Reserve {
        avoid: avoid.clone(),
        ..ask(preview, "web")
    };
    let second = store.reserve(&moved).await.unwrap();
    assert_ne!(second, first);
    assert_eq!(store.reserve(&moved).await.unwrap(), second);
    assert_eq!(store.reserve(&ask(preview, "web")).await.unwrap(), second);
    // The one that was left is free for whoever does not mind.
    let mut given = BTreeSet::new();
    for n in 0..9 {
        let other = world.created(&format!("app-{n}")).await.preview;
        given.insert(store.reserve(&ask(other, "web")).await.unwrap());
    }
    assert!(
        given.contains(&first) && !given.contains(&second),
        "{given:?}"
    );
}

/// Nothing free, or nothing that may be given: it says so, and an old number stays.
pub async fn an_exhausted_pool_says_so(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    for n in 0..10 {
        store
            .reserve(&ask(preview, &format!("item-{n}")))
            .await
            .unwrap();
    }
    let refused = store.reserve(&ask(preview, "more")).await;
    let Err(ReserveError::Exhausted(pool)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(pool, "port");
    let first = store.reserve(&ask(preview, "item-0")).await.unwrap();
    let avoid = (20_000..=20_009).collect();
    let refused = store
        .reserve(&Reserve {
            avoid,
            ..ask(preview, "item-0")
        })
        .await;
    assert!(
        matches!(refused, Err(ReserveError::Exhausted(_))),
        "{refused:?}"
    );
    assert_eq!(store.reserve(&ask(preview, "item-0")).await.unwrap(), first);
}

/// What the cloud may still hold is kept until the receipt, and then given to others.
pub async fn the_receipt_frees_them(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    let only = |preview| Reserve {
        range: 7..=7,
        ..ask(preview, "web")
    };
    assert_eq!(store.reserve(&only(preview)).await.unwrap(), 7);
    let next = world.created("next").await.preview;
    world.destroy(preview, at(2)).await;
    world.settle(preview, at(3)).await;
    store.reserve(&only(next)).await.unwrap_err();
    world.prove(preview, at(5)).await;
    assert_eq!(store.reserve(&only(next)).await.unwrap(), 7);
    // Whoever comes late for the old preview takes nothing that nobody would free.
    store.reserve(&ask(preview, "late")).await.unwrap_err();
}
