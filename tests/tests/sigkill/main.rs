//! The server is killed with SIGKILL again and again while clients create, update and destroy
//! previews, and now and then a shim or an application is killed too. In the end nothing is left
//! over, and every job has had exactly one outcome.
//!
//! The seed is printed; `TEMPUS_TEST_SEED=…` sets it. It fixes what is asked for and the pauses
//! before the kills, not how the machine schedules the processes.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

mod client;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tempus_tests::server::{Leftovers, Outcomes, Server, eventually, proved_gone, text};

use client::{Client, Shared};

const CLIENTS: u64 = 8;
const PREVIEWS: u32 = 100;
const KILLS: u32 = 20;
/// Enough for the clients and for what is still on its way out.
const SLOTS: u32 = 20;
/// How many lives of the server in a row may be too short to get anything done: after five without
/// a checkpoint a saga is parked, as it should be.
const SHORT_LIVES: u32 = 3;
/// How long the server lives at least after those, in milliseconds.
const LONG_LIFE: u64 = 1500;
/// How long a job may take while the server is killed again and again.
const JOB: Duration = Duration::from_secs(90);
/// How long what was destroyed may take to be proved gone once nobody kills the server any more.
const REST: Duration = Duration::from_mins(1);

#[tokio::test]
async fn nothing_is_left_over_however_often_the_server_is_killed() {
    let seed = std::env::var("TEMPUS_TEST_SEED").ok();
    let seed = seed.map_or_else(rand::random, |seed| seed.parse().expect("a number"));
    println!("TEMPUS_TEST_SEED={seed}");
    let began = Instant::now();
    let slots = SLOTS.to_string();
    let settings = [
        ("quota.total", slots.as_str()),
        ("quota.per_owner", slots.as_str()),
        ("worker.sweep_every", "5s"),
        ("worker.sweep_age", "3s"),
        ("log.level", "info,tempus_worker=debug"),
    ];
    let mut server = Server::start(&settings).await;
    let shared = Arc::new(Shared {
        api: server.api(),
        outcomes: Outcomes::within(JOB),
        kills: AtomicU32::new(0),
        begun: AtomicU32::new(0),
        previews: std::sync::Mutex::default(),
        names: std::sync::Mutex::default(),
    });

    let clients = (0..CLIENTS).map(|number| {
        let rng = StdRng::seed_from_u64(seed ^ (number + 1));
        Client::new(number, rng, Arc::clone(&shared)).work()
    });
    let done = AtomicBool::new(false);
    let working = async {
        join_all(clients).await;
        done.store(true, Ordering::Relaxed);
    };
    let mut rng = StdRng::seed_from_u64(seed);
    let ((), shot) = tokio::join!(working, kill(&mut server, &mut rng, &shared, &done));
    println!(
        "{:?}: {} previews, {} kills of the server, {shot} of other processes",
        began.elapsed(),
        shared.begun.load(Ordering::Relaxed),
        shared.kills.load(Ordering::Relaxed),
    );

    all_is_gone(&server, &shared).await;
    println!("{:?}: all is gone", began.elapsed());
    everything_can_be_had_again(&server, &shared).await;
    // One more life changes nothing about what is over.
    server.kill();
    server.launch().await;
    shared.outcomes.hold(&shared.api).await;
    all_is_gone(&server, &shared).await;
    println!("{:?}: {}", began.elapsed(), shared.outcomes);
}

/// Kills until the clients are done; returns how many processes besides the server.
async fn kill(server: &mut Server, rng: &mut StdRng, shared: &Shared, done: &AtomicBool) -> u32 {
    let (mut shot, mut short_lives) = (0, 0);
    while !done.load(Ordering::Relaxed) {
        // Some come while the server is still putting things right after the one before.
        let pause = if short_lives == SHORT_LIVES {
            rng.random_range(LONG_LIFE..2 * LONG_LIFE)
        } else if rng.random_bool(0.3) {
            rng.random_range(0..150)
        } else {
            rng.random_range(0..1800)
        };
        short_lives = if pause < LONG_LIFE {
            short_lives + 1
        } else {
            0
        };
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if rng.random_bool(0.4) {
            let witness = server.witness();
            let processes = witness.processes();
            if !processes.is_empty() {
                let which = rng.random_range(0..processes.len());
                shot += u32::from(witness.kill(processes[which].pid));
            }
        }
        if rng.random_bool(0.2) {
            continue;
        }
        server.kill();
        shared.kills.fetch_add(1, Ordering::Relaxed);
        let down = rng.random_range(0..300);
        tokio::time::sleep(Duration::from_millis(down)).await;
        server.launch().await;
    }
    shot
}

/// Every preview there ever was is gone and has its receipt, and the machine agrees.
async fn all_is_gone(server: &Server, shared: &Shared) {
    let api = &shared.api;
    let accepted = shared.previews.lock().unwrap().clone();
    let mut late = 0;
    for preview in &accepted {
        let receipt = proved_gone(api, preview, REST).await;
        if receipt.get("found_late").is_some() {
            late += 1;
            println!("found late: {:#}", receipt["found_late"]);
        }
    }
    assert_eq!(late, 0, "receipts with findings");
    let mut listed = Vec::new();
    let mut page = api.get("/previews?limit=200").send().await.expect(200);
    loop {
        let previews = page["previews"].as_array().unwrap();
        listed.extend(previews.iter().map(|p| text(p, "preview_id").to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        let path = format!("/previews?limit=200&cursor={cursor}");
        page = api.get(&path).send().await.expect(200);
    }
    listed.sort_unstable();
    let expected: Vec<_> = accepted.iter().cloned().collect();
    assert_eq!(listed, expected, "one preview for each accepted create");
    let names = shared.names.lock().unwrap().clone();
    for name in names {
        let status = api.visit(&name, "/").send().await.status;
        assert!([404, 410].contains(&status), "{name} answers {status}");
    }
    let letters = api.get("/dead-letters").send().await.expect(200);
    assert_eq!(letters["dead_letters"], json!([]));
    // Shims and applications that were killed leave zombies for a moment.
    let witness = server.witness();
    let left = eventually("the machine at rest", Duration::from_secs(5), async || {
        let left = witness.leftovers();
        (left == Leftovers::default()).then_some(())
    });
    left.await;
    shared.outcomes.hold(api).await;
}

/// No slot and no name is lost: as many previews as there are slots, by names that were in use.
async fn everything_can_be_had_again(server: &Server, shared: &Shared) {
    let api = server.api();
    let mut names: Vec<_> = shared.names.lock().unwrap().iter().cloned().collect();
    names.truncate(SLOTS as usize);
    assert_eq!(names.len(), SLOTS as usize);
    let mut accepted = Vec::new();
    for name in &names {
        accepted.push(api.create(&json!({"name": name})).await);
    }
    let refused = api.post("/preview/create", &json!({})).send().await;
    let refused = refused.expect(429);
    assert_eq!(refused["limit"], SLOTS);
    for accepted in &accepted {
        let (preview, job) = (text(accepted, "preview_id"), text(accepted, "job_id"));
        shared.previews.lock().unwrap().insert(preview.to_owned());
        shared.outcomes.await_end(&api, job, &["succeeded"]).await;
        let name = api.preview(preview).await;
        let answer = api.visit(text(&name, "name"), "/").send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    for accepted in &accepted {
        let job = api.destroy(text(accepted, "preview_id")).await;
        shared.outcomes.expect(&job);
    }
    all_is_gone(server, shared).await;
}
