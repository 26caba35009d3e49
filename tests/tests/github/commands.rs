//! Commands in comments, and forks.

use tempus_model::{DeedKind, Phase};
use tempus_tests::github::World;

use super::sha;

async fn until_said(world: &World, number: u64, text: &str) {
    world
        .until(text, async |world: &World| {
            let said = world.hub.reports(number);
            said.iter().any(|comment| comment.text.contains(text))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_write_stops_asks_and_extends() {
    let world = World::start().await;
    let opened = world.hub.change(7, |pull| pull.sha = sha('a'));
    world.deliver("pull_request", "1", &opened).await;
    until_said(&world, 7, "`pr-7-shop`: ready").await;

    let stop = world.hub.comment(7, "mallory", "/preview stop");
    world.deliver("issue_comment", "2", &stop).await;
    until_said(&world, 7, "`mallory` may not").await;
    assert_eq!(world.phase("pr-7-shop").await, Some(Phase::Ready));

    let before = world.preview("pr-7-shop").await.unwrap().row.expires_at;
    let extend = world.hub.comment(7, "ada", "/preview extend 2d");
    world.deliver("issue_comment", "3", &extend).await;
    world
        .until("it lives longer", async |world: &World| {
            world.preview("pr-7-shop").await.unwrap().row.expires_at > before
        })
        .await;
    world.until_rest().await;
    let extended = world.preview("pr-7-shop").await.unwrap().row.expires_at;
    // Delivered again under another id: still the same comment.
    world.deliver("issue_comment", "4", &extend).await;
    world.until_rest().await;
    assert_eq!(
        world.preview("pr-7-shop").await.unwrap().row.expires_at,
        extended
    );
    let extend = world.hub.comment(7, "ada", "/preview extend 90d");
    world.deliver("issue_comment", "5", &extend).await;
    until_said(&world, 7, "lives 7d at most").await;
    let pin = world
        .hub
        .comment(7, "ada", "/preview pin 14d the demo on Friday");
    world.deliver("issue_comment", "9", &pin).await;
    until_said(&world, 7, ": `the demo on Friday`").await;
    world.until_rest().await;
    let pinned = world.preview("pr-7-shop").await.unwrap().row;
    assert!(pinned.expires_at > extended && pinned.pinned().is_some());
    let store = world.engine.store();
    let deed = store.deeds(pinned.preview, 1).await.unwrap().remove(0);
    assert_eq!(deed.by.to_string(), "ada on GitHub (commented)");
    let unpin = world.hub.comment(7, "ada", "/preview unpin");
    world.deliver("issue_comment", "10", &unpin).await;
    world
        .until("it is pinned no more", async |world: &World| {
            world.preview("pr-7-shop").await.unwrap().row.expires_at == extended
        })
        .await;

    let stop = world.hub.comment(7, "ada", "/preview stop");
    world.deliver("issue_comment", "6", &stop).await;
    until_said(&world, 7, "stopped by a comment").await;
    world
        .until("it is gone", async |world: &World| {
            world.phase("pr-7-shop").await == Some(Phase::Destroyed)
        })
        .await;
    // It stays so, whatever is pushed, until somebody asks.
    let pushed = world.hub.change(7, |pull| pull.sha = sha('b'));
    world.deliver("pull_request", "7", &pushed).await;
    world.until_rest().await;
    assert_eq!(world.phase("pr-7-shop").await, Some(Phase::Destroyed));
    let ask = world.hub.comment(7, "ada", "Once more:\n\n/preview");
    world.deliver("issue_comment", "8", &ask).await;
    world
        .until("it is back", async |world: &World| {
            world.phase("pr-7-shop").await == Some(Phase::Ready)
                && world.commit("pr-7-shop").await == Some(sha('b'))
        })
        .await;
    world.until_rest().await;
    assert_eq!(world.hub.reports(7).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sleeps_is_said_to_and_is_woken_by_who_may_write() {
    let world = World::start().await;
    world.hub.put_file(".tempus.yml", "sleep 1s\n");
    let opened = world.hub.change(7, |pull| pull.sha = sha('a'));
    world.deliver("pull_request", "1", &opened).await;
    until_said(&world, 7, "`pr-7-shop`: asleep until somebody uses it").await;
    assert_eq!(world.hub.status(&sha('a')).as_deref(), Some("success"));

    let wake = world.hub.comment(7, "ada", "/preview wake");
    world.deliver("issue_comment", "2", &wake).await;
    let preview = world.preview("pr-7-shop").await.unwrap().row.preview;
    let store = world.engine.store();
    world
        .until("it was woken, and sleeps again", async |_: &World| {
            store.deeds(preview, 10).await.unwrap().len() >= 3
        })
        .await;
    let told = store.deeds(preview, 10).await.unwrap().into_iter();
    let mut told: Vec<_> = told.map(|deed| (deed.what, deed.by.to_string())).collect();
    told.reverse();
    let slept = (DeedKind::Slept, "a worker".to_owned());
    let woken = (DeedKind::Woken, "ada on GitHub (commented)".to_owned());
    assert_eq!(told, [slept.clone(), woken, slept]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_runs_what_was_approved_and_nothing_else() {
    let world = World::start().await;
    let opened = world.hub.change(7, |pull| {
        pull.sha = sha('a');
        pull.from = 99;
    });
    world.deliver("pull_request", "1", &opened).await;
    until_said(&world, 7, &format!("/preview {}", sha('a'))).await;
    world.until_rest().await;
    assert!(world.preview("pr-7-shop").await.is_none());

    let ask = world
        .hub
        .comment(7, "mallory", &format!("/preview {}", sha('a')));
    world.deliver("issue_comment", "2", &ask).await;
    until_said(&world, 7, "`mallory` may not").await;

    // Pushed between the look and the comment, with both deliveries lost but the comment's.
    let ask = world.hub.comment(7, "ada", "/preview");
    drop(world.hub.change(7, |pull| pull.sha = sha('b')));
    drop(world.hub.change(8, |pull| pull.open = false));
    world.deliver("issue_comment", "3", &ask).await;
    until_said(&world, 7, &format!("by `/preview {}`", sha('b'))).await;
    world.until_rest().await;
    assert!(world.preview("pr-7-shop").await.is_none());

    let ask = world
        .hub
        .comment(7, "ada", &format!("/preview {}", &sha('b')[..7]));
    world.deliver("issue_comment", "4", &ask).await;
    world
        .until("what was approved runs", async |world: &World| {
            world.phase("pr-7-shop").await == Some(Phase::Ready)
                && world.commit("pr-7-shop").await == Some(sha('b'))
        })
        .await;
    // Another push is not approved.
    let pushed = world.hub.change(8, |pull| pull.open = false);
    drop(pushed);
    let pushed = world.hub.change(7, |pull| pull.sha = sha('c'));
    world.deliver("pull_request", "5", &pushed).await;
    world
        .until("it is gone", async |world: &World| {
            world.phase("pr-7-shop").await == Some(Phase::Destroyed)
        })
        .await;
    world.until_rest().await;
    assert_eq!(world.hub.reports(7).len(), 1);
    world.stop().await;
}
