//! A step's surroundings, for one attempt.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use async_trait::async_trait;
use tempus_engine::{Alarm, Reserve, ReserveError, StoreError, TimerError, TraceContext};
use tempus_model::{
    Actor, DnsName, Generation, Identity, InstallationId, Origin, Owner, PreviewId, Snapshot, Spec,
    SpecId, Timestamp,
};
use tempus_steps::{Ctx, StepError, Trust};

use crate::Parts;

/// How many of a preview's newest jobs are asked which specs it was to run.
const REMEMBERED: usize = 50;

/// What a step may ask, answered by the engine's ports.
pub(crate) struct AttemptCtx {
    pub(crate) parts: Parts,
    pub(crate) identity: Arc<Identity>,
    pub(crate) generation: Generation,
    pub(crate) expires_at: Timestamp,
    pub(crate) since: Timestamp,
    pub(crate) trust: Trust,
}

impl AttemptCtx {
    /// The surroundings for removing what carries an id that no row has.
    pub(crate) fn for_orphans(parts: &Parts, preview: PreviewId) -> Self {
        let now = parts.now();
        let nobody = || "nobody".to_owned();
        Self {
            identity: Arc::new(Identity {
                id: preview,
                name: DnsName::orphan(),
                owner: Owner {
                    id: nobody(),
                    login: nobody(),
                    avatar_url: None,
                },
                origin: Origin::default(),
                template: String::new(),
                route: None,
                created_at: now,
                predecessor: None,
            }),
            parts: parts.clone(),
            generation: Generation::default(),
            expires_at: now,
            since: now,
            trust: Trust::Suspect,
        }
    }
}

#[async_trait]
impl Ctx for AttemptCtx {
    fn installation(&self) -> InstallationId {
        self.parts.store.installation()
    }

    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn generation(&self) -> Generation {
        self.generation
    }

    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    fn now(&self) -> Timestamp {
        self.parts.now()
    }

    fn since(&self) -> Timestamp {
        self.since
    }

    fn trust(&self) -> Trust {
        self.trust
    }

    async fn spec(&self, id: SpecId) -> Result<Arc<Spec>, StepError> {
        let spec = self
            .parts
            .store
            .spec(self.identity.id, id)
            .await
            .map_err(|error| store(&error))?;
        spec.map(Arc::new)
            .ok_or_else(|| StepError::rejected(format!("its specification {id} is missing")))
    }

    async fn specs(&self) -> Result<Vec<Arc<Spec>>, StepError> {
        let (store, id) = (&self.parts.store, self.identity.id);
        let jobs = store.jobs(id, REMEMBERED).await;
        let jobs = jobs.map_err(|error| self::store(&error))?;
        let ids: BTreeSet<_> = jobs.iter().filter_map(|job| job.spec).collect();
        let mut specs = Vec::new();
        for spec in ids {
            let spec = store.spec(id, spec).await;
            specs.extend(spec.map_err(|error| self::store(&error))?.map(Arc::new));
        }
        Ok(specs)
    }

    async fn reserve(
        &self,
        pool: &str,
        item: &str,
        range: RangeInclusive<u32>,
        avoid: &BTreeSet<u32>,
    ) -> Result<u32, StepError> {
        let reserve = Reserve {
            preview: self.identity.id,
            pool: pool.to_owned(),
            item: item.to_owned(),
            range,
            avoid: avoid.clone(),
        };
        self.parts
            .store
            .reserve(&reserve)
            .await
            .map_err(|error| match error {
                ReserveError::Exhausted(pool) => StepError::rejected(format!(
                    "no number is left in the pool \"{pool}\": destroy a preview, or widen the pool"
                )),
                ReserveError::Store(error) => store(&error),
            })
    }

    async fn set_timer(&self, name: &str, fires_at: Timestamp) -> Result<(), StepError> {
        let alarm = Alarm {
            name: name.to_owned(),
            preview: self.identity.id,
            fires_at,
            set_by: TraceContext::current(),
        };
        self.parts.timer.set(&alarm).await.map_err(timer)
    }

    async fn clear_timer(&self, name: &str) -> Result<(), StepError> {
        self.parts.timer.clear(name).await.map_err(timer)
    }

    async fn timers(&self) -> Result<Vec<String>, StepError> {
        self.parts.timer.list(self.identity.id).await.map_err(timer)
    }

    async fn rouse(&self) -> Result<(), StepError> {
        let (store, id) = (&self.parts.store, self.identity.id);
        let roused = store.rouse(id, Actor::Visitor, self.parts.now()).await;
        roused.map(drop).map_err(|error| self::store(&error))
    }

    async fn is_gone(&self, preview: PreviewId) -> Result<bool, StepError> {
        let mut next = Some(preview);
        while let Some(preview) = next {
            let found = self.parts.store.get(preview).await;
            let Some(Snapshot { identity, row }) = found.map_err(|error| store(&error))? else {
                return Ok(true);
            };
            if !row.is_gone() {
                return Ok(false);
            }
            // One that was never ready may have ended while it still waited itself.
            next = identity.predecessor.filter(|_| row.settled.spec.is_none());
        }
        Ok(true)
    }

    async fn holds_name(&self) -> Result<bool, StepError> {
        let latest = self.parts.store.get_by_name(&self.identity.name).await;
        let latest = latest.map_err(|error| store(&error))?;
        Ok(latest.is_none_or(|latest| latest.identity.id == self.identity.id))
    }
}

/// Reservations are idempotent and freed with the preview, so a lost answer leaves nothing that
/// nobody knows of.
fn store(error: &StoreError) -> StepError {
    StepError::transient(error.to_string())
}

/// Alarms are idempotent by name and listed by every audit, so a lost answer is no suspicion.
fn timer(error: TimerError) -> StepError {
    match error {
        TimerError::Transient(reason) => StepError::transient(reason),
        TimerError::Throttled(reason) => StepError::Throttled(reason),
        TimerError::Rejected(reason) => StepError::rejected(reason),
    }
}
