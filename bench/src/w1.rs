//! W1: how many sagas of eight no-op steps a second, each step durably checkpointed; how long one takes
//! when there is little to do; and what the process needs, at work and idle.

use std::sync::Arc;
use std::time::Duration;

use tempus_model::JobStatus;

use crate::arguments::Arguments;
use crate::child;
use crate::load::{flood, pace};
use crate::machine::{count, fsyncs_per_second};
use crate::noop::STEPS;
use crate::process::{cpu, forget_peak, memory};
use crate::report::Report;
use crate::rig::{Env, Rig};

/// How many jobs are in flight.
pub const IN_FLIGHT: usize = 64;
/// How many a second when latency is measured.
const PACE: u32 = 20;
/// How long an idle process is watched.
const IDLE: Duration = Duration::from_secs(10);

/// Runs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let mut report = Report::new("w1", arguments);
    settings(&mut report);
    let folder = arguments.folder()?;
    let rig = Arc::new(Rig::start(folder.path(), Arc::new(()), IN_FLIGHT)?);

    tokio::time::sleep(Duration::from_secs(2)).await;
    report.number("idle_mib", memory()?.resident, 1);
    let idle = idle_cpu().await?;
    report.number("idle_cpu_percent", idle, 3);

    let mut paced = pace(&rig, PACE, arguments.seconds()).await?;
    paced.must_be(&rig, JobStatus::Succeeded).await?;
    report.figure("latency_jobs_per_s", PACE);
    report.number("p50_ms", paced.latency.percentile_ms(0.5), 2);
    report.number("p99_ms", paced.latency.percentile_ms(0.99), 2);

    // What grew while the jobs before were checked is none of the load's.
    forget_peak()?;
    let (mut best, mut floor, mut fsync) = (None::<Round>, 0_f64, 0_f64);
    for _ in 0..arguments.rounds {
        fsync = fsync.max(fsyncs_per_second(&arguments.data)?);
        floor = floor.max(child::floor(arguments)?);
        let (before, busy) = (rig.engine.stats(), cpu()?);
        let mut flooded = flood(&rig, IN_FLIGHT, arguments.seconds(), &Env::new()).await?;
        let (after, busy) = (rig.engine.stats(), cpu()?.saturating_sub(busy));
        let jobs = count(flooded.jobs.len() as u64);
        let commits = count(after.commits - before.commits);
        let round = Round {
            jobs_per_s: flooded.jobs_per_second(),
            p50: flooded.latency.percentile_ms(0.5),
            p99: flooded.latency.percentile_ms(0.99),
            cpu_us_per_job: busy.as_secs_f64() * 1e6 / jobs,
            writes_per_job: count(after.requests - before.requests) / jobs,
            writes_per_commit: count(after.requests - before.requests) / commits,
            commits_per_s: commits / flooded.took.as_secs_f64(),
        };
        best = best
            .filter(|b| b.jobs_per_s >= round.jobs_per_s)
            .or(Some(round));
        report.number("peak_mib", memory()?.peak, 1);
        flooded.must_be(&rig, JobStatus::Succeeded).await?;
    }
    fsync = fsync.max(fsyncs_per_second(&arguments.data)?);
    report.number("fsync_per_s", fsync, 0);
    report.number("floor_jobs_per_s", floor, 0);
    if let Some(best) = best {
        best.show(&mut report, floor);
    }
    report.number("idle_after_mib", memory()?.resident, 1);
    report.number("idle_after_cpu_percent", idle_cpu().await?, 3);
    if let Ok(rig) = Arc::try_unwrap(rig) {
        rig.stop().await?;
    }
    Ok(report)
}

/// One flood.
struct Round {
    jobs_per_s: f64,
    p50: f64,
    p99: f64,
    cpu_us_per_job: f64,
    writes_per_job: f64,
    writes_per_commit: f64,
    commits_per_s: f64,
}

impl Round {
    fn show(&self, report: &mut Report, floor: f64) {
        report.number("jobs_per_s", self.jobs_per_s, 0);
        report.number("steps_per_s", self.jobs_per_s * count(STEPS as u64), 0);
        report.number("of_floor", self.jobs_per_s / floor, 3);
        report.number("load_p50_ms", self.p50, 2);
        report.number("load_p99_ms", self.p99, 2);
        report.number("cpu_us_per_job", self.cpu_us_per_job, 0);
        report.number("writes_per_job", self.writes_per_job, 2);
        report.number("writes_per_commit", self.writes_per_commit, 1);
        report.number("commits_per_s", self.commits_per_s, 0);
    }
}

/// What every workload on the sqlite engine says of itself.
pub fn settings(report: &mut Report) {
    report.set("engine", "sqlite");
    report.set("synchronous", "FULL");
    report.set("steps", STEPS);
    report.set("in_flight", IN_FLIGHT);
    report.set("taken", "the best round");
    report.set("log", "error");
    report.show_settings();
}

/// How much of a core an idle process takes, in percent.
pub async fn idle_cpu() -> anyhow::Result<f64> {
    let before = cpu()?;
    tokio::time::sleep(IDLE).await;
    let used = cpu()?.saturating_sub(before);
    Ok(used.as_secs_f64() / IDLE.as_secs_f64() * 100.0)
}
