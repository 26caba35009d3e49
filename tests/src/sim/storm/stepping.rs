//! Which step of a saga a call is made for: so that it can be counted whether every fault has
//! struck every step, on its way and on its way back.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use serde_json::value::RawValue;
use tempus_model::{
    FieldError, InstallationId, Ledger, PlanId, PlanKind, Snapshot, Spec, Stage, Timestamp,
    Wakefulness,
};
use tempus_steps::sim::SimPlatform;
use tempus_steps::{
    Afresh, AnyStep, Audit, CloudEvent, Ctx, LogQuery, LogStream, PlanRequest, Platform, Progress,
    Resource, StepError, Stray, Used,
};
use tokio::time::Instant;

tokio::task_local! {
    static PLACE: (Place, Instant);
}

/// Where in a saga a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    what: &'static str,
    of: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.of)
    }
}

/// Where the current task is, if it is in a step.
pub(super) fn current() -> Option<Place> {
    PLACE.try_with(|(place, _)| *place).ok()
}

/// When the current task's attempt began: that is when its worker last looked at the clock.
pub(super) fn since() -> Option<Instant> {
    PLACE.try_with(|(_, since)| *since).ok()
}

/// Makes a call that knows where it is.
async fn at<T>(what: &'static str, of: &'static str, call: impl Future<Output = T>) -> T {
    let place = Place { what, of };
    PLACE.scope((place, Instant::now()), call).await
}

/// A platform whose steps know where they are.
pub(super) struct Stepping {
    inner: Arc<SimPlatform>,
    steps: Vec<Box<dyn AnyStep>>,
}

impl Stepping {
    pub(super) fn new(inner: SimPlatform) -> Self {
        let inner = Arc::new(inner);
        let steps = inner.kinds().map(|kind| {
            let step = Placed {
                kind,
                platform: Arc::clone(&inner),
            };
            Box::new(step) as Box<dyn AnyStep>
        });
        Self {
            steps: steps.collect(),
            inner,
        }
    }
}

/// A step that knows where it is.
struct Placed {
    kind: &'static str,
    platform: Arc<SimPlatform>,
}

impl Placed {
    fn step(&self) -> &dyn AnyStep {
        let step = self.platform.step(self.kind);
        step.unwrap_or_else(|| unreachable!("one of the platform's own"))
    }
}

#[async_trait]
impl AnyStep for Placed {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn deadline(&self) -> Duration {
        self.step().deadline()
    }

    fn resource(&self, planned: &RawValue) -> Option<Resource> {
        self.step().resource(planned)
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &RawValue,
        current: Option<&RawValue>,
    ) -> Result<Progress<Arc<RawValue>>, StepError> {
        let call = self.step().execute(ctx, planned, current);
        at("execute", self.kind, call).await
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &RawValue,
        output: Option<&RawValue>,
    ) -> Result<Progress<()>, StepError> {
        let call = self.step().compensate(ctx, planned, output);
        at("compensate", self.kind, call).await
    }
}

#[async_trait]
impl Platform for Stepping {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn newest(&self, kind: PlanKind, wakefulness: Wakefulness) -> PlanId {
        self.inner.newest(kind, wakefulness)
    }

    fn knows(&self, plan: PlanId) -> bool {
        self.inner.knows(plan)
    }

    fn stages(&self, plan: PlanId, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
        self.inner.stages(plan, request)
    }

    fn step(&self, kind: &str) -> Option<&dyn AnyStep> {
        let step = self.steps.iter().find(|step| step.kind() == kind);
        step.map(AsRef::as_ref)
    }

    async fn audit(&self, ctx: &dyn Ctx, ledger: &Ledger) -> Result<Audit, StepError> {
        at("audit", "preview", self.inner.audit(ctx, ledger)).await
    }

    async fn remove(&self, ctx: &dyn Ctx, stray: &Stray) -> Result<Progress<()>, StepError> {
        at("remove", "stray", self.inner.remove(ctx, stray)).await
    }

    async fn inventory(&self, installation: InstallationId) -> Result<Vec<Stray>, StepError> {
        at("list", "inventory", self.inner.inventory(installation)).await
    }

    fn event(&self, body: &str) -> CloudEvent {
        self.inner.event(body)
    }

    fn verify_delay(&self) -> Duration {
        self.inner.verify_delay()
    }

    fn starts_afresh(&self) -> Afresh {
        self.inner.starts_afresh()
    }

    async fn used_since(&self, of: &Snapshot, since: Timestamp) -> Result<Used, StepError> {
        self.inner.used_since(of, since).await
    }

    fn admit(&self, spec: &Spec) -> Vec<FieldError> {
        self.inner.admit(spec)
    }

    fn resources(&self, ledger: &Ledger) -> BTreeMap<String, Value> {
        self.inner.resources(ledger)
    }

    async fn logs(&self, of: &Snapshot, query: &LogQuery) -> Result<LogStream, StepError> {
        self.inner.logs(of, query).await
    }
}
