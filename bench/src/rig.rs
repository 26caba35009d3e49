//! The pipeline as a server puts it together, on the sqlite engine and the platform that does nothing:
//! engine, worker, and what a client of the API asks the store for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tempus_engine::sqlite::{Options, SqliteEngine};
use tempus_engine::{
    Accepted, Budget, Clock, CreateError, Listener, NewPreview, Outgoing, Queue, Quotas, Store,
    SystemClock,
};
use tempus_model::transition::accept::NewJob;
use tempus_model::{
    Actor, Hint, Identity, JobId, Origin, Owner, PreviewId, Service, Spec, Template,
};
use tempus_worker::{Budgets, Parts, Worker, WorkerConfig};
use uuid::Uuid;

use crate::bell::Bell;
use crate::noop::{NoopPlatform, Witness};

/// How long previews live: longer than any run, so that none ends in one.
const LIFE: Duration = Duration::from_hours(24);
/// How many people own them.
const OWNERS: u64 = 100;
/// How long anything may take before the run is given up.
const PATIENCE: Duration = Duration::from_mins(2);

/// What previews are asked for with, beyond what all have.
pub type Env = BTreeMap<String, String>;

/// An engine, and a worker on it.
pub struct Rig {
    pub engine: SqliteEngine,
    pub store: Arc<dyn Store>,
    bell: Arc<Bell>,
    worker: Option<Worker>,
    names: AtomicU64,
}

impl Rig {
    /// Opens a store in this folder, and starts a worker that carries out so many sagas at once.
    pub fn start(
        folder: &Path,
        witness: Arc<dyn Witness>,
        in_flight: usize,
    ) -> anyhow::Result<Self> {
        let mut rig = Self::without_worker(folder)?;
        let parts = Parts {
            store: Arc::clone(&rig.store),
            queue: Arc::clone(&rig.bell) as Arc<dyn Queue>,
            timer: rig.engine.timer(),
            clock: Arc::new(SystemClock),
            platform: Arc::new(NoopPlatform::new(witness)),
            github: None,
            notify: None,
        };
        let config = WorkerConfig {
            budgets: Budgets {
                builds: in_flight,
                ..Budgets::default()
            },
            ..WorkerConfig::default()
        };
        rig.worker = Some(Worker::start(parts, config));
        Ok(rig)
    }

    /// The same without anybody who works.
    pub fn without_worker(folder: &Path) -> anyhow::Result<Self> {
        let engine = SqliteEngine::open(folder, Options::default())?;
        Ok(Self {
            store: engine.store(),
            bell: Arc::new(Bell::before(engine.queue())),
            engine,
            worker: None,
            names: AtomicU64::new(u64::from(rand::random::<u32>()) << 24),
        })
    }

    /// Asks for a preview as the API does: what is wanted is written, then the hint is sent.
    pub async fn create(&self, env: &Env) -> anyhow::Result<Accepted> {
        let ((), accepted) = self.ask(env, |_| ()).await?;
        Ok(accepted)
    }

    /// Asks for a preview and waits until its job has ended. How long that took.
    pub async fn carry_out(&self, env: &Env) -> anyhow::Result<(JobId, Duration)> {
        let began = Instant::now();
        let rings = |preview| self.bell.rings_for(preview);
        let (rung, accepted) = self.ask(env, rings).await?;
        tokio::time::timeout(PATIENCE, rung).await??;
        Ok((accepted.job.id, began.elapsed()))
    }

    /// Asks, after something was done with the preview's id. Of a hundred thousand previews two have ids that
    /// begin alike: then another is chosen, as the API does.
    async fn ask<T>(
        &self,
        env: &Env,
        before: impl Fn(PreviewId) -> T,
    ) -> anyhow::Result<(T, Accepted)> {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        let owner = format!("owner-{}", number % OWNERS);
        let (done, accepted) = loop {
            let preview = PreviewId::new(Uuid::new_v4());
            let done = before(preview);
            let new = new_preview(preview, number, &owner, env)?;
            match self.store.create(new).await {
                Err(CreateError::ShortTaken) => {}
                created => break (done, created?),
            }
        };
        let hint = Outgoing {
            group: Some(owner),
            ..Outgoing::now(&Hint::look(accepted.preview))
        };
        (&*self.bell as &dyn Queue).post(hint).await?;
        Ok((done, accepted))
    }

    /// Stops it cleanly.
    pub async fn stop(self) -> anyhow::Result<()> {
        if let Some(worker) = self.worker {
            worker.stop().await;
        }
        Ok(self.engine.close().await?)
    }
}

/// What the API makes of a request for one service.
pub fn new_preview(
    id: PreviewId,
    number: u64,
    owner: &str,
    env: &Env,
) -> anyhow::Result<NewPreview> {
    let now = SystemClock.now();
    let spec = Spec::new(
        Template::ApiService,
        vec![Service {
            image: Some("registry.example.com/shop/web:4f2a91c".to_owned()),
            env: env.clone(),
            path: Some("/".to_owned()),
            ..Service::new("web".parse()?, 8080)
        }],
    );
    let name = format!("pr-{number}");
    Ok(NewPreview {
        listeners: vec![Listener {
            name: "local".to_owned(),
            slots: None,
            url: format!("http://{name}.localhost:8081/"),
        }],
        identity: Identity {
            id,
            name: name.parse()?,
            owner: Owner {
                id: owner.to_owned(),
                login: owner.to_owned(),
                avatar_url: None,
            },
            origin: Origin::default(),
            template: spec.template.clone(),
            route: None,
            created_at: now,
            predecessor: None,
        },
        spec,
        expires_at: now.after(LIFE),
        warn_before: None,
        job: NewJob {
            id: JobId::new(Uuid::now_v7()),
            by: Actor::Worker,
            now,
        },
        quotas: UNLIMITED,
        budget: Budget::Within,
        key: None,
    })
}

/// Quotas are counted, and never reached.
pub const UNLIMITED: Quotas = Quotas {
    per_owner: u32::MAX,
    total: u32::MAX,
};
