//! A version of a service's task definition.
//!
//! `RegisterTaskDefinition` knows no token: repeated, it makes another revision. So each version
//! has a family of its own, whose revisions are all alike: found by name, like everything else.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ecs::types::{Tag, TaskDefinitionStatus};
use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, SpecId};

use super::{DEADLINE, Tools};
use crate::aws::client::Action;
use crate::aws::names::family_of;
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

mod container;

/// How many revisions one call deletes.
const DELETE_MOST: usize = 10;

/// Registers it.
pub(in crate::aws) struct TaskDefinition(pub(in crate::aws) Arc<Tools>);

/// Which version.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct TaskDefinitionPlan {
    /// The family, whose name carries a hash of what it runs.
    pub(in crate::aws) family: String,
    /// The service.
    pub(in crate::aws) service: DnsName,
    /// The specification that it is part of.
    pub(in crate::aws) spec: SpecId,
}

/// What AWS made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::aws) struct TaskDefinitionOutput {
    /// The revision's ARN.
    pub(in crate::aws) arn: String,
}

impl TaskDefinition {
    /// The family's newest active revision.
    async fn find(&self, family: &str) -> Result<Option<String>, StepError> {
        let request = self
            .0
            .client
            .ecs
            .describe_task_definition()
            .task_definition(family);
        let answer = self
            .0
            .client
            .call(Action::DescribeTaskDefinition, request.send());
        match answer.await {
            Ok(answer) => {
                let found = answer.task_definition.filter(|definition| {
                    definition.status() == Some(&TaskDefinitionStatus::Active)
                });
                Ok(found.and_then(|definition| definition.task_definition_arn))
            }
            // There is no code of its own for "not found".
            Err(failed) if failed.says("unable to describe task definition") => Ok(None),
            Err(failed) => Err(failed.into()),
        }
    }

    async fn register(
        &self,
        ctx: &dyn Ctx,
        planned: &TaskDefinitionPlan,
    ) -> Result<String, StepError> {
        let spec = ctx.spec(planned.spec).await?;
        let made = container::definition(&self.0.options, ctx, &spec, &planned.service)?;
        let tags = self
            .0
            .tags(ctx, &planned.family, Some(planned.service.as_str()));
        let tags = tags
            .iter()
            .map(|(k, v)| Tag::builder().key(k).value(v).build());
        let request = self.0.client.ecs.register_task_definition();
        let request = request
            .family(&planned.family)
            .set_requires_compatibilities(Some(vec![aws_sdk_ecs::types::Compatibility::Fargate]))
            .network_mode(aws_sdk_ecs::types::NetworkMode::Awsvpc)
            .cpu(made.cpu)
            .memory(made.memory)
            .execution_role_arn(&self.0.options.execution_role_arn)
            .set_task_role_arn(self.0.options.task_role_arn.clone())
            .container_definitions(made.container)
            .set_tags(Some(tags.collect()));
        let sent = request.send();
        let answer = self
            .0
            .client
            .call(Action::RegisterTaskDefinition, sent)
            .await?;
        let arn = answer
            .task_definition
            .and_then(|made| made.task_definition_arn);
        arn.ok_or_else(|| StepError::lost("RegisterTaskDefinition answered without an ARN"))
    }
}

#[async_trait]
impl Step for TaskDefinition {
    type Planned = TaskDefinitionPlan;
    type Output = TaskDefinitionOutput;

    const KIND: &'static str = "task-definition";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &TaskDefinitionPlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.family.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &TaskDefinitionPlan,
        current: Option<&TaskDefinitionOutput>,
    ) -> Result<Progress<TaskDefinitionOutput>, StepError> {
        let arn = match (current, ctx.trust()) {
            (Some(current), Trust::Trusted) => return Ok(Progress::Done(current.clone())),
            (None, Trust::Trusted) => None,
            (_, Trust::Suspect) => self.find(&planned.family).await?,
        };
        let arn = match arn {
            Some(arn) => arn,
            None => self.register(ctx, planned).await?,
        };
        Ok(Progress::Done(TaskDefinitionOutput { arn }))
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &TaskDefinitionPlan,
        output: Option<&TaskDefinitionOutput>,
    ) -> Result<Progress<()>, StepError> {
        let arns = match (output, ctx.trust()) {
            (Some(output), Trust::Trusted) => BTreeSet::from([output.arn.clone()]),
            _ => revisions(&self.0, &planned.family).await?,
        };
        delete_revisions(&self.0, arns).await?;
        Ok(Progress::Done(()))
    }
}

/// The revisions of a family that exist: registered, or deregistered and not deleted. One that is
/// being deleted goes by itself.
pub(in crate::aws) async fn revisions(
    tools: &Tools,
    family: &str,
) -> Result<BTreeSet<String>, StepError> {
    let mut found = BTreeSet::new();
    for status in [TaskDefinitionStatus::Active, TaskDefinitionStatus::Inactive] {
        let mut next = None;
        loop {
            let request = tools.client.ecs.list_task_definitions();
            let request = request
                .family_prefix(family)
                .status(status.clone())
                .set_next_token(next);
            let page = tools
                .client
                .call(Action::ListTaskDefinitions, request.send())
                .await?;
            let arns = page.task_definition_arns.unwrap_or_default().into_iter();
            found.extend(arns.filter(|arn| family_of(arn) == family));
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

/// Deregisters them and deletes them: a revision that is only deregistered stays for ever.
pub(in crate::aws) async fn delete_revisions(
    tools: &Tools,
    arns: BTreeSet<String>,
) -> Result<(), StepError> {
    for arn in &arns {
        let request = tools.client.ecs.deregister_task_definition();
        let request = request.task_definition(arn);
        let answer = tools
            .client
            .call(Action::DeregisterTaskDefinition, request.send());
        match answer.await {
            Ok(_) => {}
            // By an earlier attempt, or by somebody else.
            Err(failed)
                if failed.says("inactive")
                    || failed.says("unable to describe task definition")
                    || failed.says("does not exist")
                    || failed.says("delete_in_progress") => {}
            Err(failed) => return Err(failed.into()),
        }
    }
    let arns: Vec<_> = arns.into_iter().collect();
    for batch in arns.chunks(DELETE_MOST) {
        let request = tools.client.ecs.delete_task_definitions();
        let request = request.set_task_definitions(Some(batch.to_vec()));
        let sent = request.send();
        let answer = tools
            .client
            .call(Action::DeleteTaskDefinitions, sent)
            .await?;
        let stays = answer.failures().iter().find(|failure| {
            let reason = failure.reason().unwrap_or_default().to_ascii_uppercase();
            !reason.contains("NOT_FOUND") && !reason.contains("MISSING")
        });
        if let Some(failure) = stays {
            return Err(StepError::transient(format!(
                "{} is not deleted: {} {}",
                failure.arn().unwrap_or_default(),
                failure.reason().unwrap_or_default(),
                failure.detail().unwrap_or_default()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
