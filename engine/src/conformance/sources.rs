//! Sources: pull requests and branches, and who tends them.

use std::time::Duration;

use tempus_model::Nonce;
use tempus_model::github::{
    Head, News, Next, NoChange, Note, Pull, PullState, Source, SourceChange, SourceKey, Tended,
    Trust,
};

use super::Harness;
use super::world::{World, at};
use crate::SourceError;

const LEASE: Duration = Duration::from_mins(1);

fn key(number: u64) -> SourceKey {
    SourceKey::Pull {
        repository: 1_296_269,
        number,
    }
}

fn news(delivery: &str, second: i64) -> SourceChange {
    let pull = Pull {
        updated_at: at(second),
        state: PullState::Open,
        draft: false,
        head: Head {
            sha: "6dcb09b5b57875f334f61aebed695e2e4193db5e".to_owned(),
            branch: "changes".to_owned(),
            repository: Some(1_296_269),
        },
        base: "main".to_owned(),
        labels: Vec::new(),
    };
    SourceChange::Note(Note {
        delivery: Some(delivery.to_owned()),
        repository: None,
        by: None,
        news: News::Pull(pull, Trust::Heard),
    })
}

fn claim(nonce: u64) -> SourceChange {
    SourceChange::Claim {
        nonce: Nonce(nonce),
        lease: LEASE,
    }
}

fn release(source: &Source, next: Next) -> SourceChange {
    SourceChange::Release {
        nonce: source.nonce,
        noted: source.noted,
        tended: Box::new(Tended {
            failures: 3,
            ..Tended::default()
        }),
        next,
    }
}

fn refused(answer: Result<Source, SourceError>) -> NoChange {
    match answer {
        Err(SourceError::NoChange(no)) => no,
        other => panic!("{other:?}"),
    }
}

/// What is noted is due, is found by its key and with its repository's others, and is noted once.
pub async fn what_is_noted_is_due_and_found(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    assert_eq!(store.source(&key(1)).await.unwrap(), None);
    let (one, two) = (news("a", 1), news("b", 1));
    let one = store.change_source(&key(1), &one, at(1)).await.unwrap();
    let two = store.change_source(&key(2), &two, at(2)).await.unwrap();
    let app = SourceChange::Note(Note {
        delivery: None,
        repository: None,
        by: None,
        news: News::Look,
    });
    store
        .change_source(&SourceKey::App, &app, at(3))
        .await
        .unwrap();
    assert_eq!(store.source(&key(1)).await.unwrap(), Some(one.clone()));
    let mut listed = store.sources(1_296_269).await.unwrap();
    listed.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(listed, [one, two]);
    assert!(store.sources(5).await.unwrap().is_empty());
    let due = store.due_sources(at(2), 10).await.unwrap();
    assert_eq!(due, [key(1), key(2)]);
    assert_eq!(store.due_sources(at(3), 10).await.unwrap().len(), 3);
    assert_eq!(store.due_sources(at(3), 1).await.unwrap(), [key(1)]);
    let again = store.change_source(&key(1), &news("a", 1), at(4)).await;
    assert_eq!(refused(again), NoChange::Nothing);
}

/// Of many at once one gets it; what it did is kept, and nobody else can write.
pub async fn of_many_claims_one_wins(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let unknown = store.change_source(&key(1), &claim(1), at(1)).await;
    assert_eq!(refused(unknown), NoChange::Unknown);
    store
        .change_source(&key(1), &news("a", 1), at(1))
        .await
        .unwrap();
    let (a, b, c) = (claim(1), claim(2), claim(3));
    let source = key(1);
    let (a, b, c) = tokio::join!(
        store.change_source(&source, &a, at(2)),
        store.change_source(&source, &b, at(2)),
        store.change_source(&source, &c, at(2)),
    );
    let mut won = [a, b, c].into_iter().filter_map(Result::ok);
    let mine = won.next().unwrap();
    assert!(won.next().is_none());
    assert!(store.due_sources(at(3), 10).await.unwrap().is_empty());
    let release_at_20 = release(&mine, Next::At(at(20)));
    let released = store.change_source(&source, &release_at_20, at(4)).await;
    let released = released.unwrap();
    assert_eq!(
        (released.due_at, released.tended.failures),
        (Some(at(20)), 3)
    );
    let again = store.change_source(&source, &release_at_20, at(5)).await;
    assert_eq!(again.unwrap(), released, "its own, whose answer was lost");
    let early = store.change_source(&source, &claim(4), at(19)).await;
    assert_eq!(refused(early), NoChange::NotDue);
    // Its lease runs out, and another goes on.
    store
        .change_source(&source, &claim(4), at(20))
        .await
        .unwrap();
    assert_eq!(store.due_sources(at(80), 10).await.unwrap(), [key(1)]);
    store
        .change_source(&source, &claim(5), at(80))
        .await
        .unwrap();
    let late = store
        .change_source(&source, &release(&mine, Next::WhenNoted), at(81))
        .await;
    assert_eq!(refused(late), NoChange::Lost);
}

/// News and work go together: neither loses what the other wrote, however they meet.
pub async fn news_during_work_is_not_lost(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let source = key(1);
    store
        .change_source(&source, &news("a", 1), at(1))
        .await
        .unwrap();
    let mine = store
        .change_source(&source, &claim(1), at(2))
        .await
        .unwrap();
    let (note, done) = (news("b", 9), release(&mine, Next::WhenNoted));
    let (noted, done) = tokio::join!(
        store.change_source(&source, &note, at(3)),
        store.change_source(&source, &done, at(3)),
    );
    noted.unwrap();
    done.unwrap();
    let stored = store.source(&source).await.unwrap().unwrap();
    assert_eq!(stored.pull.unwrap().updated_at, at(9));
    assert_eq!(stored.tended.failures, 3);
    assert_eq!(stored.due_at, Some(at(3)));
    assert_eq!(store.due_sources(at(3), 10).await.unwrap(), [source]);
}
