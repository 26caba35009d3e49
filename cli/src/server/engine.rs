//! The engine that was chosen, behind its ports.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tempus_engine::aws::AwsEngine;
use tempus_engine::sqlite::{Options, SqliteEngine};
use tempus_engine::{Clock, Queue, Store, SystemClock, Timer};
use tempus_model::InstallationId;
use tokio_util::sync::CancellationToken;

use super::chosen::EngineChoice;

/// How often what SQS put aside is looked at.
const DRAIN_EVERY: Duration = Duration::from_mins(1);

/// An open engine.
pub(super) enum Engine {
    Sqlite(Box<SqliteEngine>),
    Aws(Arc<AwsEngine>),
}

impl Engine {
    pub(super) async fn open(choice: EngineChoice, data: &Path) -> anyhow::Result<Self> {
        Ok(match choice {
            EngineChoice::Sqlite => {
                Self::Sqlite(Box::new(SqliteEngine::open(data, Options::default())?))
            }
            EngineChoice::Aws(options) => {
                let engine = AwsEngine::open(*options).await;
                Self::Aws(Arc::new(engine.context("the aws engine does not open")?))
            }
        })
    }

    pub(super) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(engine) => engine.store(),
            Self::Aws(engine) => engine.store(),
        }
    }

    pub(super) fn queue(&self) -> Arc<dyn Queue> {
        match self {
            Self::Sqlite(engine) => engine.queue(),
            Self::Aws(engine) => engine.queue(),
        }
    }

    pub(super) fn timer(&self) -> Arc<dyn Timer> {
        match self {
            Self::Sqlite(engine) => engine.timer(),
            Self::Aws(engine) => engine.timer(),
        }
    }

    pub(super) fn installation(&self) -> InstallationId {
        match self {
            Self::Sqlite(engine) => engine.installation(),
            Self::Aws(engine) => engine.installation(),
        }
    }

    /// What a worker does for its engine beside its own work, until it is stopped.
    pub(super) async fn tend(&self, stop: CancellationToken) {
        let Self::Aws(engine) = self else {
            return;
        };
        loop {
            match engine.drain_dead_letters(SystemClock.now()).await {
                Ok(drained) if drained.replayed + drained.kept > 0 => tracing::warn!(
                    replayed = drained.replayed,
                    kept = drained.kept,
                    "took in what SQS had put aside"
                ),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "cannot take in what SQS put aside"),
            }
            tokio::select! {
                () = tokio::time::sleep(DRAIN_EVERY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Closes it. To be called when the workers have stopped.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        if let Self::Sqlite(engine) = self {
            engine.close().await?;
        }
        Ok(())
    }
}
