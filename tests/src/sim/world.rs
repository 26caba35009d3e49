//! The world: an engine and a cloud that outlive every worker, and the workers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tempus_engine::sqlite::{Options, SqliteEngine};
use tempus_engine::{
    Accepted, Budget, Clock, CreateError, JobError, Listener, NewPreview, Outgoing, Quotas, Store,
    TokioClock, Update,
};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::{
    Actor, Hint, Identity, InstallationId, JobId, Origin, Owner, PreviewId, Row, Service, Snapshot,
    Spec, Template, Timestamp, WorkerId,
};
use tempus_steps::sim::{Cloud, Habits, Item, NoFaults, SimPlatform};
use tempus_worker::{Budgets, Parts, Worker, WorkerConfig};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use super::eye::Eye;
use super::faults::{Cell, Injector, Strike};
use super::gate::{CloudGate, Gate, Open};
use super::wrap::{WrappedQueue, WrappedStore, WrappedTimer};

/// Later than any call of a frozen worker can land.
const VERIFY_DELAY: Duration = Duration::from_secs(90);

/// A world.
pub struct World {
    /// The engine, unwrapped: what the API uses, and what the test looks at.
    pub engine: SqliteEngine,
    /// The cloud, unwrapped.
    pub cloud: Cloud,
    /// The clock that goes with tokio's.
    pub clock: TokioClock,
    /// The first worker's faults.
    pub faults: Arc<Injector>,
    /// Sees every change, whoever makes it.
    pub(super) eye: Arc<Eye>,
    strikes: UnboundedReceiver<(Strike, oneshot::Sender<()>)>,
    workers: Vec<Worker>,
    ids: u128,
    made: u32,
    /// How many strikes were answered: what was looked at before one is no longer true.
    pub strikes_answered: u32,
    /// Called when a worker dies, instead of starting its successor: nothing happens afterwards.
    pub last_words: Option<LastWords>,
    is_over: bool,
    /// Up to how long waits are slept with the lease held.
    pub in_place: Duration,
    /// How many sagas a worker carries out at once.
    pub budgets: Budgets,
    /// Hints that the engine found in its store when it was opened: one of them may be for a time
    /// that does not come.
    pub found_hints: u64,
}

/// Says when a world ended, and how its preview stood and what existed then.
pub type LastWords = Box<dyn FnOnce(Timestamp, Row, Vec<Item>)>;

impl World {
    /// A world whose first worker meets this fault.
    pub fn new(cell: Option<Cell>) -> Self {
        Self::with(Habits::default(), cell)
    }

    /// A world whose cloud has these habits.
    pub fn with(habits: Habits, cell: Option<Cell>) -> Self {
        let clock = TokioClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
        let options = Options {
            clock: Arc::new(clock),
            installation: InstallationId::new(0x7e57),
            visibility: Duration::from_secs(30),
            ..Options::default()
        };
        let engine = SqliteEngine::in_memory(options).unwrap_or_else(|e| panic!("{e}"));
        Self::over(habits, engine, clock, cell)
    }

    /// A world on this engine.
    pub fn on(engine: SqliteEngine, clock: TokioClock, cell: Option<Cell>) -> Self {
        Self::over(Habits::default(), engine, clock, cell)
    }

