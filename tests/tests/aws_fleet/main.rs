//! Two APIs and three workers in one account, fifty previews, and workers that are killed with
//! SIGKILL all the while. In the end every job has had exactly one outcome, nothing is left, and
//! the dead letters hold what was made to fail and nothing else.
//!
//! The seed is printed; `TEMPUS_TEST_SEED=…` sets it. It fixes what is asked for and the pauses
//! before the kills, not how the machine schedules the processes.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

mod client;
mod iam;
mod wires;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tempus_engine::testing::emulator::{Emulator, Kind};
use tempus_tests::aws::{Account, Role, Site};
use tempus_tests::server::{Api, Outcomes, eventually, proved, text};

use client::{Client, Fleet};
use wires::RoleWire;

const CLIENTS: u64 = 10;
const PREVIEWS: u32 = 50;
const WORKERS: usize = 3;
/// How long anything may take while workers are killed.
const PATIENCE: Duration = Duration::from_mins(3);
/// How long what was destroyed may take to be proved gone once nobody is killed any more.
const REST: Duration = Duration::from_mins(1);
/// What is in the way of a test that is not about AWS's request rates.
const RATES: &str = "task_definition_changes=1000/1000, task_definition_deletes=1000/1000, \
                     service_changes=1000/1000, ecs_reads=1000/1000, elb_changes=1000/1000, \
                     elb_reads=1000/1000, security_groups=1000/1000";

#[tokio::test]
async fn nothing_is_left_over_however_often_workers_are_killed() {
    let seed = std::env::var("TEMPUS_TEST_SEED").ok();
    let seed = seed.map_or_else(rand::random, |seed| seed.parse().expect("a number"));
    println!("TEMPUS_TEST_SEED={seed}");
    let began = Instant::now();
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "fleet").await;
    let settings = [
        ("ecs.rates", RATES),
        ("quota.per_owner", "20"),
        ("quota.total", "20"),
        ("worker.lease", "6s"),
    ];
    let site = Site::bootstrap(account, &settings).await;
    let api_wire = RoleWire::to(emulator.endpoint()).await;
    let worker_wire = RoleWire::to(emulator.endpoint()).await;
    let (mut first, mut second) = (
        site.start("api", "api-1", api_wire.endpoint()),
        site.start("api", "api-2", api_wire.endpoint()),
    );
    let apis = [first.api().await, second.api().await];
    let mut workers: Vec<_> = (0..WORKERS)
        .map(|number| worker(&site, &worker_wire, number))
        .collect();

    let made_to_fail = worker_wire.park(&apis[0]).await;
    let unreadable = unreadable_messages(&site).await;
    sweep(&site).await;
    let fleet = Arc::new(Fleet {
        apis: apis.clone(),
        outcomes: Outcomes::within(PATIENCE),
        begun: AtomicU32::new(0),
        previews: Mutex::default(),
    });
    let clients = (0..CLIENTS).map(|number| {
        let rng = StdRng::seed_from_u64(seed ^ (number + 1));
        Client::new(number, rng, Arc::clone(&fleet)).work()
    });
    let done = AtomicBool::new(false);
    let working = async {
        join_all(clients).await;
        done.store(true, Ordering::Relaxed);
    };
    let mut rng = StdRng::seed_from_u64(seed);
    let kills = kill(&mut workers, &mut rng, &done, |number| {
        worker(&site, &worker_wire, number)
    });
    let ((), kills) = tokio::join!(working, kills);
    println!("{:?}: {PREVIEWS} previews, {kills} kills", began.elapsed());

    let previews = fleet.previews.lock().unwrap().clone();
    for preview in &previews {
        let receipt = proved(&apis[0], preview, REST).await;
        assert!(receipt.get("found_late").is_none(), "{receipt:#}");
    }
    println!("{:?}: all is gone", began.elapsed());
    only_these_letters(&apis[1], &made_to_fail, unreadable).await;
    clear(&apis[1], &worker_wire, &made_to_fail).await;
    fleet.outcomes.hold(&apis[1]).await;
    let listing = site.listing().await;
    assert!(listing.is_empty(), "{listing:#?}");
    for role in workers.iter_mut().chain([&mut first, &mut second]) {
        role.stops_cleanly().await;
    }
    iam::hold("api", &api_wire.calls());
    iam::hold("worker", &worker_wire.calls());
    println!("{:?}: {}", began.elapsed(), fleet.outcomes);
}

