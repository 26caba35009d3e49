//! What the server says of itself to those who watch over it: traces and metrics, by OTLP to a
//! collector or as a line for `CloudWatch`. Log lines are [`crate::logging`]'s.
//!
//! ```text
//!   spans ──► tracer ────────────────────────► collector   /v1/traces
//!                                                  ▲
//!   metrics ─► recorder ─► text ─► exposition ─► push      /v1/metrics, every interval
//!                           │          └───────► emf ────► standard output
//!                           └─► GET /metrics
//! ```
//!
//! Whatever is shown elsewhere is read from the one text that `/metrics` shows, so no two places
//! can disagree. Nothing here may hold up or break anything else: queues are bounded, every call
//! has its time-out, and what cannot be sent is dropped.

mod collector;
mod emf;
mod exposition;
pub mod list;
mod machine;
mod push;
mod resource;
mod tracer;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tempus_api::{Api, Metrics};
use tempus_engine::Store;
use tempus_model::InstallationId;
use tempus_steps::local::LocalPlatform;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::server::Role;
use collector::Collector;
use emf::Emf;
use exposition::Family;
use machine::Machine;
use push::Push;

pub use tracer::layer;

/// How often what the processes take is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How long the last that is to be said may take.
const LAST_WORDS: Duration = Duration::from_millis(1500);

/// What is counted when somebody looks.
pub struct Sources {
    /// The API, where this process has one: it counts what the store holds.
    pub api: Option<Api>,
    /// The local platform, where this process has one: its previews are processes of this machine.
    pub platform: Option<Arc<LocalPlatform>>,
    /// Where the previews' names are.
    pub store: Arc<dyn Store>,
}

/// Telemetry, begun.
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// The process's recorder, with everything described that this program measures.
pub fn recorder(role: Role) -> anyhow::Result<Metrics> {
    let metrics = Metrics::install()?;
    list::describe();
    machine::show_build(role);
    Ok(metrics)
}

impl Telemetry {
    /// Begins to send what is configured to be sent.
    pub fn start(
        settings: &config::Telemetry,
        role: Role,
        installation: InstallationId,
        metrics: Metrics,
        sources: Sources,
    ) -> anyhow::Result<Self> {
        let mut telemetry = Self {
            provider: None,
            stop: CancellationToken::new(),
            tasks: Vec::new(),
        };
        let mut outlets = Outlets::default();
        if let Some(endpoint) = &settings.otlp_endpoint {
            let resource = resource::Resource::of(settings, role, installation);
            let collector = Collector::new(endpoint.as_str())
                .with_context(|| format!("telemetry.otlp_endpoint: {endpoint}"))?;
            telemetry.provider = Some(tracer::export(&collector, &resource, settings.sample)?);
            outlets.push = Some(Push::new(collector, &resource));
        }
        if settings.emf == config::Answer::Yes {
            outlets.emf = Some(Emf::new(settings.name.as_str()));
        }
        let machine = Machine::new(sources.platform, sources.store);
        telemetry.spawn(look(machine, telemetry.stop.clone()));
        if outlets.push.is_some() || outlets.emf.is_some() {
            let (api, stop) = (sources.api, telemetry.stop.clone());
            telemetry.spawn(say(outlets, metrics, api, settings.interval, stop));
        }
        Ok(telemetry)
    }

    fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(tokio::spawn(task));
    }

    /// Says what is still to be said, if that can be done within a moment, and ends.
    pub async fn stop(self) {
        self.stop.cancel();
        let provider = self.provider;
        let flushed = tokio::task::spawn_blocking(move || {
            // What could not be sent by now is lost, which the collector was told by its absence.
            provider.map(|provider| provider.shutdown_with_timeout(LAST_WORDS))
        });
        let said = async {
            for task in self.tasks {
                let _ = task.await;
            }
        };
        let _ = tokio::join!(flushed, tokio::time::timeout(LAST_WORDS, said));
    }
}

/// Looks at what the processes take, now and then.
async fn look(mut machine: Machine, stop: CancellationToken) {
    loop {
        machine.look().await;
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Where metrics go.
#[derive(Default)]
struct Outlets {
    push: Option<Push>,
    emf: Option<Emf>,
}

impl Outlets {
    async fn say(&mut self, families: &[Family]) {
        if let Some(emf) = &mut self.emf {
            emf.write(families);
        }
        if let Some(push) = &self.push {
            push.send(families).await;
        }
    }
}

/// Says every interval what is measured, and once more at the end.
async fn say(
    mut outlets: Outlets,
    metrics: Metrics,
    api: Option<Api>,
    interval: Duration,
    stop: CancellationToken,
) {
    loop {
        let is_last = tokio::select! {
            () = tokio::time::sleep(interval) => false,
            () = stop.cancelled() => true,
        };
        // At the end the store is closed: what it held is as it was last seen.
        if let Some(api) = api.as_ref().filter(|_| !is_last) {
            api.count().await;
        }
        outlets.say(&exposition::read(&metrics.render())).await;
        if is_last {
            return;
        }
    }
}