    /// A world on this engine, whose cloud has these habits.
    fn over(habits: Habits, engine: SqliteEngine, clock: TokioClock, cell: Option<Cell>) -> Self {
        let cloud = Cloud::new(habits, Arc::new(NoFaults));
        let (send, strikes) = unbounded_channel();
        let faults = Arc::new(Injector::new(cell, send));
        let eye = Arc::new(Eye::new(engine.store(), engine.timer(), &cloud, clock));
        Self {
            eye,
            engine,
            cloud,
            clock,
            faults,
            strikes,
            workers: Vec::new(),
            ids: 0,
            made: 0,
            strikes_answered: 0,
            last_words: None,
            is_over: false,
            in_place: WorkerConfig::default().in_place,
            budgets: Budgets::default(),
            found_hints: 0,
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Starts the worker whose calls are counted.
    pub fn start_worker(&mut self) {
        let faults = self.faults.clone();
        self.start_behind(faults);
    }

    /// Starts another worker, to which nothing happens.
    pub fn start_successor(&mut self) {
        self.start_behind(Arc::new(Open));
    }

    fn start_behind(&mut self, gate: Arc<dyn Gate>) {
        let cloud = self.cloud.seen_through(Arc::new(CloudGate(gate.clone())));
        let parts = Parts {
            store: Arc::new(self.store_behind(gate.clone())),
            queue: Arc::new(WrappedQueue {
                inner: self.engine.queue(),
                gate: gate.clone(),
            }),
            timer: Arc::new(WrappedTimer {
                inner: self.engine.timer(),
                gate,
            }),
            clock: Arc::new(self.clock),
            platform: Arc::new(SimPlatform::new(&cloud, VERIFY_DELAY)),
            github: None,
            notify: None,
        };
        self.start(parts);
    }

    fn store_behind(&self, gate: Arc<dyn Gate>) -> WrappedStore {
        WrappedStore {
            inner: self.engine.store(),
            gate,
            watch: Some(self.eye.clone()),
        }
    }

    /// The store as the API has it.
    pub(super) fn store(&self) -> WrappedStore {
        self.store_behind(Arc::new(Open))
    }

    /// Ends every worker where it stands.
    pub fn end_workers(&mut self) {
        for worker in self.workers.drain(..) {
            worker.tasks().kill();
        }
    }

    /// Starts a worker whose platform knows the plans up to this version.
    pub fn start_release(&mut self, plans: u16) {
        let parts = Parts {
            store: self.engine.store(),
            queue: self.engine.queue(),
            timer: self.engine.timer(),
            clock: Arc::new(self.clock),
            platform: Arc::new(SimPlatform::new(&self.cloud, VERIFY_DELAY).of_release(plans)),
            github: None,
            notify: None,
        };
        self.start(parts);
    }

    fn start(&mut self, parts: Parts) {
        self.made += 1;
        let config = WorkerConfig {
            name: WorkerId(format!("sim-{}", self.made)),
            in_place: self.in_place,
            budgets: self.budgets,
            sweep_every: None,
            ..WorkerConfig::default()
        };
        self.workers.push(Worker::start(parts, config));
    }

    /// A fresh id, the same in every run.
    pub fn id(&mut self) -> uuid::Uuid {
        self.ids += 1;
        // The first group differs, so short ids do too.
        uuid::Uuid::from_u128(self.ids << 96 | self.ids)
    }

    /// Creates a preview, as the API does.
    pub async fn create(
        &mut self,
        name: &str,
        spec: Spec,
        ttl: Duration,
    ) -> Result<Accepted, CreateError> {
        let (id, job) = (PreviewId::new(self.id()), JobId::new(self.id()));
        let now = self.now();
        let new = NewPreview {
            identity: Identity {
                id,
                name: name.parse().unwrap_or_else(|e| panic!("{name}: {e}")),
                owner: Owner {
                    id: "ann".into(),
                    login: "ann".into(),
                    avatar_url: None,
                },
                origin: Origin::default(),
                template: spec.template.clone(),
                route: None,
                created_at: now,
                predecessor: None,
            },
            spec,
            expires_at: now.after(ttl),
            warn_before: None,
            job: NewJob {
                id: job,
                by: Actor::Worker,
                now,
            },
            listeners: vec![Listener {
                name: "main".into(),
                slots: Some(3),
                url: format!("http://{name}.test/"),
            }],
            quotas: Quotas {
                per_owner: 2,
                total: 2,
            },
            budget: Budget::Within,
            key: None,
        };
        let accepted = self.store().create(new).await?;
        self.hint(accepted.preview).await;
        Ok(accepted)
    }

    /// Asks for another spec, as the API does.
    pub async fn update(&mut self, preview: PreviewId, spec: Spec) -> Result<Accepted, JobError> {
        let job = NewJob {
            id: JobId::new(self.id()),
            by: Actor::Worker,
            now: self.now(),
        };
        let update = Update {
            preview,
            spec,
            expires_at: None,
            job,
            key: None,
        };
        let accepted = self.store().update(update).await?;
        self.hint(preview).await;
        Ok(accepted)
    }

    /// Asks for the preview's end, as the API does.
    pub async fn destroy(&mut self, preview: PreviewId) -> Result<Accepted, JobError> {
        let job = NewJob {
            id: JobId::new(self.id()),
            by: Actor::Worker,
            now: self.now(),
        };
        let asked = DestroyReason::Asked;
        let accepted = self.store().destroy(preview, asked, job, None).await?;
        self.hint(preview).await;
        Ok(accepted)
    }

    /// Sends a hint, as the API does.
    pub async fn hint(&self, preview: PreviewId) {
        let hint = Outgoing::now(&Hint::look(preview));
        self.engine
            .queue()
            .send(&[hint])
            .await
            .unwrap_or_else(|e| panic!("{e}"));
    }

    /// What the cloud sends when something about a preview has changed.
    pub async fn event(&self, preview: PreviewId) {
        let event = Outgoing {
            body: format!("sim-event {preview}"),
            group: None,
            delay: Duration::ZERO,
            trace: None,
        };
        let sent = self.engine.queue().post(event).await;
        sent.unwrap_or_else(|e| panic!("{e}"));
    }

    /// The preview as it stands.
    pub async fn get(&self, preview: PreviewId) -> Snapshot {
        let found = self
            .engine
            .store()
            .get(preview)
            .await
            .unwrap_or_else(|e| panic!("{e}"));
        found.unwrap_or_else(|| panic!("{preview} is not stored"))
    }

    /// Lets time pass until the preview is at rest (or parked), and does what strikes ask for.
    pub async fn until_rest(&mut self, preview: PreviewId, most: Duration) -> Result<(), String> {
        let end = tokio::time::Instant::now() + most;
        // Most of it is over soon, some waits for an expiry: looking at the store is what costs real time.
        let mut pause = Duration::from_millis(250);
        loop {
            let row = self.get(preview).await.row;
            let settled = row.settled.generation == row.generation
                && row.saga.is_none()
                && row.lease.is_none()
                && row.verify_at.is_none()
                && row.settled.expires_at == row.expires_at
                && row.settled.wakefulness == row.wakefulness
                && !row.is_expired(self.now());
            if settled || row.parked.is_some() {
                return Ok(());
            }
            if self.is_over {
                return Err("nobody is left".to_owned());
            }
            if tokio::time::Instant::now() >= end {
                return Err(format!("not at rest after {} s: {row:?}", most.as_secs()));
            }
            self.pass(preview, pause).await;
            pause = (pause * 2).min(Duration::from_secs(8));
        }
    }

    /// Lets time pass, and does what strikes ask for.
    pub async fn pass(&mut self, preview: PreviewId, how_long: Duration) {
        let end = tokio::time::Instant::now() + how_long;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(end) => return,
                Some((strike, done)) = self.strikes.recv() => {
                    self.strikes_answered += 1;
                    self.answer(strike, preview).await;
                    let _ = done.send(());
                }
            }
        }
    }

