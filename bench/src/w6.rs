//! W6: the API under load from another process on the same machine: creates, and reads of their jobs. The
//! workers are idle (there are none), quotas are counted, everybody is the administrator.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::Value;
use tempus_api::{Api, Metrics, Socket, serve};
use tempus_engine::{Quotas, SystemClock};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::arguments::Arguments;
use crate::child;
use crate::machine::fsyncs_per_second;
use crate::noop::NoopPlatform;
use crate::process::memory;
use crate::report::Report;
use crate::rig::Rig;

/// How many connections the load has, each with one request under way.
const CONNECTIONS: usize = 32;
/// Reached by nobody, and counted all the same.
const QUOTAS: Quotas = Quotas {
    per_owner: 10_000_000,
    total: 10_000_000,
};

/// Runs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let mut report = Report::new("w6", arguments);
    report.set("engine", "sqlite");
    report.set("synchronous", "FULL");
    report.set("connections", CONNECTIONS);
    report.set("quotas", "on");
    report.set("identity", "off");
    report.set("taken", "the best round");
    report.set("log", "error");
    report.show_settings();
    let folder = arguments.folder()?;
    let rig = Rig::without_worker(folder.path())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let served = serve(
        Socket::plain(listener),
        api(&rig, address)?,
        stop.clone().cancelled_owned(),
    );
    let served = tokio::spawn(served);

    let mut best = Value::Null;
    let mut fsync = 0_f64;
    for _ in 0..arguments.rounds {
        fsync = fsync.max(fsyncs_per_second(&arguments.data)?);
        let round = load(arguments, address).await?;
        let of = |round: &Value| round["creates_per_s"].as_f64().unwrap_or(0.0);
        let (before, now) = (of(&best), of(&round));
        merge(&mut best, &round, now >= before);
    }
    report.number("fsync_per_s", fsync, 0);
    for (name, value) in best.as_object().into_iter().flatten() {
        report.figure(name, value.clone());
    }
    report.number("peak_mib", memory()?.peak, 1);
    stop.cancel();
    served.await??;
    rig.stop().await?;
    Ok(report)
}

/// The creates of one round are its best, and the reads of another may be.
fn merge(best: &mut Value, round: &Value, creates: bool) {
    let Some(best) = best.as_object_mut() else {
        *best = round.clone();
        return;
    };
    let reads = best["reads_per_s"].as_f64() < round["reads_per_s"].as_f64();
    for (name, value) in round.as_object().into_iter().flatten() {
        if (name.starts_with("create") && creates) || (name.starts_with("read") && reads) {
            best.insert(name.clone(), value.clone());
        }
    }
}

/// Another process, so that what asks is not counted with what answers.
async fn load(arguments: &Arguments, address: SocketAddr) -> anyhow::Result<Value> {
    let (arguments, address) = (arguments.clone(), address.to_string());
    let connections = CONNECTIONS.to_string();
    let running = tokio::task::spawn_blocking(move || {
        child::run(&arguments, &["load", &address, &connections])
    });
    running.await?
}

fn api(rig: &Rig, address: SocketAddr) -> anyhow::Result<Api> {
    let mut config = tempus_api::testing::config(address.port());
    config.quotas = QUOTAS;
    Ok(Api::new(tempus_api::Parts {
        store: Arc::clone(&rig.store),
        queue: rig.engine.queue(),
        platform: Arc::new(NoopPlatform::new(Arc::new(()))),
        clock: Arc::new(SystemClock),
        gate: None,
        metrics: Metrics::install()?,
        config,
        identity: None,
        webhook: None,
    })?)
}
