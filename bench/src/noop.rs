//! A platform whose steps do nothing: what remains is what the pipeline itself costs.
//!
//! Its plan is eight stages of one step each, so that every step has a checkpoint of its own. What a
//! step is given and what comes of it is as long as what a real one has.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempus_model::{
    FieldError, InstallationId, Ledger, PlanId, PlanKind, PreviewId, Snapshot, Spec, Stage, StepId,
    Timestamp, Wakefulness, resource_name,
};
use tempus_steps::{
    Afresh, AnyStep, Audit, CloudEvent, Ctx, LogQuery, LogStream, PlanRequest, Platform, Progress,
    Resource, Step, StepError, Stray, planned,
};

/// How many steps a saga has.
pub const STEPS: usize = 8;

/// The variable of a spec whose step of this number is refused.
pub const REFUSED: &str = "REFUSED";
/// The variable of a spec whose first step waits for this time, in milliseconds since 1970.
pub const UNTIL: &str = "UNTIL";

/// Hears of every call that a worker makes.
pub trait Witness: Send + Sync + 'static {
    /// A step is carried out.
    fn executes(&self, preview: PreviewId, step: &Noop, now: Timestamp);

    /// A step is compensated.
    fn compensates(&self, _preview: PreviewId) {}
}

/// Nobody.
impl Witness for () {
    fn executes(&self, _preview: PreviewId, _step: &Noop, _now: Timestamp) {}
}

/// What a step is given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Noop {
    /// What the resource would be called.
    name: String,
    /// Its place in the plan, from 1.
    pub number: usize,
    /// What it does instead of nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub but: Option<But>,
}

/// What a step does instead of nothing.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum But {
    /// It is refused.
    Refuse,
    /// It waits.
    Wait(Timestamp),
}

/// What comes of a step.
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    arn: String,
}

/// The platform.
pub struct NoopPlatform([Box<dyn AnyStep>; 1]);

impl NoopPlatform {
    /// One whose calls are heard by somebody.
    pub fn new(witness: Arc<dyn Witness>) -> Self {
        Self([Box::new(NoopStep(witness))])
    }
}

struct NoopStep(Arc<dyn Witness>);

#[async_trait]
impl Step for NoopStep {
    type Planned = Noop;
    type Output = Made;

    const KIND: &'static str = "noop";

    fn deadline(&self) -> Duration {
        Duration::from_hours(24)
    }

    fn resource(&self, planned: &Noop) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &Noop,
        _current: Option<&Made>,
    ) -> Result<Progress<Made>, StepError> {
        let now = ctx.now();
        self.0.executes(ctx.identity().id, planned, now);
        match planned.but {
            Some(But::Refuse) => return Err(StepError::rejected("refused, as was asked for")),
            Some(But::Wait(until)) if until > now => {
                return Ok(Progress::wait(now.until(until), "not time yet"));
            }
            _ => {}
        }
        let name = &planned.name;
        let arn = format!("arn:bench:nowhere:000000000000:noop/{name}");
        Ok(Progress::Done(Made { arn }))
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        _planned: &Noop,
        _output: Option<&Made>,
    ) -> Result<Progress<()>, StepError> {
        self.0.compensates(ctx.identity().id);
        Ok(Progress::Done(()))
    }
}

/// What a spec asks of a step.
fn but(spec: &Spec, number: usize) -> Option<But> {
    let env = &spec.services.first()?.env;
    let asked = |name: &str| env.get(name)?.parse::<i64>().ok();
    if asked(REFUSED).and_then(|asked| usize::try_from(asked).ok()) == Some(number) {
        return Some(But::Refuse);
    }
    let until = asked(UNTIL).filter(|_| number == 1)?;
    Some(But::Wait(Timestamp::from_millis(until)))
}

#[async_trait]
impl Platform for NoopPlatform {
    fn name(&self) -> &'static str {
        "noop"
    }

    fn newest(&self, kind: PlanKind, _: Wakefulness) -> PlanId {
        PlanId { kind, version: 1 }
    }

    fn knows(&self, plan: PlanId) -> bool {
        plan.version == 1
    }

    fn stages(&self, _plan: PlanId, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
        let stages = (1..=STEPS).zip(1_u8..).map(|(number, rank)| {
            let item = format!("web-{number}");
            let name = resource_name(request.installation, request.identity.id, &item, 32);
            let but = but(request.spec, number);
            let noop = Noop { name, number, but };
            let step = planned::<NoopStep>(StepId::of(NoopStep::KIND, &item), &noop)?;
            Ok(Stage {
                rank,
                steps: vec![step],
            })
        });
        stages.collect()
    }

    fn step(&self, kind: &str) -> Option<&dyn AnyStep> {
        let step = self.0.iter().find(|step| step.kind() == kind)?;
        Some(step.as_ref())
    }

    async fn audit(&self, _ctx: &dyn Ctx, _ledger: &Ledger) -> Result<Audit, StepError> {
        Ok(Audit::default())
    }

    async fn remove(&self, _ctx: &dyn Ctx, _stray: &Stray) -> Result<Progress<()>, StepError> {
        Ok(Progress::Done(()))
    }

    async fn inventory(&self, _installation: InstallationId) -> Result<Vec<Stray>, StepError> {
        Ok(Vec::new())
    }

    fn event(&self, _body: &str) -> CloudEvent {
        CloudEvent::Unreadable
    }

    /// Later than any run: what is measured is jobs, not what comes after them.
    fn verify_delay(&self) -> Duration {
        Duration::from_hours(1)
    }

    fn starts_afresh(&self) -> Afresh {
        Afresh::No
    }

    fn admit(&self, _spec: &Spec) -> Vec<FieldError> {
        Vec::new()
    }

    fn resources(&self, _ledger: &Ledger) -> BTreeMap<String, Value> {
        BTreeMap::new()
    }

    async fn logs(&self, _of: &Snapshot, _query: &LogQuery) -> Result<LogStream, StepError> {
        Ok(Box::pin(futures::stream::empty()))
    }
}
