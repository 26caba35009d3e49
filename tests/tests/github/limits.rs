//! Tokens that end, limits that are reached, answers that have not changed.

use std::time::Duration;

use tempus_tests::github::World;
use tempus_worker::github::client::Pace;

use super::sha;

async fn until_all_ready(world: &World, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers {
        let what = format!("{number} is ready, and said to be");
        world
            .until(&what, async |world: &World| {
                let said = world.hub.reports(number);
                said.iter().any(|comment| comment.text.contains(": ready"))
            })
            .await;
    }
    world.until_rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_kept_while_it_is_good_and_no_longer() {
    let world = World::start().await;
    for number in 1..=3 {
        let opened = world.hub.change(number, |pull| pull.sha = sha('a'));
        world
            .deliver("pull_request", &number.to_string(), &opened)
            .await;
    }
    until_all_ready(&world, 1..=3).await;
    let made = world.hub.seen().tokens_made;
    // However many ask at once for the first.
    assert_eq!(made, 1);
    assert_eq!(world.hub.seen().unauthorized, 0);
    // Taken back before their end.
    world.hub.end_tokens(3600);
    let pushed = world.hub.change(2, |pull| pull.sha = sha('b'));
    world.deliver("pull_request", "4", &pushed).await;
    world
        .until("another is asked for", async |world: &World| {
            world.hub.status(&sha('b')).as_deref() == Some("success")
        })
        .await;
    assert!(world.hub.seen().tokens_made > made);
    // Too short to be kept at all: never used after its end.
    world.hub.end_tokens(2);
    let refused = world.hub.seen().unauthorized;
    let pushed = world.hub.change(2, |pull| pull.sha = sha('c'));
    world.deliver("pull_request", "5", &pushed).await;
    world
        .until("it works all the same", async |world: &World| {
            world.hub.status(&sha('c')).as_deref() == Some("success")
        })
        .await;
    // The one that was good when it was taken back.
    assert!(world.hub.seen().unauthorized <= refused + 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secondary_limit_makes_the_whole_installation_wait() {
    let world = World::start().await;
    world.hub.limit(12, Duration::from_secs(2));
    for number in 1..=6 {
        let opened = world.hub.change(number, |pull| pull.sha = sha('a'));
        world
            .deliver("pull_request", &number.to_string(), &opened)
            .await;
    }
    until_all_ready(&world, 1..=6).await;
    let seen = world.hub.seen();
    assert!(seen.limited > 0, "it was never reached");
    // Those that were on their way when the first was told to wait.
    assert!(seen.impatient <= seen.limited * 6, "{seen:?}");
    assert_eq!(seen.comments_created, 6);
    world.stop().await;
}

/// A pace below GitHub's limit is kept, so that the limit is never reached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_own_pace_keeps_the_limit_away() {
    let pace = Pace {
        per_minute: 9,
        per_hour: 500,
    };
    let world = World::with(1000, pace).await;
    world.hub.limit(10, Duration::from_mins(1));
    for number in 1..=4 {
        let opened = world.hub.change(number, |pull| pull.sha = sha('a'));
        world
            .deliver("pull_request", &number.to_string(), &opened)
            .await;
    }
    world
        .until("the budget is spent", async |world: &World| {
            let mut spent = 0;
            for number in 1..=4 {
                spent += world.hub.reports(number).len();
            }
            spent >= 2
        })
        .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let seen = world.hub.seen();
    assert_eq!((seen.limited, seen.impatient), (0, 0));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_had_now_is_said_and_comes_when_there_is_room() {
    let world = World::with(1, Pace::shared_by(1)).await;
    let opened = world.hub.change(1, |pull| pull.sha = sha('a'));
    world.deliver("pull_request", "1", &opened).await;
    until_all_ready(&world, 1..=1).await;
    let opened = world.hub.change(2, |pull| pull.sha = sha('b'));
    world.deliver("pull_request", "2", &opened).await;
    world
        .until("who takes the place is said", async |world: &World| {
            let said = world.hub.reports(2);
            said.iter().any(|comment| comment.text.contains("slots"))
        })
        .await;
    world.stop().await;
}
