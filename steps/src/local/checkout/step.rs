//! Fetching a commit, and building it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{Checkout, Spec, SpecId, StepId};

use super::folder::{self, Built};
use super::{BUILD, Checkouts};
use crate::local::LocalOptions;
use crate::local::launch::environment;
use crate::local::platform::resource_name;
use crate::local::process::{AtEnd, Launch, ResourceName, Revision, Status, Supervisor};
use crate::local::service::of_ports;
use crate::{Ctx, PlanRequest, Progress, Resource, Step, StepError, planned};

/// The longest time until the next look at a build.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The shortest.
const LOOK_SOON: Duration = Duration::from_millis(100);
/// How many of a build's last lines go with the reason.
const LAST_LINES: usize = 20;
/// What the step itself takes beyond the time that a build has: it ends in time, with the last lines.
const MARGIN: Duration = Duration::from_mins(3);

/// Checks out, and builds.
pub(in crate::local) struct CheckOut {
    pub(in crate::local) checkouts: Arc<Checkouts>,
    pub(in crate::local) supervisor: Arc<Supervisor>,
    pub(in crate::local) options: Arc<LocalOptions>,
}

/// What is checked out.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::local) struct CheckoutPlan {
    /// The folder's name; carries the version, so another commit is another checkout.
    pub(in crate::local) name: String,
    /// The specification that says what.
    spec: SpecId,
    /// The part of the id of what it runs that port items carry.
    version: String,
}

impl CheckOut {
    /// The step, if the specification wants a checkout; `version` is that of its processes.
    pub(in crate::local) fn plan(
        request: &PlanRequest<'_>,
        version: &str,
    ) -> Result<Option<tempus_model::PlannedStep>, StepError> {
        if request.spec.checkout.is_none() {
            return Ok(None);
        }
        let plan = CheckoutPlan {
            name: folder::name(request.installation, request.identity.id, version),
            spec: request.spec_id,
            version: version.to_owned(),
        };
        planned::<Self>(StepId::of(Self::KIND, version), &plan).map(Some)
    }

    async fn build(
        &self,
        ctx: &dyn Ctx,
        planned: &CheckoutPlan,
        name: ResourceName,
        spec: &Spec,
        build: &str,
    ) -> Result<Launch, StepError> {
        let service = spec
            .services
            .first()
            .ok_or_else(|| StepError::rejected("the specification has no service"))?;
        let service_name = BUILD
            .parse()
            .map_err(|_| StepError::rejected("a build has a name"))?;
        let mut env = environment(&self.options, ctx, service);
        // What is run by a schedule has no ports.
        if spec.has_url() {
            let version = &planned.version;
            let told = of_ports(ctx, &self.options, version, spec, service, None).await?;
            for (name, value) in told {
                env.entry(name).or_insert(value);
            }
        }
        Ok(Launch {
            preview: ctx.identity().id,
            service: service_name,
            revision: Revision(spec.program().to_string()),
            command: build.to_owned(),
            dir: self.checkouts.source(name.as_str()),
            env,
            at_end: AtEnd::Rest,
            keeps: None,
            resource: name,
        })
    }

    /// From the archive on, whatever was there before.
    async fn begin(
        &self,
        ctx: &dyn Ctx,
        planned: &CheckoutPlan,
        name: ResourceName,
        spec: &Spec,
        checkout: &Checkout,
    ) -> Result<Progress<()>, StepError> {
        self.supervisor.stop(&name, self.options.grace).await?;
        self.checkouts.remove(name.as_str()).await?;
        self.checkouts
            .fetch(name.as_str(), ctx.identity().id, checkout)
            .await?;
        let Some(build) = &checkout.build else {
            self.checkouts.finish(name.as_str(), checkout).await?;
            return Ok(Progress::Done(()));
        };
        let launch = self.build(ctx, planned, name, spec, build).await?;
        self.supervisor.ensure(&launch).await?;
        Ok(Progress::wait(LOOK_SOON, "the build runs"))
    }

    async fn last_lines(&self, name: &ResourceName) -> Vec<String> {
        let lines = self.supervisor.last_lines(name, LAST_LINES).await;
        lines.into_iter().map(|line| line.text).collect()
    }

    /// Looks again, unless its time is over.
    async fn wait(&self, ctx: &dyn Ctx, name: &ResourceName) -> Result<Progress<()>, StepError> {
        let (since, now) = (ctx.since(), ctx.now());
        if now < since.after(self.options.build_within) {
            let after = (since.until(now) / 4).clamp(LOOK_SOON, LOOK_AGAIN);
            return Ok(Progress::wait(after, "the build runs"));
        }
        let lines = self.last_lines(name).await;
        // A saga that cannot go back keeps its place: nothing must go on without it.
        self.supervisor.stop(name, self.options.grace).await?;
        let within = self.options.build_within.as_secs();
        let reason = format!("the build did not end within {within} s");
        Err(StepError::overdue(reason).detailed(lines))
    }
}

#[async_trait]
impl Step for CheckOut {
    type Planned = CheckoutPlan;
    type Output = ();

    const KIND: &'static str = "checkout";

    fn deadline(&self) -> Duration {
        self.options.build_within + MARGIN
    }

    /// The folder, and its build with it.
    fn resource(&self, planned: &CheckoutPlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &CheckoutPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let name = resource_name(&planned.name)?;
        let turn = self.checkouts.turn(&name);
        let _turn = turn.lock().await;
        if self.checkouts.built(&planned.name)? == Built::Yes {
            return Ok(Progress::Done(()));
        }
        let spec = ctx.spec(planned.spec).await?;
        let checkout = spec
            .checkout
            .as_ref()
            .ok_or_else(|| StepError::rejected("the specification has no checkout"))?;
        let has_files = self.checkouts.source(&planned.name).is_dir();
        match self.supervisor.status(&name)? {
            Status::Running(_) | Status::Starting | Status::Ending if has_files => {
                self.wait(ctx, &name).await
            }
            Status::Ended(ended) if has_files && ended.succeeded => {
                self.checkouts.finish(&planned.name, checkout).await?;
                Ok(Progress::Done(()))
            }
            // One that failed for somebody who asked before is tried again.
            Status::Ended(ended) if has_files && ended.at >= ctx.since() => {
                let reason = format!("the build ended with {}", ended.exit);
                let lines = self.last_lines(&name).await;
                Err(StepError::rejected(reason).detailed(lines))
            }
            // Nobody knows how far it came.
            _ => self.begin(ctx, planned, name, &spec, checkout).await,
        }
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &CheckoutPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let name = resource_name(&planned.name)?;
        self.discard(&name).await?;
        Ok(Progress::Done(()))
    }
}

impl CheckOut {
    /// Ends a build, and removes all of the checkout.
    pub(in crate::local) async fn discard(&self, name: &ResourceName) -> Result<(), StepError> {
        let turn = self.checkouts.turn(name);
        let _turn = turn.lock().await;
        self.supervisor.stop(name, self.options.grace).await?;
        self.checkouts.remove(name.as_str()).await
    }
}
