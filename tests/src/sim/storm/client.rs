//! Users, and the API between them and the store: each request a task, whose process may die.

use std::sync::Arc;
use std::time::Duration;

use tempus_engine::{
    Accepted, Budget, Clock, CreateError, Extended, Idempotency, JobError, Listener, NewPreview,
    Outgoing, Queue, Quotas, Store, StoreError, Update, chance,
};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::{Actor, Hint, Identity, JobId, Origin, Owner, PreviewId, Spec, Ttl};

use super::chaos::{Chaos, Role};
use super::process::MachineClock;
use super::shared::Storm;
use crate::sim::spec;
use crate::sim::wrap::{WrappedQueue, WrappedStore};

/// How many names there are.
const NAMES: usize = 26;
/// How many previews may exist.
const MOST: u32 = 24;

/// What a user asks for.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    Create(usize),
    Update(PreviewId),
    Extend(PreviewId),
    Destroy(PreviewId),
    Replay(PreviewId),
    /// Somebody wants to use it, whether it sleeps or not.
    Rouse(PreviewId),
    Discard(PreviewId),
    /// Somebody sends a hint for no reason.
    Look(PreviewId),
    /// The platform says that something happened.
    Event(PreviewId),
    /// A message that nobody can read.
    Garbage,
    /// Somebody asks for a sweep.
    Sweep,
}

impl Wish {
    /// What is wished for next, about this preview or any.
    pub(super) fn draw(storm: &Storm, about: Option<PreviewId>) -> Self {
        let previews = storm.seen().previews.clone();
        // Rather one of those that were made last: the others are mostly gone.
        let recent = &previews[previews.len().saturating_sub(NAMES)..];
        if recent.is_empty() {
            return Self::Create(chance::within(0..NAMES));
        }
        let preview = about.unwrap_or_else(|| recent[chance::within(0..recent.len())]);
        match chance::within(0..100) {
            0..30 if about.is_none() => Self::Create(chance::within(0..NAMES)),
            0..44 => Self::Update(preview),
            44..54 => Self::Extend(preview),
            54..74 => Self::Destroy(preview),
            74..84 => Self::Rouse(preview),
            84..89 => Self::Replay(preview),
            89..93 => Self::Discard(preview),
            93..97 => Self::Event(preview),
            97..98 => Self::Garbage,
            _ => Self::Sweep,
        }
    }
}

/// The API.
pub(super) struct Api {
    storm: Arc<Storm>,
    store: WrappedStore,
    queue: WrappedQueue,
    clock: MachineClock,
}

impl Api {
    pub(super) fn new(storm: &Arc<Storm>) -> Arc<Self> {
        let clock = MachineClock::new(storm.clock);
        let gate = Arc::new(Chaos::new(
            storm,
            Role::Api,
            "api".to_owned(),
            clock.clone(),
        ));
        Arc::new(Self {
            store: WrappedStore {
                inner: storm.engine().store.clone(),
                gate: gate.clone(),
                watch: None,
            },
            queue: WrappedQueue {
                inner: storm.engine().queue.clone(),
                gate,
            },
            storm: Arc::clone(storm),
            clock,
        })
    }

    /// Begins to carry a wish out.
    pub(super) fn begin(self: &Arc<Self>, wish: Wish) {
        self.storm.note(format_args!("user: {wish:?}"));
        let api = Arc::clone(self);
        tokio::spawn(async move { api.carry_out(wish).await });
    }

    async fn carry_out(&self, wish: Wish) {
        let now = self.clock.now();
        match wish {
            Wish::Create(name) => self.create(name).await,
            Wish::Update(preview) => {
                let update = Update {
                    preview,
                    spec: some_spec(),
                    expires_at: None,
                    job: self.job(),
                    key: None,
                };
                if let Ok(accepted) = self.store.update(update).await {
                    self.accepted(&accepted).await;
                }
            }
            Wish::Extend(preview) => {
                let more = Duration::from_secs(chance::within(60..1200));
                let to = Extended::By {
                    more,
                    latest: now.after(Duration::from_hours(1)),
                };
                if self
                    .store
                    .extend(preview, to, Actor::Worker, now)
                    .await
                    .is_ok()
                {
                    self.hint(preview).await;
                }
            }
            Wish::Destroy(preview) => {
                let asked = DestroyReason::Asked;
                let destroyed = self.store.destroy(preview, asked, self.job(), None).await;
                if let Ok(accepted) = destroyed {
                    self.accepted(&accepted).await;
                }
            }
            Wish::Rouse(preview) => {
                if matches!(
                    self.store.rouse(preview, Actor::Visitor, now).await,
                    Ok(true)
                ) {
                    self.hint(preview).await;
                }
            }
            Wish::Replay(preview) => {
                if matches!(
                    self.store.replay(preview, Actor::Worker, now).await,
                    Ok(true)
                ) {
                    self.hint(preview).await;
                }
            }
            Wish::Discard(preview) => {
                if self
                    .store
                    .discard(preview, Actor::Worker, now)
                    .await
                    .is_ok()
                {
                    self.hint(preview).await;
                }
            }
            Wish::Look(preview) => self.hint(preview).await,
            Wish::Event(preview) => self.send(format!("sim-event {preview}")).await,
            Wish::Garbage => self.send("{\"kind\": \"nobody knows\"}".to_owned()).await,
            Wish::Sweep => self.send(Hint::Sweep.encode()).await,
        }
    }

