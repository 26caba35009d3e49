//! A scheduled worker's task: a process that is run whenever its time has come.
//!
//! Its name carries no version, as a service's does: an update ends the one that waits, and its run if
//! there is one, before the other begins to wait, so that two versions never run at once. What it wrote
//! and how its runs ended stays.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, Schedule, SpecId};

use super::LocalOptions;
use super::checkout::Checkouts;
use super::launch::{launch, service_of};
use super::platform::resource_name;
use super::process::{AtEnd, Supervisor};
use crate::{Ctx, Progress, Resource, Step, StepError};

/// Starts what waits for its times.
pub(super) struct Task {
    pub(super) supervisor: Arc<Supervisor>,
    pub(super) options: Arc<LocalOptions>,
    pub(super) checkouts: Arc<Checkouts>,
}

/// Which task.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TaskPlan {
    /// The resource's name.
    pub(super) name: String,
    /// The service that is run.
    pub(super) service: DnsName,
    /// The specification that says what, and when.
    pub(super) spec: SpecId,
}

#[async_trait]
impl Step for Task {
    type Planned = TaskPlan;
    type Output = ();

    const KIND: &'static str = "task";

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn resource(&self, planned: &TaskPlan) -> Option<Resource> {
        Some(Resource {
            kind: "process".to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &TaskPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let spec = ctx.spec(planned.spec).await?;
        let service = service_of(&spec, &planned.service)?;
        let timetable = spec.schedule.as_ref().map(Schedule::timetable);
        let timetable = timetable.transpose();
        let timetable = timetable.map_err(|error| StepError::rejected(error.to_string()))?;
        let timetable =
            timetable.ok_or_else(|| StepError::rejected("the specification has no schedule"))?;
        let name = &planned.name;
        let mut launch = launch(&self.options, &self.checkouts, ctx, name, &spec, service)?;
        launch.at_end = AtEnd::Wait(timetable);
        self.supervisor.ensure(&launch).await?;
        Ok(Progress::Done(()))
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &TaskPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let name = resource_name(&planned.name)?;
        self.supervisor.stop(&name, self.options.grace).await?;
        Ok(Progress::Done(()))
    }
}
