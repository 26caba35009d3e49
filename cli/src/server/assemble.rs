//! Puts engine, platform, workers, API and proxy together, as far as a role has them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tempus_api::{Api, Metrics, Probe, Socket, StoreDirectory, Tls, serve_probe};
use tempus_engine::SystemClock;
use tempus_steps::gate::Gate;
use tempus_steps::local::checkout::Archives;
use tempus_worker::github::client::Client;
use tempus_worker::github::{FromGitHub, GitHub};
use tempus_worker::notify::Notify;
use tempus_worker::{Parts, Worker};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::chosen::{Chosen, EngineChoice, PlatformChoice};
use super::engine::Engine;
use super::platform::Platform;
use super::{Listeners, Role, database, gate, github, notify, settings};
use crate::config::Config;
use crate::telemetry::{self, Sources, Telemetry};

/// Starts everything on sockets that are bound already, and returns once the API takes requests.
/// The task ends when `stop` is cancelled and all is at rest, or when a part of it cannot go on.
pub(super) async fn assemble(
    config: &Config,
    chosen: Chosen,
    listeners: Listeners,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let role = chosen.role;
    // First of all: what is counted before there is a recorder is lost.
    let metrics = telemetry::recorder(role)?;
    let folding = tokio::spawn(metrics.clone().tend());
    let data = data(config, &chosen)?;
    let engine = Arc::new(Engine::open(chosen.engine, &data).await?);
    let installation = engine.installation();
    let keys = gate::keys(config, &data)?;
    let gate = keys.clone().map(|keys| Arc::new(Gate::new(keys)));
    let mut choice = chosen.platform;
    let databases = database::databases(config, role, &data)?;
    if let PlatformChoice::Aws(options) = &mut choice {
        options.gate = keys;
        options.databases = databases.clone();
    }
    // Whoever has no workers asks GitHub for nothing.
    let asks_github = if role.has_worker() {
        github::client(config)?
    } else {
        None
    };
    let archives = archives(asks_github.as_ref());
    let platform = Platform::open(choice, config, &data, installation, databases, archives).await?;
    let previews = listeners.previews.as_ref().map(TcpListener::local_addr);
    let previews = previews.transpose()?;

    let parts = |own: SocketAddr| -> anyhow::Result<tempus_api::Parts> {
        Ok(tempus_api::Parts {
            store: engine.store(),
            queue: engine.queue(),
            platform: platform.steps(),
            clock: Arc::new(SystemClock),
            gate: gate.clone(),
            metrics: metrics.clone(),
            config: settings::api(config, own, previews)?,
            identity: settings::identity(&config.identity)?,
            webhook: github::webhook(config)?,
        })
    };
    let api = match listeners.api {
        Some((listener, tls)) => {
            let parts = parts(listener.local_addr()?)?;
            Some(api(parts, listener, tls, &stop)?)
        }
        None => None,
    };
    let (api, served) = api.unzip();
    let github = match (&api, asks_github) {
        (_, None) => None,
        (Some(api), Some(client)) => Some(github::tending(config, client, api)),
        // It accepts what pull requests call for as an API would, and answers nobody.
        (None, Some(client)) => {
            let parts = parts((Ipv4Addr::LOCALHOST, 0).into())?;
            let api = Api::new(parts).context("identity.oidc")?;
            Some(github::tending(config, client, &api))
        }
    };
    let notify = role.has_worker().then(|| notify::notify(config));
    let notify = notify.transpose()?.flatten();
    // Says that the process lives for as long as it does.
    let at_rest = CancellationToken::new();
    let probe = listeners.worker;
    let probe = probe.map(|listener| self::probe(&engine, &metrics, listener, &at_rest));
    let sources = Sources {
        api,
        platform: platform.local(),
        store: engine.store(),
    };
    let settings = &config.telemetry;
    let telemetry = Telemetry::start(settings, role, installation, metrics, sources)?;
    let worker = role
        .has_worker()
        .then(|| worker(config, &engine, &platform, (github, notify)));
    let directory = StoreDirectory::new(engine.store(), engine.queue(), Arc::new(SystemClock));
    let hold = config.previews.hold;
    let proxy = platform.serve(listeners.previews, directory, gate, hold, stop.clone());
    let tended = tokio::spawn(tend(role, Arc::clone(&engine), stop.clone()));
    Ok(tokio::spawn(async move {
        // Ends when told to; or when one of the two cannot go on, which ends the other.
        let (served, proxied, ()) =
            tokio::join!(ended(served, &stop), ended(proxy, &stop), stop.cancelled());
        // Nothing new is accepted. Then the workers, then what they started, then the store.
        if let Some(worker) = worker {
            worker.stop().await;
        }
        let tended = tended.await;
        telemetry.stop().await;
        folding.abort();
        let closed = platform.close().await;
        at_rest.cancel();
        if let Some(probe) = probe {
            probe.await.context("the worker's own listener crashed")?;
        }
        if let Some(engine) = Arc::into_inner(engine) {
            engine.close().await?;
        }
        closed?;
        served.context("the API ended")?;
        proxied.context("the proxy ended")?;
        tended.context("the engine's upkeep crashed")
    }))
}