fn worker(site: &Site, wire: &RoleWire, number: usize) -> Role {
    site.start("worker", &format!("worker-{number}"), wire.endpoint())
}

/// Kills one worker after the other until the clients are done; returns how many.
async fn kill(
    workers: &mut [Role],
    rng: &mut StdRng,
    done: &AtomicBool,
    start: impl Fn(usize) -> Role,
) -> u32 {
    let mut kills = 0;
    while !done.load(Ordering::Relaxed) {
        let pause = rng.random_range(500..4000);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let number = rng.random_range(0..workers.len());
        workers[number].kill();
        kills += 1;
        let down = rng.random_range(0..1500);
        tokio::time::sleep(Duration::from_millis(down)).await;
        workers[number] = start(number);
    }
    kills
}

/// The recurring schedule fires, which is a quarter of an hour early: its message is on the queue.
async fn sweep(site: &Site) {
    let path = format!("/schedules/sweep?groupName={}", site.account.name);
    let schedule = site.account.calls().scheduler(&path).await;
    let message = text(&schedule["Target"], "Input");
    site.send(site.setting("aws.queue_url"), message).await;
}

/// Messages that mean nothing to anybody: in the queue of hints, and where SQS puts by itself what
/// was received too often. Returns how many.
async fn unreadable_messages(site: &Site) -> usize {
    let queues = ["aws.queue_url", "aws.dead_letter_url"].map(|key| site.setting(key));
    for queue in queues {
        site.send(queue, "no hint of ours").await;
    }
    queues.len()
}

/// The dead letters are the parked saga and the messages, once the latter have all been seen.
async fn only_these_letters(api: &Api, parked: &str, unreadable: usize) {
    let what = "the messages that nobody can read";
    let letters = eventually(what, Duration::from_mins(2), async || {
        let letters = letters(api).await;
        (letters.len() > unreadable).then_some(letters)
    });
    let letters = letters.await;
    let kinds: Vec<_> = letters.iter().map(|letter| text(letter, "kind")).collect();
    let expected = [vec!["saga"], vec!["message"; unreadable]].concat();
    assert_eq!(kinds, expected, "{letters:#?}");
    assert_eq!(letters[0]["id"], parked, "{letters:#?}");
}

/// What stood in the way is gone: a replay lets the saga go on to its end, and what nobody can read
/// is discarded.
async fn clear(api: &Api, wire: &RoleWire, parked: &str) {
    wire.mend();
    let all = api.post("/dead-letters/replay", &json!({"all": true}));
    let replayed = all.send().await.expect(200);
    let outcomes: BTreeSet<_> = replayed["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| (text(result, "id"), text(result, "outcome")))
        .collect();
    assert!(outcomes.contains(&(parked, "replayed")), "{replayed:#}");
    proved(api, parked, REST).await;
    for letter in letters(api).await {
        assert_eq!(letter["kind"], "message", "{letter:#}");
        let path = format!("/dead-letters/{}", text(&letter, "id"));
        let discarded = api.call(reqwest::Method::DELETE, &path).send().await;
        assert_eq!(discarded.status, 204, "{}", discarded.text());
    }
    assert_eq!(letters(api).await, Vec::<Value>::new());
}

async fn letters(api: &Api) -> Vec<Value> {
    let letters = api.get("/dead-letters").send().await.expect(200);
    letters["dead_letters"].as_array().unwrap().clone()
}
