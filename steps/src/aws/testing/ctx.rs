//! A step's surroundings, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tempus_model::{
    Generation, Identity, InstallationId, Origin, Owner, PreviewId, Route, Spec, SpecId, Timestamp,
    Wakefulness,
};

use crate::{Ctx, PlanRequest, StepError, Trust};

/// A preview that was accepted now, of installation `0000abcd`.
pub(in crate::aws) struct TestCtx {
    pub(in crate::aws) identity: Identity,
    pub(in crate::aws) generation: Generation,
    pub(in crate::aws) since: Timestamp,
    pub(in crate::aws) trust: Trust,
    pub(in crate::aws) wakefulness: Wakefulness,
    /// Whether a newer preview has its name.
    pub(in crate::aws) succeeded: bool,
    pub(in crate::aws) specs: Mutex<BTreeMap<SpecId, Arc<Spec>>>,
    reserved: Mutex<BTreeMap<(String, String), u32>>,
    timers: Mutex<BTreeSet<String>>,
}

impl TestCtx {
    pub(in crate::aws) fn new() -> Self {
        let id = uuid(&mut rand::rng());
        let now = now();
        Self {
            identity: Identity {
                id,
                name: format!("pr-{}", id.short()).parse().unwrap(),
                owner: Owner {
                    id: "1".into(),
                    login: "ada".into(),
                    avatar_url: None,
                },
                origin: Origin::default(),
                template: "api-service".into(),
                route: Some(Route {
                    listener: "a1".into(),
                    slot: Some(0),
                    url: format!("http://a1.elb.amazonaws.com/preview-{}/", id.short()),
                }),
                created_at: now,
                predecessor: None,
            },
            generation: Generation(1),
            since: now,
            trust: Trust::Trusted,
            wakefulness: Wakefulness::Awake,
            succeeded: false,
            specs: Mutex::default(),
            reserved: Mutex::default(),
            timers: Mutex::default(),
        }
    }

    /// Stores a specification.
    pub(in crate::aws) fn remember(&self, spec: &Spec) {
        let stored = Arc::new(spec.clone());
        self.specs.lock().unwrap().insert(spec.id(), stored);
    }

    /// What a plan for this specification is made from; the specification is stored.
    pub(in crate::aws) fn request<'a>(&'a self, spec: &'a Spec) -> PlanRequest<'a> {
        self.remember(spec);
        PlanRequest {
            installation: self.installation(),
            identity: &self.identity,
            spec,
            spec_id: spec.id(),
            expires_at: self.expires_at(),
            wakefulness: self.wakefulness,
        }
    }
}

fn uuid(rng: &mut impl rand::Rng) -> PreviewId {
    let bits: u128 = (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64());
    let hex = format!("{bits:032x}");
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-").parse().unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

#[async_trait]
impl Ctx for TestCtx {
    fn installation(&self) -> InstallationId {
        InstallationId::new(0xabcd)
    }

    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn generation(&self) -> Generation {
        self.generation
    }

    fn expires_at(&self) -> Timestamp {
        self.identity.created_at.after(Duration::from_hours(2))
    }

    fn now(&self) -> Timestamp {
        now()
    }

    fn since(&self) -> Timestamp {
        self.since
    }

    fn trust(&self) -> Trust {
        self.trust
    }

    async fn spec(&self, id: SpecId) -> Result<Arc<Spec>, StepError> {
        let specs = self.specs.lock().unwrap();
        let spec = specs.get(&id).cloned();
        spec.ok_or_else(|| StepError::rejected("no such specification"))
    }

    async fn specs(&self) -> Result<Vec<Arc<Spec>>, StepError> {
        Ok(self.specs.lock().unwrap().values().cloned().collect())
    }

    async fn reserve(
        &self,
        pool: &str,
        item: &str,
        range: RangeInclusive<u32>,
        avoid: &BTreeSet<u32>,
    ) -> Result<u32, StepError> {
        let mut reserved = self.reserved.lock().unwrap();
        let key = (pool.to_owned(), item.to_owned());
        if let Some(number) = reserved.get(&key).filter(|number| !avoid.contains(number)) {
            return Ok(*number);
        }
        let taken: BTreeSet<_> = reserved.values().copied().collect();
        let mut range = range;
        let free = range.find(|number| !avoid.contains(number) && !taken.contains(number));
        let free = free.ok_or_else(|| StepError::rejected("the pool is empty"))?;
        reserved.insert(key, free);
        Ok(free)
    }

    async fn set_timer(&self, name: &str, _fires_at: Timestamp) -> Result<(), StepError> {
        self.timers.lock().unwrap().insert(name.to_owned());
        Ok(())
    }

    async fn clear_timer(&self, name: &str) -> Result<(), StepError> {
        self.timers.lock().unwrap().remove(name);
        Ok(())
    }

    async fn timers(&self) -> Result<Vec<String>, StepError> {
        Ok(self.timers.lock().unwrap().iter().cloned().collect())
    }

    async fn rouse(&self) -> Result<(), StepError> {
        Ok(())
    }

    async fn is_gone(&self, _preview: PreviewId) -> Result<bool, StepError> {
        Ok(true)
    }

    async fn holds_name(&self) -> Result<bool, StepError> {
        Ok(!self.succeeded)
    }
}
