//! A service: made once, moved in place to another task definition by an update.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{DnsName, Wakefulness};

use super::{DEADLINE, Tools};
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

mod calls;
mod request;

pub(in crate::aws) use calls::delete_service;
use calls::drain_service;

/// An attempt that begins so soon is the step's first.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Makes the service.
pub(in crate::aws) struct Service(pub(in crate::aws) Arc<Tools>);

/// Which service.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct ServicePlan {
    /// Its name.
    pub(in crate::aws) name: String,
    /// What the preview calls it.
    pub(in crate::aws) service: DnsName,
    /// The family of the task definition that it runs.
    pub(in crate::aws) family: String,
    /// The port that it listens on.
    pub(in crate::aws) port: u16,
    /// Its target group's name, if it is reached from outside.
    pub(in crate::aws) target_group: Option<String>,
    /// Set if and only if the preview has several services.
    pub(in crate::aws) mesh: Option<Mesh>,
    /// Whether its tasks run: of one that sleeps none is wanted.
    #[serde(default, skip_serializing_if = "Wakefulness::is_awake")]
    pub(in crate::aws) wakefulness: Wakefulness,
    /// How many tasks it has; one unless it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::aws) tasks: Option<Tasks>,
}

impl ServicePlan {
    /// What AWS made of it by this ARN.
    fn made(&self, arn: String) -> ServiceOutput {
        ServiceOutput {
            arn,
            port: self.port,
            wakefulness: self.wakefulness,
        }
    }
}

/// How many tasks a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::aws) enum Tasks {
    /// So many.
    Fixed(u32),
    /// One to begin with, and then what its load asks for: that is not for an update to change.
    ByLoad,
}

/// How a service finds its siblings and is found.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::aws) struct Mesh {
    /// The name of the security group that lets siblings in.
    pub(in crate::aws) security_group: String,
    /// Its name in the Service Connect namespace, unique to the preview.
    pub(in crate::aws) dns_name: String,
    /// Services that must exist before this one. What a task finds in the namespace is fixed when
    /// its deployment begins, so private siblings come first.
    pub(in crate::aws) after: Vec<String>,
}

/// What AWS made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::aws) struct ServiceOutput {
    /// Its ARN.
    pub(in crate::aws) arn: String,
    /// The port that its target group was told.
    pub(in crate::aws) port: u16,
    /// Whether it was told to run its task.
    #[serde(default, skip_serializing_if = "Wakefulness::is_awake")]
    pub(in crate::aws) wakefulness: Wakefulness,
}

#[async_trait]
impl Step for Service {
    type Planned = ServicePlan;
    type Output = ServiceOutput;

    const KIND: &'static str = "service";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &ServicePlan) -> Option<Resource> {
        Some(Resource {
            kind: Self::KIND.to_owned(),
            name: planned.name.clone(),
            revision: Some(planned.family.clone()),
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &ServicePlan,
        current: Option<&ServiceOutput>,
    ) -> Result<Progress<ServiceOutput>, StepError> {
        match (current, ctx.trust()) {
            (Some(current), Trust::Trusted) => {
                match self
                    .update(ctx, planned, Some(current), current.wakefulness)
                    .await?
                {
                    Some(output) => Ok(Progress::Done(output)),
                    None => self.make(ctx, planned).await,
                }
            }
            (None, Trust::Trusted) => self.create(ctx, planned, None).await,
            (_, Trust::Suspect) => self.make(ctx, planned).await,
        }
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &ServicePlan,
        output: Option<&ServiceOutput>,
    ) -> Result<Progress<()>, StepError> {
        // It is there: the ledger knows it, and nobody has been at its removal before.
        let is_first = ctx.since().until(ctx.now()) < AT_ONCE;
        if output.is_some() && is_first && ctx.trust() == Trust::Trusted {
            return drain_service(&self.0, &planned.name).await;
        }
        delete_service(&self.0, &planned.name).await
    }
}

#[cfg(test)]
mod tests;
