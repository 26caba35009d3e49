//! The tasks that a schedule has started: nothing is made, and what still runs is stopped.
//!
//! A step of its own, planned with the task definition, because its family is all that such tasks are
//! found by; so an update stops those of the version before, and the end those of the last.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ecs::types::DesiredStatus;
use serde::{Deserialize, Serialize};
use tempus_model::DnsName;

use super::{DEADLINE, LOOK_AGAIN, Tools};
use crate::aws::client::Action;
use crate::aws::listing;
use crate::aws::names::last_part;
use crate::{Ctx, Progress, Resource, Step, StepError};

/// How many tasks one call describes.
const MOST: usize = 100;

/// Stops them.
pub(in crate::aws) struct TaskRuns(pub(in crate::aws) Arc<Tools>);

/// Which.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct TaskRunsPlan {
    /// The family of their task definition.
    pub(in crate::aws) family: String,
    /// What the preview calls the service that they are of.
    pub(in crate::aws) service: DnsName,
}

#[async_trait]
impl Step for TaskRuns {
    type Planned = TaskRunsPlan;
    type Output = ();

    const KIND: &'static str = "task-runs";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, _planned: &TaskRunsPlan) -> Option<Resource> {
        None
    }

    async fn execute(
        &self,
        _ctx: &dyn Ctx,
        _planned: &TaskRunsPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        Ok(Progress::Done(()))
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &TaskRunsPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let tools = &self.0;
        for task in listing::tasks(tools, &planned.family, &DesiredStatus::Running).await? {
            stop_task(tools, &task).await?;
        }
        let stopping = listing::tasks(tools, &planned.family, &DesiredStatus::Stopped).await?;
        for batch in stopping.chunks(MOST) {
            let request = tools.client.ecs.describe_tasks();
            let request = request.cluster(&tools.options.cluster);
            let request = request.set_tasks(Some(batch.to_vec()));
            let sent = request.send();
            let answer = tools.client.call(Action::DescribeTasks, sent).await?;
            let mut tasks = answer.tasks().iter();
            if tasks.any(|task| task.last_status() != Some("STOPPED")) {
                return Ok(Progress::wait(LOOK_AGAIN, "its tasks are being stopped"));
            }
        }
        Ok(Progress::Done(()))
    }
}

/// Stops a task, given by its ARN or its id; one that is not there is stopped.
pub(in crate::aws) async fn stop_task(tools: &Tools, task: &str) -> Result<(), StepError> {
    let request = tools.client.ecs.stop_task();
    let request = request
        .cluster(&tools.options.cluster)
        .task(last_part(task))
        .reason("its preview was changed or removed");
    match tools.client.call(Action::StopTask, request.send()).await {
        Ok(_) => Ok(()),
        Err(failed) if failed.says("was not found") => Ok(()),
        Err(failed) => Err(failed.into()),
    }
}
