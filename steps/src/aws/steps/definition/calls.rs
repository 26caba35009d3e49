//! What ECS is asked for.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{Compatibility, NetworkMode, Tag, TaskDefinitionStatus};

use super::{TaskDefinition, TaskDefinitionPlan, container};
use crate::aws::client::Action;
use crate::aws::listing;
use crate::aws::steps::Tools;
use crate::{Ctx, StepError};

/// How many revisions one call deletes.
const DELETE_MOST: usize = 10;

/// The revision of this ARN, or the newest of this family, if it is active.
pub(in crate::aws) async fn find_definition(
    tools: &Tools,
    which: &str,
) -> Result<Option<String>, StepError> {
    let request = tools.client.ecs.describe_task_definition();
    let request = request.task_definition(which);
    let answer = tools
        .client
        .call(Action::DescribeTaskDefinition, request.send());
    match answer.await {
        Ok(answer) => {
            let found = answer
                .task_definition
                .filter(|definition| definition.status() == Some(&TaskDefinitionStatus::Active));
            Ok(found.and_then(|definition| definition.task_definition_arn))
        }
        // There is no code of its own for "not found".
        Err(failed) if failed.says("unable to describe task definition") => Ok(None),
        Err(failed) => Err(failed.into()),
    }
}

impl TaskDefinition {
    pub(super) async fn register(
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
            .set_requires_compatibilities(Some(vec![Compatibility::Fargate]))
            .network_mode(NetworkMode::Awsvpc)
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

/// The revisions of a family that exist: registered, or deregistered and not deleted. One that is
/// being deleted goes by itself.
pub(in crate::aws) async fn revisions(
    tools: &Tools,
    family: &str,
) -> Result<BTreeSet<String>, StepError> {
    let mut found = BTreeSet::new();
    for status in [TaskDefinitionStatus::Active, TaskDefinitionStatus::Inactive] {
        found.extend(listing::definitions(tools, Some(family), &status).await?);
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
