//! A golden world goes on: on this version's worker, to its end.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tempus_engine::sqlite::{Mode, Options, SqliteEngine};
use tempus_engine::{Filter, TokioClock};
use tempus_model::{Actor, JobStatus, Phase, PreviewId};

use super::Golden;
use crate::sim::World;

/// What became of a world: its preview's phase at its first rest, and the outcomes of its jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The phase at rest.
    pub phase: Phase,
    /// How each job ended, the oldest first.
    pub jobs: Vec<String>,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.phase, self.jobs.join(" "))
    }
}

impl FromStr for End {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split(' ');
        let phase = words.next().unwrap_or_default();
        let known = Phase::ALL.into_iter().find(|known| known.as_str() == phase);
        Ok(Self {
            phase: known.ok_or_else(|| format!("{phase:?} is no phase"))?,
            jobs: words.map(str::to_owned).collect(),
        })
    }
}

/// Resumes a golden with the worker that `start` starts: to its rest, where what exists must be
/// what is desired, and then to its preview's end, with a receipt.
pub async fn resume(
    golden: &Golden,
    start: impl AsyncFnOnce(&mut World, PreviewId) -> Result<(), String>,
) -> Result<End, String> {
    let folder = super::scratch().map_err(|error| error.to_string())?;
    let file = folder.path().join("tempus.db");
    super::load(&file, &golden.stored).map_err(|error| error.to_string())?;
    let clock = TokioClock::starting_at(golden.now);
    let options = Options {
        clock: Arc::new(clock),
        mode: Mode::Inline,
        visibility: Duration::from_secs(30),
        ..Options::default()
    };
    let engine = SqliteEngine::open(folder.path(), options).map_err(|error| error.to_string())?;
    let mut world = World::on(engine, clock, None);
    let depth = world.engine.queue().depth().await;
    let depth = depth.map_err(|error| error.to_string())?;
    world.found_hints = depth.visible + depth.delayed;
    for kept in &golden.cloud {
        kept.put(&world.cloud)?;
    }
    let store = world.engine.store();
    let all = store.list(&Filter::default(), None, 10).await;
    let all = all.map_err(|error| error.to_string())?.items;
    let [snapshot] = all.as_slice() else {
        return Err(format!("{} previews are stored", all.len()));
    };
    let preview = snapshot.identity.id;
    start(&mut world, preview).await?;
    rest(&mut world, preview).await?;
    let end = End {
        phase: world.get(preview).await.row.phase(),
        jobs: outcomes(&world, preview).await?,
    };
    if !world.get(preview).await.row.is_gone() {
        world.check(preview).await?;
        world
            .destroy(preview)
            .await
            .map_err(|error| error.to_string())?;
        rest(&mut world, preview).await?;
    }
    world.check_gone(preview).await?;
    Ok(end)
}

async fn outcomes(world: &World, preview: PreviewId) -> Result<Vec<String>, String> {
    let jobs = world.engine.store().jobs(preview, 100).await;
    let mut jobs = jobs.map_err(|error| error.to_string())?;
    jobs.reverse();
    let outcome = |status: JobStatus| status.to_string();
    Ok(jobs.into_iter().map(|job| outcome(job.status)).collect())
}

/// Lets the world come to rest; what is parked is replayed, as an operator would.
async fn rest(world: &mut World, preview: PreviewId) -> Result<(), String> {
    for _ in 0..3 {
        world.until_rest(preview, Duration::from_hours(2)).await?;
        let replayed = world
            .engine
            .store()
            .replay(preview, Actor::Worker, world.now())
            .await;
        if !replayed.map_err(|error| error.to_string())? {
            return Ok(());
        }
        world.hint(preview).await;
    }
    Err("parked again after two replays".to_owned())
}
