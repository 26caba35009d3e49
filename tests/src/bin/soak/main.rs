//! The soak: real servers under a steady load, for a while, with faults at random.
//!
//! ```text
//!            ┌─ load: previews come, change and go, visited meanwhile ─┐
//!   survivor ┤  SIGSTOP · no room on the disk · clock jumps            ├ memory and descriptors,
//!            │  SIGKILL and SIGSTOP of its previews' processes         │ early and late
//!            └─────────────────────────────────────────────────────────┘
//!   victim     the same, and SIGKILL of the server itself
//! ```
//!
//! There are two, because a process that is killed again and again never grows old enough to leak. In
//! the end there is quiet: everything that was ever accepted must be gone, with its receipt, nothing
//! must be left, and the survivor must have held its memory and descriptors: in the last quarter at most
//! 110 % of those in the second.
//!
//! A full disk is a limit on the size of the process's files, and a jump of the clock an offset that
//! this build of the program reads: neither takes root. With `TMPDIR` on a small file system of your own
//! and `--ballast`, the disk is full for real: a file takes what room there is.

mod faults;
mod gauge;
mod load;
mod report;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::Parser;
use futures::FutureExt;
use serde_json::json;
use tempus_engine::testing::clock;
use tempus_tests::server::{GONE, Leftovers, Server, eventually, proved_gone, text};

use faults::{Chaos, Kills, Tally};
use gauge::Gauge;
use load::Load;
use report::Report;

/// How long what was destroyed may take to be proved gone once there is quiet.
const REST: Duration = Duration::from_mins(3);
/// How many previews one server has at a time.
const CLIENTS: u64 = 3;

/// Runs two servers under load and faults, and says how they held.
#[derive(Parser)]
#[command(name = "soak")]
struct Args {
    /// How long
    #[arg(long, default_value_t = 20.0)]
    minutes: f64,
    /// What is asked for and what goes wrong; not how the machine schedules it
    #[arg(long)]
    seed: Option<u64>,
    /// Fill the file system up for real, for which it must be small
    #[arg(long)]
    ballast: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let seed = args.seed.unwrap_or_else(rand::random);
    let lasts = Duration::from_secs_f64(args.minutes * 60.0);
    println!("soaking for {:.1} minutes, --seed {seed}", args.minutes);
    let began = Instant::now();
    let soaked = |kills: Kills| {
        let soak = soak(seed ^ kills as u64, lasts, kills, args.ballast);
        AssertUnwindSafe(Box::pin(soak)).catch_unwind()
    };
    let (survivor, victim) = tokio::join!(soaked(Kills::Previews), soaked(Kills::TheServerToo));
    let mut report = Report::new(seed, args.minutes);
    for (kills, end) in [(Kills::Previews, survivor), (Kills::TheServerToo, victim)] {
        match end {
            Ok(end) => report.add(kills, end),
            Err(panic) => report.violation(format!("{}: {}", kills.name(), said(&*panic))),
        }
    }
    report.print(began.elapsed())
}

/// What a panic said, which the harness does when something must not be.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let said = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    said.unwrap_or("it panicked")
}

/// What became of one server.
pub struct End {
    /// What was asked for.
    pub load: Arc<Load>,
    /// What went wrong, by our own hand.
    pub tally: Tally,
    /// What the process took.
    pub gauge: Gauge,
    /// What must not be.
    pub violations: Vec<String>,
}

async fn soak(seed: u64, lasts: Duration, kills: Kills, ballast: bool) -> End {
    let settings = [
        ("quota.total", "20"),
        ("quota.per_owner", "20"),
        ("worker.sweep_every", "10s"),
        ("worker.sweep_age", "20s"),
        ("worker.verify_delay", "2s"),
    ];
    let mut server = Server::start(&settings).await;
    let file = server.root().join("clock");
    clock::shift(&file, 0).expect("a file in a folder of ours");
    server.kill();
    let file = file.display().to_string();
    server.set_variable(clock::VARIABLE, &file);
    server.launch().await;

    let load = Arc::new(Load::new(server.api()));
    let clients = (0..CLIENTS).map(|n| tokio::spawn(load.clone().client(n, seed ^ (n + 7))));
    let clients: Vec<_> = clients.collect();
    let mut chaos = Chaos::new(seed, kills, ballast, file.into());
    let mut gauge = Gauge::new(lasts);
    let ends = Instant::now() + lasts;
    let mut next = chaos.pause();
    while Instant::now() < ends {
        gauge.look(server.id());
        tokio::time::sleep(Duration::from_millis(250)).await;
        if Instant::now() >= next {
            chaos.strike(&mut server).await;
            next = chaos.pause();
        }
    }
    gauge.is_over();
    load.stop.store(true, Ordering::Relaxed);
    let mut violations = Vec::new();
    for client in clients {
        if let Err(error) = client.await {
            violations.push(format!("a client: {error}"));
        }
    }
    violations.extend(load.complaints());
    let rest = AssertUnwindSafe(comes_to_rest(server, Arc::clone(&load)));
    match rest.catch_unwind().await {
        Ok(found) => violations.extend(found),
        Err(panic) => violations.push(format!("it does not come to rest: {}", said(&*panic))),
    }
    End {
        load,
        tally: chaos.tally,
        gauge,
        violations,
    }
}

/// Nobody does anything to it any more: everything goes, and is proved to be gone.
async fn comes_to_rest(mut server: Server, load: Arc<Load>) -> Vec<String> {
    let (api, mut violations) = (server.api(), Vec::new());
    for preview in load.previews() {
        let view = api.preview(&preview).await;
        if !GONE.contains(&text(&view, "phase")) {
            load.destroys(&preview).await;
        }
        proved_gone(&api, &preview, REST).await;
    }
    let letters = api.get("/dead-letters").send().await.expect(200);
    if letters["dead_letters"] != json!([]) {
        violations.push(format!("dead letters: {letters:#}"));
    }
    let witness = server.witness();
    eventually("the machine at rest", REST, async || {
        (witness.leftovers() == Leftovers::default()).then_some(())
    })
    .await;
    // One more life changes nothing about what is over.
    server.kill();
    server.launch().await;
    for preview in load.previews() {
        proved_gone(&api, &preview, REST).await;
    }
    let log = server.log();
    let panics = log.lines().filter(|line| line.contains("panicked at"));
    violations.extend(panics.map(|line| format!("a panic: {line}")));
    violations
}
