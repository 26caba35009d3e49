//! The schedule that runs a scheduled worker's task.
//!
//! A schedule bears no tags of its own, so its name says whose it is.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{DEADLINE, Tools, find_definition};
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

mod calls;
mod request;

pub(in crate::aws) use calls::delete_schedule;

/// Makes the schedule.
pub(in crate::aws) struct TaskSchedule(pub(in crate::aws) Arc<Tools>);

/// Which schedule.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct TaskSchedulePlan {
    /// Its name.
    pub(in crate::aws) name: String,
    /// The group that it is in.
    pub(in crate::aws) group: String,
    /// When it runs the task, as the scheduler takes it.
    pub(in crate::aws) expression: String,
    /// The family of the task definition that it runs.
    pub(in crate::aws) family: String,
    /// The role by which it does.
    pub(in crate::aws) role: String,
}

/// What AWS made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::aws) struct TaskScheduleOutput {
    /// Its ARN.
    pub(in crate::aws) arn: String,
}

#[async_trait]
impl Step for TaskSchedule {
    type Planned = TaskSchedulePlan;
    type Output = TaskScheduleOutput;

    const KIND: &'static str = "task-schedule";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &TaskSchedulePlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &TaskSchedulePlan,
        current: Option<&TaskScheduleOutput>,
    ) -> Result<Progress<TaskScheduleOutput>, StepError> {
        let definition = find_definition(&self.0, &planned.family).await?;
        let missing = || StepError::transient("the task definition is not there yet");
        let wanted = request::wanted(&self.0, planned, &definition.ok_or_else(missing)?)?;
        if ctx.trust() == Trust::Trusted && current.is_none() {
            return self.create(ctx, planned, &wanted).await;
        }
        self.make(ctx, planned, &wanted).await
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &TaskSchedulePlan,
        _output: Option<&TaskScheduleOutput>,
    ) -> Result<Progress<()>, StepError> {
        delete_schedule(&self.0, &planned.group, &planned.name).await?;
        Ok(Progress::Done(()))
    }
}

#[cfg(test)]
mod tests;
