//! The security group of a preview of several services: its members reach each other, and nothing
//! of another preview reaches them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{DEADLINE, LOOK_AGAIN, Tools};
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

/// Makes the group.
pub(in crate::aws) struct SecurityGroup(pub(in crate::aws) Arc<Tools>);

/// Which group.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct SecurityGroupPlan {
    /// Its name, unique in the VPC.
    pub(in crate::aws) name: String,
}

/// What AWS made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::aws) struct SecurityGroupOutput {
    /// Its id, such as `sg-1`.
    #[serde(rename = "arn")]
    pub(in crate::aws) id: String,
}

impl Tools {
    /// The id of the group of this name, if it exists.
    pub(in crate::aws) async fn security_group_id(
        &self,
        name: &str,
        trust: Trust,
    ) -> Result<Option<String>, StepError> {
        if let Some(id) = self.arns.get(name, trust) {
            return Ok(Some(id));
        }
        let groups = self
            .client
            .security_groups(&self.options.vpc_id, Some(name))
            .await?;
        let found = groups.into_iter().find(|group| group.name == name);
        if let Some(group) = &found {
            self.arns.set(name, &group.id);
        }
        Ok(found.map(|group| group.id))
    }
}

#[async_trait]
impl Step for SecurityGroup {
    type Planned = SecurityGroupPlan;
    type Output = SecurityGroupOutput;

    const KIND: &'static str = "security-group";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &SecurityGroupPlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &SecurityGroupPlan,
        current: Option<&SecurityGroupOutput>,
    ) -> Result<Progress<SecurityGroupOutput>, StepError> {
        if let (Some(current), Trust::Trusted) = (current, ctx.trust()) {
            return Ok(Progress::Done(current.clone()));
        }
        let (tools, name) = (&self.0, planned.name.as_str());
        let found = match ctx.trust() {
            Trust::Suspect => tools.security_group_id(name, Trust::Suspect).await?,
            Trust::Trusted => None,
        };
        let id = if let Some(id) = found {
            id
        } else {
            let (vpc, tags) = (&tools.options.vpc_id, tools.tags(ctx, name, None));
            match tools.client.create_security_group(vpc, name, &tags).await {
                Ok(id) => id,
                // Names are unique in a VPC: it is ours, of an earlier attempt.
                Err(failed) if failed.is("InvalidGroup.Duplicate") => {
                    let found = tools.security_group_id(name, Trust::Suspect).await?;
                    let unseen = || StepError::transient("the security group is not listed yet");
                    found.ok_or_else(unseen)?
                }
                Err(failed) => return Err(failed.into()),
            }
        };
        tools.arns.set(name, &id);
        tools.client.let_members_in(&id).await?;
        Ok(Progress::Done(SecurityGroupOutput { id }))
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &SecurityGroupPlan,
        output: Option<&SecurityGroupOutput>,
    ) -> Result<Progress<()>, StepError> {
        let name = planned.name.as_str();
        let id = match (output, ctx.trust()) {
            (Some(output), Trust::Trusted) => Some(output.id.clone()),
            _ => self.0.security_group_id(name, Trust::Suspect).await?,
        };
        self.0.arns.forget(name);
        match id {
            Some(id) => delete_security_group(&self.0, &id).await,
            None => Ok(Progress::Done(())),
        }
    }
}

/// Deletes it. The network interface of a task that stopped a moment ago still holds it.
pub(in crate::aws) async fn delete_security_group(
    tools: &Tools,
    id: &str,
) -> Result<Progress<()>, StepError> {
    match tools.client.delete_security_group(id).await {
        Ok(()) => Ok(Progress::Done(())),
        Err(failed) if failed.is("DependencyViolation") || failed.is("InvalidGroup.InUse") => {
            let reason = "the network interface of a stopped task still holds the security group";
            Ok(Progress::wait(LOOK_AGAIN, reason))
        }
        Err(failed) => Err(failed.into()),
    }
}
