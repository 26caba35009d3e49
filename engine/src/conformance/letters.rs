//! Messages that nobody could read.

use super::Harness;
use super::world::{World, at};
use crate::{DeadLetter, DeadLetterId};

/// The same one twice is one; the oldest comes first; deleted, it is gone.
pub async fn a_letter_is_kept_once_and_until_it_is_deleted(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let letter = |id: &str, seconds| DeadLetter {
        id: DeadLetterId(id.to_owned()),
        body: format!("{{\"who\": \"{id}\"}}"),
        reason: "not a message".to_owned(),
        at: at(seconds),
    };
    for letter in [
        letter("b", 2),
        letter("a", 1),
        letter("c", 3),
        letter("a", 9),
    ] {
        store.put_dead_letter(&letter).await.unwrap();
    }
    let kept = [letter("a", 1), letter("b", 2), letter("c", 3)];
    assert_eq!(store.dead_letters(10).await.unwrap(), kept);
    assert_eq!(store.dead_letters(2).await.unwrap(), kept[..2]);
    assert!(store.delete_dead_letter(&kept[1].id).await.unwrap());
    assert!(!store.delete_dead_letter(&kept[1].id).await.unwrap());
    assert_eq!(
        store.dead_letters(10).await.unwrap(),
        [letter("a", 1), letter("c", 3)]
    );
}
