//! Load from within: previews asked for as fast as they come about, or at a pace.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tempus_model::{JobId, JobStatus};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::machine::count;
use crate::rig::{Env, Rig};
use crate::sample::Sample;

/// What became of a load.
pub struct Outcome {
    /// Jobs that ended.
    pub jobs: Vec<JobId>,
    /// From the first to the last.
    pub took: Duration,
    /// From each request to its job's end.
    pub latency: Sample,
}

impl Outcome {
    /// Jobs that ended in a second.
    pub fn jobs_per_second(&self) -> f64 {
        count(self.jobs.len() as u64) / self.took.as_secs_f64()
    }

    /// Every job must have ended so: what is fast and wrong is not measured.
    pub async fn must_be(&self, rig: &Rig, status: JobStatus) -> anyhow::Result<()> {
        for job in &self.jobs {
            let found = rig.store.job(*job).await?.map(|job| job.status);
            ensure!(
                found == Some(status),
                "job {job} is {found:?}, not {status}"
            );
        }
        Ok(())
    }
}

/// Keeps so many jobs in flight, for so long.
pub async fn flood(
    rig: &Arc<Rig>,
    in_flight: usize,
    how_long: Duration,
    env: &Env,
) -> anyhow::Result<Outcome> {
    let end = Instant::now() + how_long;
    keep(rig, in_flight, env, move |_| Instant::now() < end).await
}

/// Keeps so many jobs in flight until there have been enough.
pub async fn fill(rig: &Arc<Rig>, in_flight: usize, jobs: usize) -> anyhow::Result<Outcome> {
    let each = jobs.div_ceil(in_flight);
    keep(rig, in_flight, &Env::new(), move |done| done < each).await
}

async fn keep(
    rig: &Arc<Rig>,
    in_flight: usize,
    env: &Env,
    goes_on: impl Fn(usize) -> bool + Copy + Send + Sync + 'static,
) -> anyhow::Result<Outcome> {
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..in_flight {
        let (rig, env) = (Arc::clone(rig), env.clone());
        clients.spawn(async move {
            let (mut jobs, mut latency) = (Vec::new(), Sample::default());
            while goes_on(jobs.len()) {
                let (job, took) = rig.carry_out(&env).await?;
                jobs.push(job);
                latency.add(took);
            }
            anyhow::Ok((jobs, latency))
        });
    }
    let (mut jobs, mut latency) = (Vec::new(), Sample::default());
    while let Some(client) = clients.join_next().await {
        let (own, took) = client??;
        jobs.extend(own);
        latency.extend(took);
    }
    let took = began.elapsed();
    Ok(Outcome {
        jobs,
        took,
        latency,
    })
}

/// Asks for so many previews a second, for so long, however long each takes.
pub async fn pace(rig: &Arc<Rig>, per_second: u32, how_long: Duration) -> anyhow::Result<Outcome> {
    let began = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / per_second);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut clients = JoinSet::new();
    while began.elapsed() < how_long {
        tick.tick().await;
        let rig = Arc::clone(rig);
        clients.spawn(async move { rig.carry_out(&Env::new()).await });
    }
    let (mut jobs, mut latency) = (Vec::new(), Sample::default());
    while let Some(client) = clients.join_next().await {
        let (job, took) = client??;
        jobs.push(job);
        latency.add(took);
    }
    let took = began.elapsed();
    Ok(Outcome {
        jobs,
        took,
        latency,
    })
}