/// Keeps the engine up, where there are workers.
async fn tend(role: Role, engine: Arc<Engine>, stop: CancellationToken) {
    if role.has_worker() {
        engine.tend(stop).await;
    }
}

/// Where commits' files come from.
fn archives(github: Option<&Arc<Client>>) -> Option<Arc<dyn Archives>> {
    let github = github.cloned()?;
    Some(Arc::new(FromGitHub(github)))
}

/// Waits for a part to end, and then ends the others. A part that a role has not is no part.
async fn ended(part: Option<Serving>, stop: &CancellationToken) -> anyhow::Result<()> {
    let Some(part) = part else {
        return Ok(());
    };
    let ended = part.await;
    stop.cancel();
    Ok(ended.context("it crashed")??)
}

/// Something that serves on a socket.
type Serving = JoinHandle<io::Result<()>>;

/// Answers requests on a socket, until `stop`.
fn api(
    parts: tempus_api::Parts,
    listener: TcpListener,
    tls: Option<Tls>,
    stop: &CancellationToken,
) -> anyhow::Result<(Api, Serving)> {
    let api = Api::new(parts).context("identity.oidc")?;
    let socket = match tls {
        Some(tls) => Socket::encrypted(listener, tls),
        None => Socket::plain(listener),
    };
    let stopped = stop.clone().cancelled_owned();
    let served = tempus_api::serve(socket, api.clone(), stopped);
    Ok((api, tokio::spawn(served)))
}

/// What tells others how a worker is.
fn probe(
    engine: &Engine,
    metrics: &Metrics,
    listener: TcpListener,
    at_rest: &CancellationToken,
) -> JoinHandle<()> {
    let probe = Probe {
        store: engine.store(),
        metrics: metrics.clone(),
    };
    let stopped = at_rest.clone().cancelled_owned();
    tokio::spawn(serve_probe(listener, probe, stopped))
}

fn worker(
    config: &Config,
    engine: &Engine,
    platform: &Platform,
    (github, notify): (Option<GitHub>, Option<Notify>),
) -> Worker {
    let parts = Parts {
        store: engine.store(),
        queue: engine.queue(),
        timer: engine.timer(),
        clock: Arc::new(SystemClock),
        platform: platform.steps(),
        github,
        notify,
    };
    Worker::start(parts, settings::worker(config))
}

/// The data folder, absolute, where anything is kept in it: processes have working folders of
/// their own.
fn data(config: &Config, chosen: &Chosen) -> anyhow::Result<PathBuf> {
    let data = &config.data;
    if let (EngineChoice::Aws(_), PlatformChoice::Aws(_)) = (&chosen.engine, &chosen.platform) {
        return Ok(data.clone());
    }
    std::fs::create_dir_all(data)
        .with_context(|| format!("data: cannot make the folder {}", data.display()))?;
    std::fs::canonicalize(data).with_context(|| format!("data: {}", data.display()))
}
