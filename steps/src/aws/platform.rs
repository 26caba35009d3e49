//! The platform itself: its parts, put together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tempus_model::{
    FieldError, InstallationId, Ledger, PlanId, PlanKind, Snapshot, Spec, Stage, Timestamp,
    Wakefulness,
};
use tokio::time::Instant;

use super::client::{AT_LEISURE, Arns, Client, Gathered, Services, UNHURRIED};
use super::heard::Heard;
use super::options::AwsOptions;
use super::steps::{
    DatabaseUrl, Healthy, LogGroup, OwnImages, Rule, Scaling, SecurityGroup, Service, TargetGroup,
    TaskDefinition, TaskRuns, TaskSchedule, Tools,
};
use super::{admit, audit, event, idle, inventory, logs, remove, resources, templates};
use crate::common::{Predecessor, SetTimer, knows, newest};
use crate::postgres::{Database, NoFolders};
use crate::{
    Afresh, AnyStep, Audit, CloudEvent, Ctx, LogQuery, LogStream, PlanRequest, Platform, Progress,
    StepError, Stray, Used, template,
};

/// Previews as ECS Fargate services behind application load balancers.
pub struct AwsPlatform {
    tools: Arc<Tools>,
    steps: [Box<dyn AnyStep>; 15],
}

impl AwsPlatform {
    /// A platform with the credentials that its surroundings have: environment, profile, container
    /// or instance role. Makes no call.
    ///
    /// # Errors
    /// If there is no source of credentials at all.
    pub async fn new(options: AwsOptions) -> Result<Self, StepError> {
        let client = Arc::new(Client::connect(&options).await?);
        let tools = Arc::new(Tools {
            services: Services::new(Arc::clone(&client), options.cluster.clone()),
            client,
            arns: Arns::default(),
            heard: Heard::default(),
            rules: Gathered::new(UNHURRIED),
            target_groups: Gathered::new(UNHURRIED),
            families: Gathered::new(AT_LEISURE),
            deletions: Gathered::new(UNHURRIED),
            options,
        });
        let with = || Arc::clone(&tools);
        let steps: [Box<dyn AnyStep>; 15] = [
            Box::new(SetTimer),
            Box::new(Predecessor),
            Box::new(Database::new(tools.options.databases.clone(), NoFolders)),
            Box::new(DatabaseUrl(with())),
            Box::new(TargetGroup(with())),
            Box::new(SecurityGroup(with())),
            Box::new(TaskDefinition(with())),
            Box::new(Rule(with())),
            Box::new(Service(with())),
            Box::new(Healthy(with())),
            Box::new(TaskRuns(with())),
            Box::new(TaskSchedule(with())),
            Box::new(LogGroup(with())),
            Box::new(Scaling(with())),
            Box::new(OwnImages(with())),
        ];
        Ok(Self { tools, steps })
    }

    #[cfg(test)]
    pub(super) fn tools(&self) -> &Arc<Tools> {
        &self.tools
    }
}

#[async_trait]
impl Platform for AwsPlatform {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn newest(&self, kind: PlanKind, wakefulness: Wakefulness) -> PlanId {
        newest(kind, wakefulness)
    }

    fn knows(&self, plan: PlanId) -> bool {
        knows(plan)
    }

    fn stages(&self, _plan: PlanId, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
        template::stages(templates::ALL, &self.tools.options, request)
    }

    fn step(&self, kind: &str) -> Option<&dyn AnyStep> {
        self.steps
            .iter()
            .find(|step| step.kind() == kind)
            .map(AsRef::as_ref)
    }

    async fn audit(&self, ctx: &dyn Ctx, ledger: &Ledger) -> Result<Audit, StepError> {
        let expected = audit::Expected::of(ledger, |entry| {
            self.step(entry.step.kind())?.resource(&entry.planned)
        });
        audit::audit(ctx, &self.tools, &expected).await
    }

    async fn remove(&self, ctx: &dyn Ctx, stray: &Stray) -> Result<Progress<()>, StepError> {
        remove::remove(ctx, &self.tools, stray).await
    }

    async fn inventory(&self, installation: InstallationId) -> Result<Vec<Stray>, StepError> {
        inventory::inventory(&self.tools, installation).await
    }

    fn event(&self, body: &str) -> CloudEvent {
        let event = event::read(body);
        if let CloudEvent::Of(preview) = event {
            self.tools.heard.of(preview, Instant::now());
        }
        event
    }

    fn verify_delay(&self) -> Duration {
        self.tools.options.verify_delay
    }

    fn starts_afresh(&self) -> Afresh {
        Afresh::No
    }

    fn admit(&self, spec: &Spec) -> Vec<FieldError> {
        let options = &self.tools.options;
        let mut errors = template::admit(templates::ALL, options, spec);
        errors.extend(admit::admit(options, spec));
        errors
    }

    async fn used_since(&self, of: &Snapshot, since: Timestamp) -> Result<Used, StepError> {
        let now = Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
        idle::used_since(&self.tools, of, since, now).await
    }

    fn resources(&self, ledger: &Ledger) -> BTreeMap<String, Value> {
        resources::resources(ledger)
    }

    async fn logs(&self, of: &Snapshot, query: &LogQuery) -> Result<LogStream, StepError> {
        logs::logs(&self.tools, &of.identity, &of.row.ledger, query).await
    }
}
