//! The sweep against a world that is not as the rows have it: it removes nothing itself.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::future::Future;
use std::time::Duration;

use tempus_engine::{DeadLetterId, Outgoing};
use tempus_model::{Hint, InstallationId, Phase, PreviewId};
use tempus_steps::sim::Kind;
use tempus_tests::sim::{World, spec};

const TTL: Duration = Duration::from_hours(5);
const QUIET: Duration = Duration::from_mins(20);

/// Runs a story in virtual time, with one worker and one ready preview.
fn story<F: Future<Output = ()>>(play: impl FnOnce(World, PreviewId) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut world = World::new(None);
        world.start_worker();
        let accepted = world
            .create("app", spec(&[("web", "1")]), TTL)
            .await
            .unwrap();
        world.until_rest(accepted.preview, QUIET).await.unwrap();
        // Older than what a sweep looks at.
        world.pass(accepted.preview, QUIET).await;
        play(world, accepted.preview).await;
    });
}

async fn sweep(world: &mut World, preview: PreviewId) {
    // What was planted a moment ago is not listed yet.
    world.pass(preview, Duration::from_secs(1)).await;
    let message = Outgoing::now(&Hint::Sweep);
    world.engine.queue().send(&[message]).await.unwrap();
    world.pass(preview, Duration::from_secs(30)).await;
    world.until_rest(preview, QUIET).await.unwrap();
}

#[test]
fn what_is_missing_is_brought_back_by_a_verify() {
    story(|mut world, preview| async move {
        let rule = world
            .cloud
            .truth()
            .into_iter()
            .find(|item| item.kind == Kind::Rule)
            .unwrap();
        world.cloud.lose(Kind::Rule, &rule.name);
        sweep(&mut world, preview).await;
        world.check(preview).await.unwrap();
        assert_eq!(world.get(preview).await.row.phase(), Phase::Ready);
    });
}

#[test]
fn what_no_ledger_knows_is_removed_by_a_verify() {
    story(|mut world, preview| async move {
        let installation = world.engine.installation();
        world
            .cloud
            .plant(Kind::Rule, "planted", (installation, preview));
        sweep(&mut world, preview).await;
        world.check(preview).await.unwrap();
    });
}

#[test]
fn another_installation_is_never_touched() {
    story(|mut world, preview| async move {
        world
            .cloud
            .plant(Kind::Rule, "theirs", (InstallationId::new(1), preview));
        sweep(&mut world, preview).await;
        assert!(world.cloud.truth().iter().any(|item| item.name == "theirs"));
        let letters = world.engine.store().dead_letters(10).await.unwrap();
        assert!(letters.is_empty(), "{letters:?}");
    });
}

#[test]
fn what_has_no_row_is_reported_and_removed_only_when_confirmed() {
    story(|mut world, preview| async move {
        let nobody = PreviewId::new(uuid::Uuid::from_u128(0xdead << 96));
        let installation = world.engine.installation();
        world
            .cloud
            .plant(Kind::TargetGroup, "left", (installation, nobody));
        sweep(&mut world, preview).await;
        sweep(&mut world, preview).await;
        assert!(
            world.cloud.truth().iter().any(|item| item.name == "left"),
            "never unasked"
        );
        let letters = world.engine.store().dead_letters(10).await.unwrap();
        assert_eq!(letters.len(), 1, "reported once: {letters:?}");
        assert_eq!(letters[0].id, DeadLetterId::orphan(nobody));
        assert!(letters[0].body.contains("left"), "{}", letters[0].body);

        let confirm = Outgoing::now(&Hint::Reap { preview: nobody });
        world.engine.queue().send(&[confirm]).await.unwrap();
        world.pass(preview, QUIET).await;
        world.check(preview).await.unwrap();
    });
}

#[test]
fn a_preview_that_has_a_row_is_never_reaped() {
    story(|mut world, preview| async move {
        let confirm = Outgoing::now(&Hint::Reap { preview });
        world.engine.queue().send(&[confirm]).await.unwrap();
        world.pass(preview, QUIET).await;
        world.check(preview).await.unwrap();
        assert_eq!(world.get(preview).await.row.phase(), Phase::Ready);
    });
}

#[test]
fn an_unexpectedly_empty_listing_is_no_information() {
    story(|mut world, preview| async move {
        sweep(&mut world, preview).await;
        let epoch = world.get(preview).await.row.epoch;
        for item in world.cloud.truth() {
            world.cloud.lose(item.kind, &item.name);
        }
        sweep(&mut world, preview).await;
        assert_eq!(
            world.get(preview).await.row.epoch,
            epoch,
            "nothing was concluded"
        );
        // Empty twice is how it is.
        sweep(&mut world, preview).await;
        world.check(preview).await.unwrap();
    });
}
