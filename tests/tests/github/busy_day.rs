//! A busy day of a repository: a few hundred deliveries, shuffled, doubled, some lost. In the end there
//! are exactly the previews that the open pull requests call for, one comment each, and nothing else.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use tempus_model::Phase;
use tempus_tests::github::World;
use tempus_worker::github::client::Pace;

const PULLS: u64 = 24;
const CHANGES: u32 = 260;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_day_leaves_what_the_open_pull_requests_call_for() {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let unlimited = Pace {
        per_minute: 100_000,
        per_hour: 100_000,
    };
    let world = World::with(1000, unlimited).await;
    // Never called for: nothing is to be said of it.
    drop(world.hub.change(99, |pull| pull.open = false));
    let mut day = Vec::new();
    for change in 0..CHANGES {
        let number = random.random_range(1..=PULLS);
        let body = world
            .hub
            .change(number, |pull| match random.random_range(0..10) {
                0..5 => pull.sha = format!("{change:040x}"),
                5..7 => pull.open = !pull.open,
                7 => pull.draft = !pull.draft,
                _ => {
                    pull.labels.insert(format!("label-{change}"));
                }
            });
        let id = format!("delivery-{change}");
        if random.random_bool(0.1) {
            continue;
        }
        for _ in 0..random.random_range(1..=2) {
            day.push((id.clone(), body.clone()));
        }
        // Some of it is delivered at once, in whatever order; the rest is late.
        if change % 20 == 19 {
            day.shuffle(&mut random);
            let now = day.split_off(day.len() / 3);
            for (id, body) in now {
                world.deliver("pull_request", &id, &body).await;
            }
        }
    }
    day.shuffle(&mut random);
    for (id, body) in day {
        world.deliver("pull_request", &id, &body).await;
    }
    // What was lost is found by passes, so many at a time.
    for _ in 0..PULLS {
        world.pass().await;
        world.until_rest().await;
    }
    let mut wanted = BTreeSet::new();
    for (number, pull) in world.hub.pulls() {
        let name = format!("pr-{number}-shop");
        let phase = world.phase(&name).await;
        let reports = world.hub.reports(number).len();
        assert!(reports <= 1, "seed {seed}: {name} has {reports} comments");
        if pull.open && !pull.draft {
            assert_eq!(phase, Some(Phase::Ready), "seed {seed}: {name}");
            assert_eq!(
                world.commit(&name).await,
                Some(pull.sha),
                "seed {seed}: {name}"
            );
            assert_eq!(reports, 1, "seed {seed}: {name}");
            let preview = world.preview(&name).await.unwrap();
            wanted.insert(preview.identity.id);
        } else {
            let gone = phase.is_none_or(|phase| phase == Phase::Destroyed);
            assert!(gone, "seed {seed}: {name} is {phase:?}");
        }
    }
    let exist: BTreeSet<_> = world.cloud.truth().iter().map(|item| item.tags.1).collect();
    assert_eq!(exist, wanted, "seed {seed}");
    let made = world.hub.seen().comments_created;
    let mut there = 0;
    for number in 1..=PULLS {
        there += world.hub.reports(number).len();
    }
    assert_eq!(usize::try_from(made).unwrap(), there, "seed {seed}");
    assert!(world.hub.reports(99).is_empty());
    world.stop().await;
}
