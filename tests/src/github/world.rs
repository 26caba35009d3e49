//! A hub, and a real worker on a real engine that hears of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempus_engine::sqlite::{Options, SqliteEngine};
use tempus_engine::{Clock, Outgoing, Store, SystemClock};
use tempus_model::github::{Branches, Source, SourceChange, SourceKey, Told, read};
use tempus_model::{Address, Capacity, Hint, Phase, Prices, Snapshot, WorkerId};
use tempus_steps::http;
use tempus_steps::sim::{Cloud, Habits, NoFaults, SimPlatform};
use tempus_worker::github::client::{AppKey, Client, Pace};
use tempus_worker::github::{GitHub, Settings};
use tempus_worker::{Parts, Worker, WorkerConfig};

use super::hub::{Hub, REPOSITORY};
use super::previews::StorePreviews;
use super::token;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// A world.
pub struct World {
    /// GitHub.
    pub hub: Hub,
    /// The engine.
    pub engine: SqliteEngine,
    /// Where previews run.
    pub cloud: Cloud,
    worker: Option<Worker>,
}

impl World {
    /// One with room for any number of previews, whose pass comes only when it is asked for.
    pub async fn start() -> Self {
        Self::with(1000, Pace::shared_by(1)).await
    }

    /// One with room for so many previews, that says no more than this.
    pub async fn with(total: u32, pace: Pace) -> Self {
        let hub = Hub::start().await;
        let engine = SqliteEngine::in_memory(Options::default()).unwrap_or_else(|e| panic!("{e}"));
        let habits = Habits {
            latency: Duration::from_millis(1),
            lag: Duration::ZERO,
            start: Duration::from_millis(5),
            drain: Duration::from_millis(5),
            tells_within: None,
        };
        let cloud = Cloud::new(habits, Arc::new(NoFaults));
        let mut world = Self {
            hub,
            engine,
            cloud,
            worker: None,
        };
        world.begin(total, pace);
        world
    }

    fn begin(&mut self, total: u32, pace: Pace) {
        let app = AppKey::parse(token::APP, token::pem().as_bytes());
        let app = app.unwrap_or_else(|e| panic!("{e}"));
        let http = http::plain()
            .no_proxy()
            .build()
            .unwrap_or_else(|e| panic!("{e}"));
        let base = self.hub.url.parse().unwrap_or_else(|e| panic!("{e}"));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let client = Client::new(http, base, app, pace, Arc::clone(&clock));
        let previews = StorePreviews {
            store: self.engine.store(),
            queue: self.engine.queue(),
            total,
        };
        let settings = Settings {
            branches: Branches::Followed,
            pass_every: Duration::from_hours(1),
            pass_cap: 2,
            api_url: Some("https://tempus.example".to_owned()),
            longest: "7d".parse().unwrap_or_else(|e| panic!("{e}")),
            longest_pin: "30d".parse().unwrap_or_else(|e| panic!("{e}")),
            left_unpinned: "1h".parse().unwrap_or_else(|e| panic!("{e}")),
            kept: Duration::from_hours(24),
            prices: Some(Prices::listed(
                "us-east-1",
                Capacity::OnDemand,
                Address::Private,
            )),
        };
        let parts = Parts {
            store: self.engine.store(),
            queue: self.engine.queue(),
            timer: self.engine.timer(),
            clock,
            platform: Arc::new(SimPlatform::new(&self.cloud, Duration::from_millis(200))),
            github: Some(GitHub {
                client: Arc::new(client),
                previews: Arc::new(previews),
                settings,
            }),
            notify: None,
        };
        let config = WorkerConfig {
            name: WorkerId("github".to_owned()),
            sweep_every: None,
            poll: Duration::from_secs(1),
            remind_every: Duration::from_millis(500),
            ..WorkerConfig::default()
        };
        self.worker = Some(Worker::start(parts, config));
    }

    /// Ends the worker.
    pub async fn stop(mut self) {
        if let Some(worker) = self.worker.take() {
            worker.stop().await;
        }
    }

    /// Delivers an event, as the API does when it has seen that it is signed.
    pub async fn deliver(&self, event: &str, delivery: &str, body: &Value) {
        let body = body.to_string();
        let told = read(event, delivery, body.as_bytes(), Branches::Followed);
        for told in told.unwrap_or_else(|e| panic!("{e}: {body}")) {
            let Told::Of(key, note) = told else { continue };
            self.note(key, SourceChange::Note(*note)).await;
        }
    }

    /// Asks for a pass now.
    pub async fn pass(&self) {
        let note = tempus_model::github::Note {
            delivery: None,
            repository: None,
            by: None,
            news: tempus_model::github::News::Look,
        };
        self.note(SourceKey::App, SourceChange::Note(note)).await;
    }

    async fn note(&self, source: SourceKey, change: SourceChange) {
        let store = self.engine.store();
        if store
            .change_source(&source, &change, SystemClock.now())
            .await
            .is_ok()
        {
            let hint = Outgoing::now(&Hint::Source { source });
            let sent = self.engine.queue().send(&[hint]).await;
            sent.unwrap_or_else(|e| panic!("{e}"));
        }
    }

    /// A pull request's source.
    pub async fn source(&self, number: u64) -> Option<Source> {
        let key = SourceKey::Pull {
            repository: REPOSITORY,
            number,
        };
        let source = self.engine.store().source(&key).await;
        source.unwrap_or_else(|e| panic!("{e}"))
    }

    /// The latest preview of this name.
    pub async fn preview(&self, name: &str) -> Option<Snapshot> {
        let name = name.parse().unwrap_or_else(|e| panic!("{name}: {e}"));
        let found = self.engine.store().get_by_name(&name).await;
        found.unwrap_or_else(|e| panic!("{e}"))
    }

    /// The phase of the preview of this name.
    pub async fn phase(&self, name: &str) -> Option<Phase> {
        self.preview(name).await.map(|preview| preview.row.phase())
    }

    /// The commit that the preview of this name is wanted at.
    pub async fn commit(&self, name: &str) -> Option<String> {
        let preview = self.preview(name).await?;
        let tempus_model::Desired::Present(spec) = preview.row.desired else {
            return None;
        };
        let store = self.engine.store();
        let spec = store.spec(preview.identity.id, spec).await;
        spec.unwrap_or_else(|e| panic!("{e}"))?.commit_sha
    }

    /// Waits until something holds.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self).await {
            assert!(Instant::now() < end, "it is not so that {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until nobody tends anything and nothing is due.
    pub async fn until_rest(&self) {
        self.until("everything is at rest", async |world: &Self| {
            let store: Arc<dyn Store> = world.engine.store();
            let soon = SystemClock.now().after(Duration::from_mins(10));
            let now = SystemClock.now().after(Duration::from_secs(35));
            let rows = store.due(now, 1).await.unwrap_or_else(|e| panic!("{e}"));
            let sources = store
                .due_sources(soon, 1)
                .await
                .unwrap_or_else(|e| panic!("{e}"));
            rows.is_empty() && sources.is_empty()
        })
        .await;
    }
}
