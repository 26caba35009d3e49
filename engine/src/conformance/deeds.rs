//! Deeds: who did what without a job, kept by the very write that did it; and jobs, which carry who asked.

use std::time::Duration;

use tempus_model::transition::extend::NoExtend;
use tempus_model::transition::warn::Warn;
use tempus_model::{Actor, By, Deed, DeedKind, Did, Person, PreviewId, Work};

use super::Harness;
use super::world::{LIFE, World, at, new_preview, update};
use crate::{ExtendError, Extended, NewPreview};

fn ann() -> Actor {
    Actor::on_github(Some(&By {
        person: Person {
            id: Some(7),
            login: "ann".to_owned(),
        },
        did: Did::Pushed,
    }))
}

fn pinned(until: i64) -> Extended {
    Extended::Pinned {
        until: at(until),
        reason: "the demo on Friday".parse().unwrap(),
    }
}

async fn deeds(world: &World, preview: PreviewId) -> Vec<Deed> {
    world.ports.store.deeds(preview, 100).await.unwrap()
}

/// A job says who asked for it, when it is accepted and when it has ended.
pub async fn a_job_carries_who_asked_for_it(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    let mut asked = update(preview, 2, at(5));
    asked.job.by = ann();
    let job = store.update(asked).await.unwrap().job;
    assert_eq!(world.job(job.id).await.by, Some(ann()));
    world.settle(preview, at(6)).await;
    let ended = world.job(job.id).await;
    assert!(ended.status.is_final() && ended.by == Some(ann()));
}

/// The newest first, and no more than are asked for; what changes nothing is none.
pub async fn what_is_done_without_a_job_is_kept(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    assert_eq!(deeds(&world, preview).await, []);
    let longer = Extended::To(at(LIFE + 60));
    for now in [5, 6] {
        let to = longer.clone();
        store.extend(preview, to, ann(), at(now)).await.unwrap();
    }
    // Whatever else is written meanwhile.
    store.doubt(preview, at(7)).await.unwrap();
    let pin = pinned(90_000);
    store.extend(preview, pin, Actor::App, at(8)).await.unwrap();
    let unpin = Extended::Unpinned { at_least: at(9) };
    store.extend(preview, unpin, ann(), at(9)).await.unwrap();
    let kept = deeds(&world, preview).await;
    let what: Vec<_> = kept.iter().map(|deed| deed.what.clone()).collect();
    let end = at(LIFE + 60);
    let pinned = DeedKind::Pinned {
        until: at(90_000),
        reason: "the demo on Friday".parse().unwrap(),
    };
    let extended = DeedKind::Extended {
        from: at(LIFE),
        to: end,
    };
    assert_eq!(what, [DeedKind::Unpinned { to: end }, pinned, extended]);
    let whose: Vec<_> = kept.iter().map(|deed| deed.by.clone()).collect();
    assert_eq!(whose, [ann(), Actor::App, ann()]);
    assert_eq!(kept[2].at, at(5));
    let newest = store.deeds(preview, 1).await.unwrap();
    assert_eq!(newest, kept[..1]);
    assert_eq!(deeds(&world, world.ready("other").await).await, []);
}

/// Of deeds at the same time none is lost.
pub async fn of_many_at_once_none_is_lost(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let preview = world.ready("app").await;
    let all = (1..=8).map(|n| {
        let store = world.ports.store.clone();
        tokio::spawn(async move {
            let to = Extended::By {
                more: Duration::from_secs(1),
                latest: at(LIFE + 600),
            };
            store.extend(preview, to, ann(), at(n)).await.unwrap();
        })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    assert_eq!(world.row(preview).await.expires_at, at(LIFE + 8));
    assert_eq!(deeds(&world, preview).await.len(), 8);
}

/// Neither a push nor a shorter extension ends a pinned preview sooner.
pub async fn a_pin_holds_and_can_be_taken_back(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let preview = world.ready("app").await;
    let short = store.extend(preview, pinned(60), ann(), at(2)).await;
    assert!(
        matches!(short, Err(ExtendError::NoExtend(NoExtend::NotLonger(_)))),
        "{short:?}"
    );
    let row = store.extend(preview, pinned(90_000), ann(), at(2)).await;
    let row = row.unwrap();
    assert_eq!((row.expires_at, row.due_at), (at(90_000), Some(at(2))));
    assert_eq!(row.work(at(2)), Work::MoveTimer);
    let again = NewPreview {
        expires_at: at(LIFE + 300),
        ..new_preview("app", at(3))
    };
    let accepted = store.create(again).await.unwrap();
    assert_eq!(
        (accepted.preview, accepted.expires_at),
        (preview, at(90_000))
    );
    let unpin = Extended::Unpinned { at_least: at(9) };
    let row = store.extend(preview, unpin.clone(), ann(), at(4)).await;
    assert_eq!(row.unwrap().expires_at, at(LIFE + 300));
    let none = store.extend(preview, unpin, ann(), at(5)).await;
    assert!(
        matches!(none, Err(ExtendError::NoExtend(NoExtend::NotPinned))),
        "{none:?}"
    );
}

/// A row is due for its warning; of many who begin it at once, one does. Given, it is due at its end.
pub async fn a_warning_is_begun_by_one_and_given_once(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let new = NewPreview {
        warn_before: Some(Duration::from_mins(10)),
        ..new_preview("app", at(0))
    };
    let preview = store.create(new).await.unwrap().preview;
    world.settle(preview, at(1)).await;
    let due = LIFE - 600;
    assert_eq!(store.due(at(due - 1), 10).await.unwrap(), []);
    assert_eq!(store.due(at(due), 10).await.unwrap(), [preview]);
    let begin = |now: i64| Warn::Begin {
        again: at(now + 30),
        most: 3,
    };
    assert!(
        store
            .warn(preview, begin(due - 1), at(due - 1))
            .await
            .unwrap()
            .is_none()
    );
    let all = (0..8).map(|_| {
        let (store, begin) = (world.ports.store.clone(), begin(due));
        tokio::spawn(async move { store.warn(preview, begin, at(due)).await.unwrap() })
    });
    let mut holders = 0;
    for one in all.collect::<Vec<_>>() {
        holders += usize::from(one.await.unwrap().is_some());
    }
    assert_eq!(holders, 1);
    // Whoever began it died: it is due again.
    assert_eq!(store.due(at(due + 29), 10).await.unwrap(), []);
    assert_eq!(store.due(at(due + 30), 10).await.unwrap(), [preview]);
    let given = Warn::Given { of: at(LIFE) };
    let row = store.warn(preview, given, at(due + 30)).await.unwrap();
    assert_eq!(row.unwrap().due_at, Some(at(LIFE)));
    assert!(
        store
            .warn(preview, given, at(due + 31))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(store.due(at(LIFE - 1), 10).await.unwrap(), []);
    let kept = deeds(&world, preview).await;
    let what = DeedKind::Warned { of: at(LIFE) };
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0].what, &kept[0].by), (&what, &Actor::Worker));
}
