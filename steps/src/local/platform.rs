//! The platform itself: its parts, put together.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tempus_model::{
    FieldError, InstallationId, Ledger, PlanId, PlanKind, Snapshot, Spec, Stage, Timestamp,
    Wakefulness,
};

use super::checkout::{CheckOut, Checkouts};
use super::files::Files;
use super::health::Healthy;
use super::ports::Ports;
use super::process::{ProcessError, ResourceName, Supervisor, Usage};
use super::proxy::{PreviewKey, Routes};
use super::route::RouteStep;
use super::service::Process;
use super::task::Task;
use super::{SecretFile, admit, audit, logs, templates};
use crate::common::{Predecessor, SetTimer, knows, newest};
use crate::postgres::{self, Database, Databases};
use crate::{
    Afresh, AnyStep, Audit, CloudEvent, Ctx, LogQuery, LogStream, PlanRequest, Platform, Progress,
    Run, StepError, Stray, Used, template,
};

/// What can be set about the platform.
#[derive(Debug, Clone)]
pub struct LocalOptions {
    /// The ports that previews' processes are given.
    pub ports: RangeInclusive<u16>,
    /// How long a process has between SIGTERM and SIGKILL.
    pub grace: Duration,
    /// How long a service has to answer its health path.
    pub ready_within: Duration,
    /// How long a checkout may take to be built.
    pub build_within: Duration,
    /// How long after an unwind the verify comes.
    pub verify_delay: Duration,
    /// The working folder of services that name none.
    pub work_dir: PathBuf,
    /// This program, for the default application.
    pub program: PathBuf,
    /// The secrets that previews may refer to, if there are any.
    pub secrets: Option<SecretFile>,
    /// The server of previews' databases, if there is one.
    pub databases: Databases,
}

/// Previews as processes on this machine.
pub struct LocalPlatform {
    supervisor: Arc<Supervisor>,
    routes: Arc<Routes>,
    options: Arc<LocalOptions>,
    checkouts: Arc<Checkouts>,
    steps: [Box<dyn AnyStep>; 9],
}

impl LocalPlatform {
    /// A platform over these processes, routes and checkouts.
    pub fn new(
        supervisor: Arc<Supervisor>,
        routes: Arc<Routes>,
        checkouts: Arc<Checkouts>,
        options: LocalOptions,
    ) -> Self {
        let options = Arc::new(options);
        let (s, o, c) = (&supervisor, &options, &checkouts);
        let steps: [Box<dyn AnyStep>; 9] = [
            Box::new(SetTimer),
            Box::new(Predecessor),
            Box::new(Ports(Arc::clone(o))),
            Box::new(Database::new(o.databases.clone(), Files(Arc::clone(c)))),
            Box::new(check_out(s, c, o)),
            Box::new(Process {
                supervisor: Arc::clone(s),
                options: Arc::clone(o),
                checkouts: Arc::clone(c),
            }),
            Box::new(Task {
                supervisor: Arc::clone(s),
                options: Arc::clone(o),
                checkouts: Arc::clone(c),
            }),
            Box::new(Healthy::new(Arc::clone(s), Arc::clone(o))),
            Box::new(RouteStep {
                routes: Arc::clone(&routes),
                options: Arc::clone(o),
            }),
        ];
        Self {
            supervisor,
            routes,
            options,
            checkouts,
            steps,
        }
    }

    fn exists(&self) -> audit::Exists<'_> {
        audit::Exists {
            supervisor: &self.supervisor,
            routes: &self.routes,
            checkouts: &self.checkouts,
            databases: &self.options.databases,
        }
    }

    /// What the previews' processes take of this machine.
    pub async fn usage(&self) -> Result<Vec<Usage>, ProcessError> {
        self.supervisor.usage().await
    }

    /// Ends every process and keeps its files: the next start brings up what should be up. To be
    /// called when no worker runs any more.
    pub async fn shut_down(&self) -> Result<(), ProcessError> {
        self.supervisor.stop_all().await
    }
}

