//! What ECS is asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ecs::types::{Compatibility, Failure, NetworkMode, Tag, TaskDefinitionStatus};

use futures::future::{join_all, try_join_all};

use super::{TaskDefinition, TaskDefinitionPlan, container};
use crate::aws::client::{Action, Client};
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
    let deletions = arns.into_iter().map(|arn| {
        let client = Arc::clone(&tools.client);
        let answers = async move |asked: Vec<String>| delete_all(&client, &asked).await;
        tools.deletions.ask(arn, answers)
    });
    try_join_all(deletions).await?;
    Ok(())
}

/// What became of the deletion of each.
async fn delete_all(client: &Client, arns: &[String]) -> Vec<Result<(), StepError>> {
    let calls = arns.chunks(DELETE_MOST).map(|batch| async move {
        let answer = delete_batch(client, batch).await;
        // What is wrong with one is not held against its neighbours.
        if batch.len() > 1 && matches!(answer, Err(StepError::Rejected { .. })) {
            let alone = batch.chunks(1).map(|one| delete_batch(client, one));
            let answers = join_all(alone).await.into_iter();
            return answers.map(|of| of?.into_iter().collect()).collect();
        }
        match answer {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); batch.len()],
        }
    });
    join_all(calls).await.into_iter().flatten().collect()
}

async fn delete_batch(
    client: &Client,
    arns: &[String],
) -> Result<Vec<Result<(), StepError>>, StepError> {
    let request = client.ecs.delete_task_definitions();
    let request = request.set_task_definitions(Some(arns.to_vec()));
    let sent = request.send();
    let answer = client.call(Action::DeleteTaskDefinitions, sent).await?;
    let of = |arn: &String| {
        let mut failures = answer.failures().iter();
        failures.find_map(|of| stays(of, arn)).map_or(Ok(()), Err)
    };
    Ok(arns.iter().map(of).collect())
}

/// Why this revision stays, if that is what AWS says. What it says of none in particular is said of all.
fn stays(failure: &Failure, arn: &str) -> Option<StepError> {
    if failure.arn().is_some_and(|of| of != arn) {
        return None;
    }
    let reason = failure.reason().unwrap_or_default();
    let upper = reason.to_ascii_uppercase();
    if upper.contains("NOT_FOUND") || upper.contains("MISSING") {
        return None;
    }
    let detail = failure.detail().unwrap_or_default();
    Some(StepError::transient(format!(
        "{arn} is not deleted: {reason} {detail}"
    )))
}
