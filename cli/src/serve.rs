//! `tempus serve`, `tempus api` and `tempus worker`: the server in the foreground, whole or a part.

use clap::Args;

use crate::commands::config::Settings;
use crate::failure::Failure;
use crate::logging::{self, Target};
use crate::output::Exit;
use crate::server::{Chosen, Pipeline, Role};
use crate::signals::Signals;

/// Run the server in one process
#[derive(Debug, Clone, Args)]
pub struct Serve {
    #[command(flatten)]
    settings: Settings,
}

/// Run the API alone, on engine and platform "aws"
#[derive(Debug, Clone, Args)]
pub struct Api {
    #[command(flatten)]
    settings: Settings,
}

/// Run a worker alone, on engine and platform "aws"
///
/// Any number of them share the work. A worker that ends, however it ends, is replaced by the others.
#[derive(Debug, Clone, Args)]
pub struct Worker {
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    /// Runs until it is told to stop.
    pub async fn run(&self) -> Result<(), Failure> {
        run(&self.settings, Role::All).await
    }
}

impl Api {
    /// Runs until it is told to stop.
    pub async fn run(&self) -> Result<(), Failure> {
        run(&self.settings, Role::Api).await
    }
}

impl Worker {
    /// Runs until it is told to stop.
    pub async fn run(&self) -> Result<(), Failure> {
        run(&self.settings, Role::Worker).await
    }
}

async fn run(settings: &Settings, role: Role) -> Result<(), Failure> {
    let loaded = settings.load()?;
    let chosen = Chosen::of(&loaded, role)?;
    logging::start(&loaded.config.log, Target::Stderr)?;
    let mut signals = Signals::new()?;
    let mut pipeline = tokio::select! {
        started = Pipeline::start(&loaded, chosen) => started?,
        () = signals.next() => return Ok(()),
    };
    for moved in &pipeline.moved {
        tracing::warn!("{moved}");
    }
    tracing::info!(
        engine = %loaded.config.engine,
        platform = %loaded.config.platform,
        api = pipeline.api_url,
        previews = pipeline.previews_url,
        data = %loaded.config.data.display(),
        "serving"
    );
    let ended = tokio::select! {
        error = pipeline.ended() => Err(error.into()),
        () = signals.next() => Ok(()),
    };
    stop(pipeline, signals).await?;
    ended
}

/// Stops the server. Asked a second time, this process ends at once; what was in flight is found
/// again by the next one.
pub(crate) async fn stop(pipeline: Pipeline, mut signals: Signals) -> Result<(), Failure> {
    tokio::select! {
        stopped = pipeline.shutdown() => Ok(stopped?),
        () = signals.next() => Err(Failure::new(Exit::Interrupted, "stopped at once")),
    }
}