#[async_trait]
impl Platform for LocalPlatform {
    fn name(&self) -> &'static str {
        "local"
    }

    fn newest(&self, kind: PlanKind, wakefulness: Wakefulness) -> PlanId {
        newest(kind, wakefulness)
    }

    fn knows(&self, plan: PlanId) -> bool {
        knows(plan)
    }

    fn stages(&self, _plan: PlanId, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
        template::stages(templates::ALL, self.options.as_ref(), request)
    }

    fn step(&self, kind: &str) -> Option<&dyn AnyStep> {
        self.steps
            .iter()
            .find(|step| step.kind() == kind)
            .map(AsRef::as_ref)
    }

    async fn audit(&self, ctx: &dyn Ctx, ledger: &Ledger) -> Result<Audit, StepError> {
        let expected = ledger.entries().iter();
        let expected = expected
            .filter_map(|entry| self.step(entry.step.kind())?.resource(&entry.planned))
            .collect();
        self.exists().audit(ctx, &expected).await
    }

    async fn remove(&self, ctx: &dyn Ctx, stray: &Stray) -> Result<Progress<()>, StepError> {
        let check_out = check_out(&self.supervisor, &self.checkouts, &self.options);
        self.exists().remove(ctx, &check_out, stray).await
    }

    async fn inventory(&self, installation: InstallationId) -> Result<Vec<Stray>, StepError> {
        self.exists().inventory(installation).await
    }

    fn event(&self, _body: &str) -> CloudEvent {
        CloudEvent::Unreadable
    }

    fn verify_delay(&self) -> Duration {
        self.options.verify_delay
    }

    fn starts_afresh(&self) -> Afresh {
        Afresh::Yes
    }

    fn admit(&self, spec: &Spec) -> Vec<FieldError> {
        let mut errors = template::admit(templates::ALL, self.options.as_ref(), spec);
        errors.extend(admit::admit(&self.options, spec));
        errors
    }

    /// The proxy has seen every request since this program started, or it was set up.
    async fn used_since(&self, of: &Snapshot, since: Timestamp) -> Result<Used, StepError> {
        let key = PreviewKey::new(of.identity.id.to_string());
        let Some(activity) = self.routes.activity(&key) else {
            return Ok(Used::Unknown);
        };
        let now = Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
        let last = match activity.in_flight {
            0 => now.before(activity.last_active.elapsed()),
            _ => now,
        };
        Ok(if last < since {
            Used::No
        } else {
            Used::At(last)
        })
    }

    fn resources(&self, ledger: &Ledger) -> BTreeMap<String, Value> {
        let (mut resources, mut processes) = (BTreeMap::new(), Vec::new());
        for entry in ledger.entries() {
            let output = entry
                .output
                .as_ref()
                .and_then(|o| serde_json::from_str(o.get()).ok());
            let resource = self
                .step(entry.step.kind())
                .and_then(|s| s.resource(&entry.planned));
            match (entry.step.kind(), resource) {
                ("timer", Some(timer)) => {
                    resources.insert("schedule".to_owned(), json!(timer.name));
                }
                ("process" | "task", Some(process)) => {
                    processes.push(json!({
                        "name": process.name,
                        "service": entry.step.item().and_then(|item| item.split('.').next()),
                    }));
                }
                (postgres::KIND, Some(database)) => {
                    resources.insert("database".to_owned(), json!(database.name));
                }
                ("checkout", Some(checkout)) => {
                    resources.insert("checkout".to_owned(), json!(checkout.name));
                }
                ("ports", _) => {
                    resources.insert("ports".to_owned(), output.unwrap_or_default());
                }
                _ => {}
            }
        }
        if !processes.is_empty() {
            resources.insert("processes".to_owned(), Value::Array(processes));
        }
        resources
    }

    async fn runs(&self, of: &Snapshot) -> Result<Option<Vec<Run>>, StepError> {
        logs::runs(&self.supervisor, of).map(Some)
    }

    async fn logs(&self, of: &Snapshot, query: &LogQuery) -> Result<LogStream, StepError> {
        logs::logs(&self.supervisor, of, query).await
    }
}

fn check_out(
    supervisor: &Arc<Supervisor>,
    checkouts: &Arc<Checkouts>,
    options: &Arc<LocalOptions>,
) -> CheckOut {
    CheckOut {
        checkouts: Arc::clone(checkouts),
        supervisor: Arc::clone(supervisor),
        options: Arc::clone(options),
    }
}

impl From<ProcessError> for StepError {
    /// Whatever was begun is found again by its lock, so nothing about it is in doubt.
    fn from(error: ProcessError) -> Self {
        Self::transient(error.to_string())
    }
}

/// The name as the supervisor takes it. Every name is made by the plan and fits.
pub(super) fn resource_name(name: &str) -> Result<ResourceName, StepError> {
    name.parse()
        .map_err(|error| StepError::rejected(format!("{name} cannot name a process: {error}")))
}