    /// Creates, as often as the API and then the client try.
    async fn create(&self, name: usize) {
        let (mut new, key) = (self.new_preview(name), chance::random::<u64>());
        new.key = Some(Idempotency {
            owner: new.identity.owner.id.clone(),
            key: format!("{key:x}"),
            body_hash: format!("{key:x}"),
        });
        for _ in 0..4 {
            match self.store.create(new.clone()).await {
                Ok(accepted) => {
                    self.accepted(&accepted).await;
                    return;
                }
                Err(CreateError::ShortTaken) => new.identity.id = a_preview(),
                Err(CreateError::Expired {
                    preview,
                    expires_at,
                }) => {
                    let why = DestroyReason::Expired(expires_at);
                    let destroyed = self.store.destroy(preview, why, self.job(), None).await;
                    if let Ok(accepted) = destroyed {
                        self.accepted(&accepted).await;
                    }
                }
                // The client repeats its request, with the same key; the API makes another id.
                Err(CreateError::Job(JobError::Store(
                    StoreError::Unanswered(_) | StoreError::Unavailable(_),
                ))) => {
                    tokio::time::sleep(Duration::from_secs(chance::within(1..10))).await;
                    new.identity.id = a_preview();
                    new.job = self.job();
                }
                Err(_) => return,
            }
        }
    }

    fn new_preview(&self, number: usize) -> NewPreview {
        let name = format!("p{number}");
        let id = a_preview();
        let now = self.clock.now();
        // Once in a while somebody asks for a name that is not theirs.
        let owner = if chance::within(0..20) == 0 {
            3
        } else {
            number % 3
        };
        let owner = format!("owner-{owner}");
        let spec = some_spec();
        NewPreview {
            identity: Identity {
                id,
                name: name.parse().unwrap_or_else(|e| panic!("{name}: {e}")),
                owner: Owner {
                    id: owner.clone(),
                    login: owner,
                    avatar_url: None,
                },
                origin: Origin::default(),
                template: spec.template.clone(),
                route: None,
                created_at: now,
                predecessor: None,
            },
            spec,
            expires_at: now.after(Duration::from_secs(chance::within(120..2400))),
            warn_before: (chance::within(0..2) == 0).then_some(Duration::from_mins(1)),
            job: self.job(),
            listeners: vec![
                Listener {
                    name: "one".into(),
                    slots: Some(20),
                    url: format!("http://{name}.one.test/"),
                },
                Listener {
                    name: "two".into(),
                    slots: Some(100),
                    url: format!("http://{name}.two.test/"),
                },
            ],
            quotas: Quotas {
                per_owner: 12,
                total: MOST,
            },
            budget: Budget::Within,
            key: None,
        }
    }

    fn job(&self) -> NewJob {
        NewJob {
            id: JobId::new(an_id()),
            by: Actor::Worker,
            now: self.clock.now(),
        }
    }

    async fn accepted(&self, accepted: &Accepted) {
        {
            let mut seen = self.storm.seen();
            seen.acknowledged.push(accepted.job.id);
            if !seen.previews.contains(&accepted.preview) {
                seen.previews.push(accepted.preview);
            }
        }
        self.hint(accepted.preview).await;
    }

    async fn hint(&self, preview: PreviewId) {
        self.send(Hint::look(preview).encode()).await;
    }

    async fn send(&self, body: String) {
        let message = Outgoing {
            body,
            group: None,
            delay: Duration::ZERO,
            trace: None,
        };
        let _ = self.queue.send(&[message]).await;
    }
}

fn an_id() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(chance::random()).into_uuid()
}

fn a_preview() -> PreviewId {
    PreviewId::new(an_id())
}

/// Up to three services, one in a dozen of which will never run. A third of them sleep when nobody
/// has asked for them for a while.
fn some_spec() -> Spec {
    let names = ["web", "api", "jobs"];
    let versions = ["1", "2", "3"];
    let services: Vec<_> = names[..chance::within(1..=names.len())]
        .iter()
        .map(|name| {
            let sick = chance::within(0..24) == 0;
            let version = if sick {
                "sick"
            } else {
                versions[chance::within(0..versions.len())]
            };
            (*name, version)
        })
        .collect();
    let mut spec = spec(&services);
    if chance::within(0..3) == 0 {
        spec.sleep = Ttl::new(Duration::from_secs(chance::within(20..300))).ok();
    }
    spec
}
