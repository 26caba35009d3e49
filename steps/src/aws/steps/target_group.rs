//! A public service's target group.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::DnsName;

use super::{DEADLINE, Tools};
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

mod calls;

pub(in crate::aws) use calls::delete_target_group;

/// How long AWS may say that a target group is in use after its rule is gone.
const IN_USE: Duration = Duration::from_mins(2);

/// Makes the target group.
pub(in crate::aws) struct TargetGroup(pub(in crate::aws) Arc<Tools>);

/// Which target group.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct TargetGroupPlan {
    /// Its name: at most 32 characters.
    pub(in crate::aws) name: String,
    /// The service behind it.
    pub(in crate::aws) service: DnsName,
    /// The port that the service listens on.
    pub(in crate::aws) port: u16,
    /// The path that answers 2xx or 3xx.
    pub(in crate::aws) health_path: String,
}

/// What AWS made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::aws) struct TargetGroupOutput {
    /// Its ARN.
    pub(in crate::aws) arn: String,
    /// The path that it asks.
    pub(in crate::aws) health_path: String,
}

#[async_trait]
impl Step for TargetGroup {
    type Planned = TargetGroupPlan;
    type Output = TargetGroupOutput;

    const KIND: &'static str = "target-group";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &TargetGroupPlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &TargetGroupPlan,
        current: Option<&TargetGroupOutput>,
    ) -> Result<Progress<TargetGroupOutput>, StepError> {
        let done = |arn: String| {
            self.0.arns.set(&planned.name, &arn);
            let health_path = planned.health_path.clone();
            Ok(Progress::Done(TargetGroupOutput { arn, health_path }))
        };
        let found = match (current, ctx.trust()) {
            // An update: the port is the tasks' own matter, the path is the target group's.
            (Some(current), Trust::Trusted) => {
                if current.health_path != planned.health_path {
                    self.ask(&current.arn, &planned.health_path).await?;
                }
                return done(current.arn.clone());
            }
            (_, Trust::Suspect) => self.adopt(planned).await?,
            (None, Trust::Trusted) => None,
        };
        let arn = match found {
            Some(arn) => arn,
            None => self.create(ctx, planned).await?,
        };
        self.drain_quickly(&arn).await?;
        done(arn)
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &TargetGroupPlan,
        output: Option<&TargetGroupOutput>,
    ) -> Result<Progress<()>, StepError> {
        let arn = match (output, ctx.trust()) {
            (Some(output), Trust::Trusted) => Some(output.arn.clone()),
            _ => {
                self.0
                    .target_group_arn(&planned.name, Trust::Suspect)
                    .await?
            }
        };
        self.0.arns.forget(&planned.name);
        let Some(arn) = arn else {
            return Ok(Progress::Done(()));
        };
        let deleted = delete_target_group(&self.0, &arn).await?;
        if deleted != Progress::Done(()) && ctx.since().after(IN_USE) <= ctx.now() {
            return Err(StepError::rejected(
                "the target group is still in use after two minutes: a listener's rule that \
                 Tempus did not make points to it; remove that rule",
            ));
        }
        Ok(deleted)
    }
}

#[cfg(test)]
mod tests;
