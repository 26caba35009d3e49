//! A real worker on a real engine, that tells a receiver.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tempus_engine::sqlite::{Options, SqliteEngine};
use tempus_engine::{Budget, Clock, Listener, NewPreview, Outgoing, Quotas, Store, SystemClock};
use tempus_model::transition::accept::NewJob;
use tempus_model::{
    Actor, Deed, Hint, Identity, JobId, Origin, Owner, Phase, PreviewId, Row, WorkerId,
};
use tempus_steps::sim::{Cloud, Habits, NoFaults, SimPlatform};
use tempus_tests::receiver::Receiver;
use tempus_tests::sim::spec;
use tempus_worker::notify::{HttpReceiver, Notify, SigningKey};
use tempus_worker::{Budgets, Parts, Worker, WorkerConfig};
use uuid::Uuid;

/// What events are signed with.
pub const SECRET: &str = "what the receiver and Tempus know";

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct World {
    engine: SqliteEngine,
    cloud: Cloud,
    worker: Option<Worker>,
}

impl World {
    /// One whose worker gives the receiver so long to answer, and tells one at a time.
    pub fn start(receiver: &Receiver, patience: Duration) -> Self {
        let habits = Habits {
            latency: Duration::from_millis(1),
            lag: Duration::ZERO,
            start: Duration::from_millis(5),
            drain: Duration::from_millis(5),
            tells_within: None,
        };
        let mut world = Self {
            engine: SqliteEngine::in_memory(Options::default()).unwrap(),
            cloud: Cloud::new(habits, Arc::new(NoFaults)),
            worker: None,
        };
        world.begin(receiver, patience);
        world
    }

    /// Starts a worker.
    pub fn begin(&mut self, receiver: &Receiver, patience: Duration) {
        let url = tempus_worker::notify::Address::parse(&receiver.url).unwrap();
        let key = SigningKey::parse(SECRET).unwrap();
        let receiver = HttpReceiver::new(url, key, patience, "tempus/test").unwrap();
        let parts = Parts {
            store: self.engine.store(),
            queue: self.engine.queue(),
            timer: self.engine.timer(),
            clock: Arc::new(SystemClock),
            platform: Arc::new(SimPlatform::new(&self.cloud, Duration::from_millis(200))),
            github: None,
            notify: Some(Notify {
                receiver: Arc::new(receiver),
                patience,
                api_url: Some("https://tempus.example".to_owned()),
            }),
        };
        let config = WorkerConfig {
            name: WorkerId("teller".to_owned()),
            budgets: Budgets {
                notify: 1,
                ..Budgets::default()
            },
            sweep_every: None,
            poll: Duration::from_secs(1),
            remind_every: Duration::from_millis(100),
            ..WorkerConfig::default()
        };
        self.worker = Some(Worker::start(parts, config));
    }

    pub fn store(&self) -> Arc<dyn Store> {
        self.engine.store()
    }

    /// A ready preview that lives so long, and is warned of so long before its end, in seconds.
    pub async fn create(&self, name: &str, before: u64, life: u64) -> PreviewId {
        let now = SystemClock.now();
        let spec = spec(&[("web", "1")]);
        let new = NewPreview {
            identity: Identity {
                id: PreviewId::new(Uuid::new_v4()),
                name: name.parse().unwrap(),
                owner: Owner {
                    id: "12".to_owned(),
                    login: "acme/shop".to_owned(),
                    avatar_url: None,
                },
                origin: Origin::default(),
                template: spec.template.clone(),
                route: None,
                created_at: now,
                predecessor: None,
            },
            spec,
            expires_at: now.after(Duration::from_secs(life)),
            warn_before: Some(Duration::from_secs(before)),
            budget: Budget::Within,
            job: NewJob {
                id: JobId::new(Uuid::new_v4()),
                by: Actor::at_this_machine("test"),
                now,
            },
            listeners: vec![Listener {
                name: "main".to_owned(),
                slots: None,
                url: format!("http://{name}.test/"),
            }],
            quotas: Quotas {
                per_owner: 10,
                total: 10,
            },
            key: None,
        };
        let preview = self.store().create(new).await.unwrap().preview;
        self.hint(preview).await;
        self.until("it is ready", async || {
            self.row(preview).await.phase() == Phase::Ready
        })
        .await;
        preview
    }

    pub async fn hint(&self, preview: PreviewId) {
        let hint = Outgoing::now(&Hint::look(preview));
        self.engine.queue().send(&[hint]).await.unwrap();
    }

    pub async fn row(&self, preview: PreviewId) -> Row {
        self.store().get(preview).await.unwrap().unwrap().row
    }

    pub async fn deeds(&self, preview: PreviewId) -> Vec<Deed> {
        let deeds = self.store().deeds(preview, 100).await.unwrap();
        let told = |deed: &Deed| matches!(deed.what, tempus_model::DeedKind::Warned { .. });
        deeds.into_iter().filter(told).collect()
    }

    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds().await {
            assert!(Instant::now() < end, "it is not so that {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends the worker where it stands.
    pub fn kill(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.tasks().kill();
        }
    }

    pub async fn stop(mut self) {
        if let Some(worker) = self.worker.take() {
            worker.stop().await;
        }
    }
}
