//! That a preview's time is nearly over is told: a real worker on a real engine, over real HTTP, to a
//! receiver that takes it, refuses it, does not answer, or is told by a worker that dies.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod program;
mod world;

use std::time::Duration;

use tempus_engine::{Clock, Extended, SystemClock};
use tempus_model::{Actor, DeedKind, Phase};
use tempus_tests::receiver::{Answer, Receiver};

use world::{SECRET, World};

/// What every event must be.
fn sound(receiver: &Receiver) {
    for received in receiver.received() {
        assert!(received.is_signed_with(SECRET));
        assert!(!received.is_signed_with("another secret of that length"));
        assert_eq!(received.header("content-type"), "application/json");
        assert_eq!(received.header("x-tempus-event"), "preview.expiring");
        let body = received.json();
        assert_eq!(body["event"], "preview.expiring");
        assert_eq!(body["id"], received.header("x-tempus-delivery"));
    }
}

fn ids(receiver: &Receiver) -> Vec<String> {
    let received = receiver.received().into_iter();
    received
        .map(|event| event.header("x-tempus-delivery").to_owned())
        .collect()
}

#[tokio::test]
async fn it_is_told_once_before_the_end() {
    let receiver = Receiver::start(&[]).await;
    let world = World::start(&receiver, Duration::from_secs(2));
    let preview = world.create("app", 2, 5).await;
    let end = world.row(preview).await.expires_at;
    world
        .until("it is told", async || !receiver.received().is_empty())
        .await;
    let told_at = SystemClock.now();
    assert!(told_at < end && told_at.until(end) <= Duration::from_secs(2));
    let event = receiver.received().remove(0);
    assert_eq!(event.path, "/hooks/hush-hush");
    let body = event.json();
    assert_eq!(body["preview"]["name"], "app");
    assert_eq!(body["preview"]["preview_id"], preview.to_string());
    assert_eq!(body["preview"]["expires_at"], end.to_string());
    let extend = format!("https://tempus.example/preview/{preview}/extend");
    assert_eq!(body["preview"]["extend_url"], extend);
    world
        .until("it ends on time", async || {
            world.row(preview).await.phase() == Phase::Destroyed
        })
        .await;
    assert_eq!(ids(&receiver).len(), 1, "once");
    sound(&receiver);
    let told = world.deeds(preview).await;
    assert_eq!(told[0].what, DeedKind::Warned { of: end });
    world.stop().await;
}

#[tokio::test]
async fn what_was_not_taken_is_told_again_with_the_same_id() {
    // A redirect is no receiver: what is signed for one address goes to no other.
    let receiver = Receiver::start(&[Answer::Status(500), Answer::Elsewhere]).await;
    let world = World::start(&receiver, Duration::from_millis(200));
    let preview = world.create("app", 4, 9).await;
    let end = world.row(preview).await.expires_at;
    world
        .until("it is taken", async || {
            let told = world.deeds(preview).await;
            told.iter()
                .any(|deed| deed.what == DeedKind::Warned { of: end })
        })
        .await;
    let ids = ids(&receiver);
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(
        receiver
            .received()
            .iter()
            .all(|event| event.path == "/hooks/hush-hush")
    );
    sound(&receiver);
    world.stop().await;
}

#[tokio::test]
async fn of_an_end_that_it_has_no_more_nothing_is_told() {
    let receiver = Receiver::start(&[]).await;
    let world = World::start(&receiver, Duration::from_secs(2));
    let preview = world.create("app", 2, 5).await;
    let old = world.row(preview).await.expires_at;
    let store = world.store();
    let to = Extended::To(old.after(Duration::from_secs(4)));
    let extended = store.extend(preview, to, Actor::Timer, SystemClock.now());
    let new = extended.await.unwrap().expires_at;
    world.hint(preview).await;
    world
        .until("it is told", async || !receiver.received().is_empty())
        .await;
    assert!(SystemClock.now() > old, "not before the old end");
    let told = receiver.received().remove(0).json();
    assert_eq!(told["preview"]["expires_at"], new.to_string());
    assert_eq!(ids(&receiver).len(), 1);
    sound(&receiver);
    world.stop().await;
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_nothing_up() {
    let receiver = Receiver::start(&[Answer::Nothing, Answer::Nothing]).await;
    let mut world = World::start(&receiver, Duration::from_mins(10));
    // As many as the worker tells at a time, and one more.
    let first = world.create("first", 2, 6).await;
    let second = world.create("second", 2, 6).await;
    world
        .until("one is told", async || !receiver.received().is_empty())
        .await;
    let third = world.create("third", 60, 300).await;
    world
        .until("another is made, and these end", async || {
            let ready = world.row(third).await.phase() == Phase::Ready;
            let gone = |phase| phase == Phase::Destroyed;
            ready && gone(world.row(first).await.phase()) && gone(world.row(second).await.phase())
        })
        .await;
    world.kill();
}

#[tokio::test]
async fn who_dies_telling_is_followed_by_another() {
    let receiver = Receiver::start(&[Answer::Nothing]).await;
    let mut world = World::start(&receiver, Duration::from_millis(500));
    let preview = world.create("app", 4, 9).await;
    world
        .until("it is told", async || !receiver.received().is_empty())
        .await;
    world.kill();
    assert_eq!(
        world.deeds(preview).await,
        [],
        "nobody knows whether it was taken"
    );
    world.begin(&receiver, Duration::from_millis(500));
    world
        .until("it is told again", async || receiver.received().len() == 2)
        .await;
    let ids = ids(&receiver);
    assert_eq!(ids[0], ids[1]);
    sound(&receiver);
    world
        .until("that is noted", async || {
            !world.deeds(preview).await.is_empty()
        })
        .await;
    world.stop().await;
}
