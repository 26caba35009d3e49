//! W3: W1 on a store that holds a hundred thousand finished jobs, and on a new one, by turns.

use std::sync::Arc;

use tempus_model::JobStatus;

use crate::arguments::Arguments;
use crate::load::{fill, flood};
use crate::machine::fsyncs_per_second;
use crate::report::Report;
use crate::rig::{Env, Rig};
use crate::w1::{IN_FLIGHT, settings};

/// How many jobs are in the store.
const JOBS: usize = 100_000;
/// How many of them are carried out at once: more than share a commit.
const FILLED_BY: usize = 512;

/// Runs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let mut report = Report::new("w3", arguments);
    report.set("rows", JOBS);
    settings(&mut report);
    let (fresh, full) = (arguments.folder()?, arguments.folder()?);
    let filling = Arc::new(Rig::start(full.path(), Arc::new(()), FILLED_BY)?);
    let filled = fill(&filling, FILLED_BY, JOBS).await?;
    filled.must_be(&filling, JobStatus::Succeeded).await?;
    report.number("filled_jobs_per_s", filled.jobs_per_second(), 0);
    if let Ok(rig) = Arc::try_unwrap(filling) {
        rig.stop().await?;
    }
    let bytes = std::fs::metadata(full.path().join("tempus.db"))?.len();
    report.figure("store_mib", bytes >> 20);

    let fresh_rig = Arc::new(Rig::start(fresh.path(), Arc::new(()), IN_FLIGHT)?);
    let full_rig = Arc::new(Rig::start(full.path(), Arc::new(()), IN_FLIGHT)?);
    let (mut on_fresh, mut on_full, mut fsync) = (0_f64, 0_f64, 0_f64);
    for _ in 0..arguments.rounds {
        fsync = fsync.max(fsyncs_per_second(&arguments.data)?);
        for (rig, best) in [(&fresh_rig, &mut on_fresh), (&full_rig, &mut on_full)] {
            let done = flood(rig, IN_FLIGHT, arguments.seconds(), &Env::new()).await?;
            done.must_be(rig, JobStatus::Succeeded).await?;
            *best = best.max(done.jobs_per_second());
        }
    }
    report.number("fsync_per_s", fsync, 0);
    report.number("w1_jobs_per_s", on_fresh, 0);
    report.number("jobs_per_s", on_full, 0);
    report.number("of_w1", on_full / on_fresh, 3);
    for rig in [fresh_rig, full_rig] {
        if let Ok(rig) = Arc::try_unwrap(rig) {
            rig.stop().await?;
        }
    }
    Ok(report)
}
