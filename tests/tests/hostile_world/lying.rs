//! A simulated platform whose inventory says what a test wants, and that notes what is done on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tempus_model::{
    FieldError, InstallationId, Ledger, PlanId, PlanKind, PreviewId, Snapshot, Spec, Stage,
    Wakefulness,
};
use tempus_steps::sim::{Cloud, SimPlatform};
use tempus_steps::{
    Afresh, AnyStep, Audit, CloudEvent, Ctx, LogQuery, LogStream, PlanRequest, Platform, Progress,
    StepError, Stray,
};

/// What becomes of a listing on its way.
pub type Lie = Box<dyn Fn(Vec<Stray>) -> Result<Vec<Stray>, StepError> + Send>;

/// What was done on the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// A look at one preview, by whoever holds its row.
    Audited(PreviewId),
    /// Something of this preview was removed.
    Removed(PreviewId),
}

/// What the test and the platform share.
#[derive(Default)]
pub struct Told {
    lie: Mutex<Option<Lie>>,
    done: Mutex<Vec<Done>>,
}

impl Told {
    /// From now on the inventory says this.
    pub fn say(&self, lie: impl Fn(Vec<Stray>) -> Result<Vec<Stray>, StepError> + Send + 'static) {
        *self.lie.lock().unwrap() = Some(Box::new(lie));
    }

    /// From now on it says what is true.
    pub fn say_the_truth(&self) {
        *self.lie.lock().unwrap() = None;
    }

    /// What was done since this was last asked.
    pub fn take_done(&self) -> Vec<Done> {
        std::mem::take(&mut self.done.lock().unwrap())
    }

    fn note(&self, done: Done) {
        self.done.lock().unwrap().push(done);
    }
}

/// The platform.
pub struct Lying {
    pub truth: SimPlatform,
    pub told: Arc<Told>,
}

impl Lying {
    pub fn over(cloud: &Cloud, told: &Arc<Told>) -> Self {
        Self {
            truth: SimPlatform::new(cloud, Duration::from_secs(90)),
            told: Arc::clone(told),
        }
    }
}

#[async_trait]
impl Platform for Lying {
    fn name(&self) -> &'static str {
        self.truth.name()
    }

    fn newest(&self, kind: PlanKind, wakefulness: Wakefulness) -> PlanId {
        self.truth.newest(kind, wakefulness)
    }

    fn knows(&self, plan: PlanId) -> bool {
        self.truth.knows(plan)
    }

    fn stages(&self, plan: PlanId, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
        self.truth.stages(plan, request)
    }

    fn step(&self, kind: &str) -> Option<&dyn AnyStep> {
        self.truth.step(kind)
    }

    async fn audit(&self, ctx: &dyn Ctx, ledger: &Ledger) -> Result<Audit, StepError> {
        self.told.note(Done::Audited(ctx.identity().id));
        self.truth.audit(ctx, ledger).await
    }

    async fn remove(&self, ctx: &dyn Ctx, stray: &Stray) -> Result<Progress<()>, StepError> {
        self.told.note(Done::Removed(ctx.identity().id));
        self.truth.remove(ctx, stray).await
    }

    async fn inventory(&self, installation: InstallationId) -> Result<Vec<Stray>, StepError> {
        let listed = self.truth.inventory(installation).await?;
        match &*self.told.lie.lock().unwrap() {
            Some(lie) => lie(listed),
            None => Ok(listed),
        }
    }

    fn event(&self, body: &str) -> CloudEvent {
        self.truth.event(body)
    }

    fn verify_delay(&self) -> Duration {
        self.truth.verify_delay()
    }

    fn starts_afresh(&self) -> Afresh {
        self.truth.starts_afresh()
    }

    fn admit(&self, spec: &Spec) -> Vec<FieldError> {
        self.truth.admit(spec)
    }

    fn resources(&self, ledger: &Ledger) -> BTreeMap<String, Value> {
        self.truth.resources(ledger)
    }

    async fn logs(&self, of: &Snapshot, query: &LogQuery) -> Result<LogStream, StepError> {
        self.truth.logs(of, query).await
    }
}
