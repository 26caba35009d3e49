//! What AWS says about tasks that stopped.

use aws_sdk_ecs::primitives::DateTime;
use aws_sdk_ecs::types::{DesiredStatus, Task};

use super::super::Tools;
use crate::StepError;
use crate::aws::client::{Action, Seen};
use crate::aws::logs;
use crate::aws::names::{family_of, last_part};
use tempus_model::PreviewId;

/// How many stopped tasks are looked at.
const TASKS: i32 = 10;
/// How many of its last lines go with the reason.
const LINES: usize = 20;

/// What is known about a service that is not ready.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::aws::steps) struct Evidence {
    /// Its stopped tasks of the wanted version, newest first.
    pub(in crate::aws::steps) stopped: Vec<StoppedTask>,
    /// What ECS told about it, newest first.
    pub(in crate::aws::steps) events: Vec<String>,
    /// The last lines that it wrote.
    pub(in crate::aws::steps) lines: Vec<String>,
}

/// A task that stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::aws::steps) struct StoppedTask {
    pub(in crate::aws::steps) id: String,
    pub(in crate::aws::steps) code: String,
    pub(in crate::aws::steps) reason: String,
    pub(in crate::aws::steps) containers: Vec<Container>,
}

/// One of its containers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::aws::steps) struct Container {
    pub(in crate::aws::steps) exit_code: Option<i32>,
    pub(in crate::aws::steps) reason: String,
}

/// Asks ECS for the stopped tasks, and the log group for the last one's words. ECS shows a stopped
/// task for an hour.
pub(in crate::aws::steps) async fn gather(
    tools: &Tools,
    group: &str,
    preview: PreviewId,
    service: &str,
    seen: &Seen,
    family: &str,
) -> Result<Evidence, StepError> {
    let stopped = stopped(tools, &seen.name, family).await?;
    let lines = match stopped.first() {
        Some(task) => {
            let lines = logs::last_of_task(tools, group, preview, service, &task.id, LINES).await;
            // A reason without the last lines is better than none.
            lines.unwrap_or_default()
        }
        None => Vec::new(),
    };
    Ok(Evidence {
        stopped,
        events: seen.events.clone(),
        lines,
    })
}

async fn stopped(
    tools: &Tools,
    service: &str,
    family: &str,
) -> Result<Vec<StoppedTask>, StepError> {
    let request = tools.client.ecs.list_tasks();
    let request = request
        .cluster(&tools.options.cluster)
        .service_name(service)
        .desired_status(DesiredStatus::Stopped)
        .max_results(TASKS);
    let listed = tools.client.call(Action::ListTasks, request.send()).await?;
    let arns = listed.task_arns.unwrap_or_default();
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let request = tools.client.ecs.describe_tasks();
    let request = request
        .cluster(&tools.options.cluster)
        .set_tasks(Some(arns));
    let answer = tools
        .client
        .call(Action::DescribeTasks, request.send())
        .await?;
    let mut tasks = answer.tasks.unwrap_or_default();
    tasks.retain(|task| family_of(task.task_definition_arn().unwrap_or_default()) == family);
    tasks.sort_by_key(|task| std::cmp::Reverse(task.created_at().map(DateTime::secs)));
    Ok(tasks.iter().map(read).collect())
}

fn read(task: &Task) -> StoppedTask {
    let containers = task.containers().iter().map(|container| Container {
        exit_code: container.exit_code(),
        reason: container.reason().unwrap_or_default().to_owned(),
    });
    StoppedTask {
        id: last_part(task.task_arn().unwrap_or_default()).to_owned(),
        code: task
            .stop_code()
            .map(|code| code.as_str().to_owned())
            .unwrap_or_default(),
        reason: task.stopped_reason().unwrap_or_default().to_owned(),
        containers: containers.collect(),
    }
}
