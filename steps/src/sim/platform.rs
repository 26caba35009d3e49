//! The platform over the simulated cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tempus_model::{
    Check, FieldError, InstallationId, Ledger, PlanId, PlanKind, Service as ServiceSpec, Snapshot,
    Spec, SpecId, Stage, StepId, Template, Timestamp, Wakefulness, resource_name,
};

use super::cloud::{Cloud, Item, Kind, Refusal};
use super::steps::{
    Database, DatabasePlan, Definition, DefinitionPlan, Healthy, HealthyPlan, Rule, RulePlan,
    Service, ServicePlan, TargetGroup, TargetGroupPlan,
};
use crate::common::{Predecessor, SetTimer, beside, opening};
use crate::platform::{Afresh, CloudEvent};
use crate::{
    AnyStep, Audit, Ctx, LogQuery, LogStream, PlanRequest, Platform, Progress, Resource, Step,
    StepError, Stray, Used, planned,
};

/// Previews on a simulated cloud.
pub struct SimPlatform {
    cloud: Cloud,
    verify_delay: Duration,
    plans: u16,
    steps: [Box<dyn AnyStep>; 8],
}

impl SimPlatform {
    /// A platform on this cloud. A verify comes `verify_delay` after an unwind, which must be
    /// longer than any call may take to land.
    pub fn new(cloud: &Cloud, verify_delay: Duration) -> Self {
        Self {
            cloud: cloud.clone(),
            verify_delay,
            plans: 1,
            steps: [
                Box::new(SetTimer),
                Box::new(Predecessor),
                Box::new(TargetGroup(cloud.clone())),
                Box::new(Database(cloud.clone())),
                Box::new(Rule(cloud.clone())),
                Box::new(Definition(cloud.clone())),
                Box::new(Service(cloud.clone())),
                Box::new(Healthy(cloud.clone())),
            ],
        }
    }

    /// The kinds of its steps.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.steps.iter().map(|step| step.kind())
    }

    /// The platform as of a release whose newest plans have this version: for tests of rolling
    /// deploys. All versions have the same stages.
    #[must_use]
    pub fn of_release(self, plans: u16) -> Self {
        Self { plans, ..self }
    }

    fn expected(&self, ledger: &Ledger) -> BTreeSet<Resource> {
        let entries = ledger.entries().iter();
        entries
            .filter_map(|entry| self.step(entry.step.kind())?.resource(&entry.planned))
            .collect()
    }
}

/// The revision of a service's definition: a hash of what it runs.
fn revision(service: &ServiceSpec) -> String {
    let json = serde_json::to_vec(service).unwrap_or_default();
    SpecId::of(&json).to_string()
}

#[async_trait]
impl Platform for SimPlatform {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn newest(&self, kind: PlanKind, _: Wakefulness) -> PlanId {
        PlanId {
            kind,
            version: self.plans,
        }
    }

    fn knows(&self, plan: PlanId) -> bool {
        (1..=self.plans).contains(&plan.version)
    }

    fn stages(&self, _plan: PlanId, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
        let (mut groups, mut routes, mut services, mut healthy) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for service in &request.spec.services {
            let item = service.name.as_str();
            let name = resource_name(request.installation, request.identity.id, item, 32);
            let revision = revision(service);
            groups.push(planned::<TargetGroup>(
                StepId::of(TargetGroup::KIND, item),
                &TargetGroupPlan { name: name.clone() },
            )?);
            routes.push(planned::<Rule>(
                StepId::of(Rule::KIND, item),
                &RulePlan {
                    name: name.clone(),
                    service: item.to_owned(),
                    target_group: name.clone(),
                },
            )?);
            // A definition's revision cannot be changed in place: each is an entry of its own,
            // and the old one goes when the plan no longer has it.
            routes.push(planned::<Definition>(
                StepId::of(Definition::KIND, &format!("{item}.{}", &revision[..8])),
                &DefinitionPlan {
                    family: name.clone(),
                    revision: revision.clone(),
                },
            )?);
            services.push(planned::<Service>(
                StepId::of(Service::KIND, item),
                &ServicePlan {
                    name: name.clone(),
                    revision: revision.clone(),
                },
            )?);
            healthy.push(planned::<Healthy>(
                StepId::of(Healthy::KIND, item),
                &HealthyPlan {
                    service: name,
                    revision,
                    sick: service.env.contains_key("SICK"),
                },
            )?);
        }
        if request.wakefulness == Wakefulness::Asleep {
            (services, healthy) = (Vec::new(), Vec::new());
        }
        let mut stages = opening(request)?;
        for (rank, steps) in [(2, groups), (3, routes), (4, services), (5, healthy)] {
            stages.push(Stage { rank, steps });
        }
        if request.spec.is_of(Template::ApiDatabase) {
            let (installation, preview) = (request.installation, request.identity.id);
            let database = planned::<Database>(
                StepId::single(Database::KIND),
                &DatabasePlan {
                    name: resource_name(installation, preview, "database", 32),
                },
            )?;
            beside(&mut stages, 2, database);
        }
        Ok(stages)
    }

    fn step(&self, kind: &str) -> Option<&dyn AnyStep> {
        self.steps
            .iter()
            .find(|step| step.kind() == kind)
            .map(AsRef::as_ref)
    }

