//! Puts engine, platform, workers, API and proxy together.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tempus_engine::SystemClock;
use tempus_engine::sqlite::{Options, SqliteEngine};
use tempus_steps::local::process::{Policy, ShimCommand, Supervisor};
use tempus_steps::local::proxy::{self, Routes};
use tempus_steps::local::{LocalOptions, LocalPlatform};
use tempus_worker::{Parts, Worker};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::directory::StoreDirectory;
use super::{Listeners, settings};
use crate::config::Config;

/// Starts everything on sockets that are bound already, and returns once the API takes requests.
/// The task ends when `stop` is cancelled and all is at rest, or when a part of it cannot go on.
pub(super) fn assemble(
    config: &Config,
    listeners: Listeners,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let data = folder(&config.data)?;
    let clock = Arc::new(SystemClock);
    let options = Options {
        clock: clock.clone(),
        ..Options::default()
    };
    let engine = SqliteEngine::open(&data, options)?;

    let routes = Arc::new(Routes::new());
    let platform = Arc::new(local_platform(config, &data, &engine, &routes)?);
    let parts = Parts {
        store: engine.store(),
        queue: engine.queue(),
        timer: engine.timer(),
        clock: clock.clone(),
        platform: platform.clone(),
    };
    let settings = settings::api(
        config,
        listeners.api.local_addr()?,
        listeners.previews.local_addr()?,
    )?;
    let api = tempus_api::Api::new(tempus_api::Parts {
        store: engine.store(),
        queue: engine.queue(),
        platform: platform.clone(),
        clock,
        metrics: tempus_api::Metrics::install()?,
        config: settings,
    });
    let worker = Worker::start(parts, settings::worker(config));
    let directory = Arc::new(StoreDirectory(engine.store()));

    let proxied = tokio::spawn(proxy::serve(
        listeners.previews,
        routes,
        directory,
        stop.clone().cancelled_owned(),
    ));
    let served = tokio::spawn(tempus_api::serve(
        listeners.api,
        api,
        stop.clone().cancelled_owned(),
    ));
    Ok(tokio::spawn(async move {
        // Ends when told to; or when one of the two cannot go on, which ends the other.
        let (served, proxied) = tokio::join!(
            async {
                let ended = served.await;
                stop.cancel();
                ended
            },
            async {
                let ended = proxied.await;
                stop.cancel();
                ended
            },
        );
        // Nothing new is accepted. Then the workers, then what they started, then the store.
        worker.stop().await;
        let ended = platform.shut_down().await;
        engine.close().await?;
        ended.context("some processes could not be ended; the next start will find them")?;
        served
            .context("the API crashed")?
            .context("the API ended")?;
        proxied
            .context("the proxy crashed")?
            .context("the proxy ended")
    }))
}

/// The data folder, absolute: processes have working folders of their own.
fn folder(data: &Path) -> anyhow::Result<std::path::PathBuf> {
    std::fs::create_dir_all(data)
        .with_context(|| format!("data: cannot make the folder {}", data.display()))?;
    std::fs::canonicalize(data).with_context(|| format!("data: {}", data.display()))
}

fn local_platform(
    config: &Config,
    data: &Path,
    engine: &SqliteEngine,
    routes: &Arc<Routes>,
) -> anyhow::Result<LocalPlatform> {
    let work_dir = data.join("work");
    std::fs::create_dir_all(&work_dir).context("cannot make the work folder")?;
    let policy = Policy {
        grace: config.previews.grace,
        ..Policy::default()
    };
    let supervisor = Supervisor::open(
        &data.join("processes"),
        engine.installation(),
        ShimCommand::this_binary()?,
        policy,
    )?;
    let options = LocalOptions {
        ports: config.previews.ports.range().clone(),
        grace: config.previews.grace,
        ready_within: config.previews.ready_within,
        verify_delay: config.worker.verify_delay,
        work_dir,
        program: std::env::current_exe().context("this program's own path")?,
    };
    Ok(LocalPlatform::new(
        Arc::new(supervisor),
        Arc::clone(routes),
        options,
    ))
}