    async fn answer(&mut self, strike: Strike, preview: PreviewId) {
        match strike {
            Strike::Died => {
                self.end_workers();
                if let Some(last_words) = self.last_words.take() {
                    self.is_over = true;
                    let row = self.get(preview).await.row;
                    return last_words(self.clock.now(), row, self.cloud.truth());
                }
                self.start_successor();
            }
            Strike::Froze => self.start_successor(),
            Strike::Duplicate => self.hint(preview).await,
            Strike::Destroy => match self.destroy(preview).await {
                Ok(_) | Err(JobError::NotAccepted(_)) => {}
                Err(error) => panic!("{error}"),
            },
            Strike::Update => match self
                .update(preview, spec(&[("web", "9"), ("extra", "1")]))
                .await
            {
                Ok(_) | Err(JobError::NotAccepted(_)) => {}
                Err(error) => panic!("{error}"),
            },
        }
    }
}

/// A spec of services, each with a version that makes it differ. The version `sick` never becomes
/// healthy.
pub fn spec(services: &[(&str, &str)]) -> Spec {
    let services = services.iter().enumerate().map(|(index, (name, version))| {
        let mut env = BTreeMap::from([("VERSION".to_owned(), (*version).to_owned())]);
        if *version == "sick" {
            env.insert("SICK".to_owned(), String::new());
        }
        let name = name.parse().unwrap_or_else(|e| panic!("{name}: {e}"));
        Service {
            image: Some("app".to_owned()),
            env,
            path: (index == 0).then(|| "/".to_owned()),
            ..Service::new(name, 8000 + u16::try_from(index).unwrap_or(0))
        }
    });
    Spec::new(Template::ApiService, services.collect())
}