    async fn audit(&self, ctx: &dyn Ctx, ledger: &Ledger) -> Result<Audit, StepError> {
        let expected = self.expected(ledger);
        let listed = self
            .cloud
            .list(ctx.installation(), Some(ctx.identity().id))
            .await?;
        let mut strays: Vec<_> = listed
            .iter()
            .map(Item::stray)
            .filter(|stray| !expected.contains(&stray.resource))
            .collect();
        // The same revision registered twice: one of them is nobody's.
        let mut kept = BTreeSet::new();
        for item in &listed {
            if expected.contains(&item.resource()) && !kept.insert(item.resource()) {
                strays.push(item.stray());
            }
        }
        for name in ctx.timers().await? {
            let timer = Resource {
                kind: "timer".to_owned(),
                name,
                revision: None,
            };
            if !expected.contains(&timer) {
                strays.push(Stray {
                    resource: timer,
                    preview: Some(ctx.identity().id),
                    since: None,
                });
            }
        }
        let names = |strays: &[Stray], timers: bool| {
            let of_kind = strays
                .iter()
                .filter(|s| (s.resource.kind == "timer") == timers);
            of_kind.map(|stray| stray.resource.name.clone()).collect()
        };
        let checks = vec![
            Check {
                kind: "resource".into(),
                by: "tag".into(),
                found: names(&strays, false),
            },
            Check {
                kind: "timer".into(),
                by: "name".into(),
                found: names(&strays, true),
            },
        ];
        Ok(Audit {
            checks,
            strays,
            missing: Vec::new(),
        })
    }

    async fn remove(&self, ctx: &dyn Ctx, stray: &Stray) -> Result<Progress<()>, StepError> {
        let name = &stray.resource.name;
        let look_again = Progress::wait(Duration::from_secs(1), "its end is not seen yet");
        let removed = match stray.resource.kind.as_str() {
            "timer" => {
                ctx.clear_timer(name).await?;
                return Ok(Progress::Done(()));
            }
            "definition" => {
                let listed = self
                    .cloud
                    .list(ctx.installation(), Some(ctx.identity().id))
                    .await?;
                let same = listed
                    .iter()
                    .filter(|item| item.resource() == stray.resource);
                // The newest of several: the ledger's output names the oldest.
                if let Some(item) = same.max_by_key(|item| item.number) {
                    self.cloud.delete_definition(item.number).await?;
                }
                return Ok(look_again);
            }
            "service" => self.cloud.delete(Kind::Service, name).await,
            "rule" => self.cloud.delete(Kind::Rule, name).await,
            "database" => self.cloud.delete(Kind::Database, name).await,
            _ => self.cloud.delete(Kind::TargetGroup, name).await,
        };
        match removed {
            Ok(()) | Err(Refusal::NotFound | Refusal::InUse) => Ok(look_again),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn inventory(&self, installation: InstallationId) -> Result<Vec<Stray>, StepError> {
        let listed = self.cloud.list(installation, None).await?;
        Ok(listed.iter().map(Item::stray).collect())
    }

    fn event(&self, body: &str) -> CloudEvent {
        let told = body.strip_prefix("sim-event ");
        match told.map(str::parse) {
            Some(Ok(preview)) => CloudEvent::Of(preview),
            Some(Err(_)) => CloudEvent::Foreign,
            None => CloudEvent::Unreadable,
        }
    }

    fn verify_delay(&self) -> Duration {
        self.verify_delay
    }

    fn starts_afresh(&self) -> Afresh {
        Afresh::No
    }

    fn admit(&self, _spec: &Spec) -> Vec<FieldError> {
        Vec::new()
    }

    /// Nobody ever uses what is simulated: whoever wants it awake says so.
    async fn used_since(&self, _: &Snapshot, _: Timestamp) -> Result<Used, StepError> {
        Ok(Used::No)
    }

    fn resources(&self, ledger: &Ledger) -> BTreeMap<String, Value> {
        let entries = ledger.entries().iter();
        entries
            .filter_map(|entry| {
                let resource = self.step(entry.step.kind())?.resource(&entry.planned)?;
                Some((entry.step.to_string(), Value::String(resource.name)))
            })
            .collect()
    }

    async fn logs(&self, _of: &Snapshot, _query: &LogQuery) -> Result<LogStream, StepError> {
        Ok(Box::pin(futures::stream::empty()))
    }
}

impl Kind {
    pub(super) fn resource(self, name: &str, revision: Option<&str>) -> Resource {
        Resource {
            kind: self.as_str().to_owned(),
            name: name.to_owned(),
            revision: revision.map(str::to_owned),
        }
    }
}

impl Item {
    fn resource(&self) -> Resource {
        let versioned = matches!(self.kind, Kind::Definition | Kind::Service);
        self.kind
            .resource(&self.name, versioned.then_some(&self.revision))
    }

    fn stray(&self) -> Stray {
        Stray {
            resource: self.resource(),
            preview: Some(self.tags.1),
            since: None,
        }
    }
}

impl From<Refusal> for StepError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fault(fault) => fault.into(),
            Refusal::Exists(..) => Self::transient("it exists"),
            Refusal::Draining => Self::transient("it is draining"),
            Refusal::NeedMissing => Self::transient("what it needs is not there yet"),
            Refusal::InUse => Self::transient("it is in use"),
            Refusal::NotFound => Self::transient("it is not found"),
        }
    }
}
