//! A version of a service's task definition.
//!
//! `RegisterTaskDefinition` knows no token: repeated, it makes another revision. So each version
//! has a family of its own, whose revisions are all alike: found by name, like everything else.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, SpecId};

use super::{DEADLINE, Tools};
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

mod calls;
mod container;

pub(in crate::aws) use calls::{delete_revisions, find_definition, revisions};

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
        let known = match (current, ctx.trust()) {
            (Some(current), Trust::Trusted) => return Ok(Progress::Done(current.clone())),
            // What a dead worker registers late is the newest, but the service runs the one that
            // is known.
            (Some(current), Trust::Suspect) => find_definition(&self.0, &current.arn).await?,
            (None, _) => None,
        };
        let found = match (known, ctx.trust()) {
            (None, Trust::Suspect) => find_definition(&self.0, &planned.family).await?,
            (known, _) => known,
        };
        let arn = match found {
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

#[cfg(test)]
mod tests;
