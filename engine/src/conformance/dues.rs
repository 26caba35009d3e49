//! Due rows: what the reminder lists, and what events may hurry.

use std::time::Duration;

use tempus_model::Timestamp;

use super::Harness;
use super::world::{LIFE, World, at, new_preview};
use crate::NewPreview;

/// Due, not held, longest due first, no more than asked for.
pub async fn only_what_is_due_and_free_is_listed_longest_first(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let mut previews = Vec::new();
    for (name, now) in [("b", 20), ("a", 10), ("c", 30), ("later", 50)] {
        let accepted = store.create(new_preview(name, at(now))).await.unwrap();
        previews.push(accepted.preview);
    }
    let [b, a, c, _later] = previews[..] else {
        unreachable!()
    };
    let held = world.created("held").await.preview;
    world.claim(held, at(39)).await;
    world.ready("ready").await;
    assert_eq!(store.due(at(40), 10).await.unwrap(), [a, b, c]);
    assert_eq!(store.due(at(40), 2).await.unwrap(), [a, b]);
    assert_eq!(store.due(at(9), 10).await.unwrap(), []);
}

/// A claim leaves the row due, so it is found again when its holder is gone.
pub async fn a_dead_holders_row_is_still_due(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    world.claim(preview, at(1)).await;
    assert_eq!(store.due(at(30), 10).await.unwrap(), []);
    assert_eq!(store.due(at(31), 10).await.unwrap(), [preview]);
}

/// Of many that would remind, one does; again only after a while, and only for what is due.
pub async fn a_reminder_is_sent_once_in_a_while(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let spacing = Duration::from_mins(1);
    let preview = world.created("app").await.preview;
    assert!(
        !store.remind(preview, at(-1), spacing).await.unwrap(),
        "not due"
    );
    let mut reminders = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        reminders.spawn(async move { store.remind(preview, at(1), spacing).await.unwrap() });
    }
    let sent = reminders.join_all().await;
    assert_eq!(sent.into_iter().filter(|sent| *sent).count(), 1);
    assert!(!store.remind(preview, at(60), spacing).await.unwrap());
    assert!(store.remind(preview, at(61), spacing).await.unwrap());
    world.claim(preview, at(130)).await;
    assert!(
        !store.remind(preview, at(131), spacing).await.unwrap(),
        "held"
    );
}

/// An event hurries a saga that waits, and nothing else.
pub async fn only_what_waits_is_woken(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.created("app").await.preview;
    assert!(!store.wake(preview, at(1)).await.unwrap(), "due already");
    let hand = world.claim(preview, at(1)).await;
    assert!(!store.wake(preview, at(2)).await.unwrap(), "held");
    store
        .wait(&hand.write(at(3)), hand.seen, at(600))
        .await
        .unwrap();
    assert!(store.wake(preview, at(4)).await.unwrap());
    assert_eq!(store.due(at(4), 10).await.unwrap(), [preview]);
    assert!(!store.wake(preview, at(5)).await.unwrap(), "due by now");
    world.settle(preview, at(6)).await;
    assert!(!store.wake(preview, at(7)).await.unwrap(), "at rest");
    assert_eq!(world.row(preview).await.due_at, Some(at(LIFE)));
}

/// A verify that came early would miss what has yet to land.
pub async fn a_pending_verify_is_not_woken(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.destroyed("app", at(10)).await;
    assert!(!store.wake(preview, at(11)).await.unwrap());
    let hand = world.claim(preview, at(12)).await;
    store
        .wait(&hand.write(at(13)), hand.seen, at(60))
        .await
        .unwrap();
    assert!(!store.wake(preview, at(14)).await.unwrap());
    assert_eq!(world.row(preview).await.due_at, Some(at(60)));
}

/// How long work has waited is told by the rows: a claim ends it, a message has no part in it.
pub async fn the_depth_says_how_long_work_has_waited(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let queue = &world.ports.queue;
    let now = world.ports.clock.now();
    let ago = |minutes: i64| Timestamp::from_millis(now.millis() - minutes * 60_000);
    let oldest = async || queue.depth().await.unwrap().oldest.as_secs() / 60;
    assert_eq!(oldest().await, 0);
    let mut previews = Vec::new();
    for (name, minutes) in [("young", 5), ("old", 9)] {
        let new = NewPreview {
            expires_at: now.after(Duration::from_hours(2)),
            ..new_preview(name, ago(minutes))
        };
        previews.push(world.ports.store.create(new).await.unwrap().preview);
    }
    assert_eq!(oldest().await, 9);
    world.claim(previews[1], now).await;
    assert_eq!(oldest().await, 5);
    world.claim(previews[0], now).await;
    assert_eq!(oldest().await, 0);
}
