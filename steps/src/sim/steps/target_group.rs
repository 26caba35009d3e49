//! A service's target group.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{DEADLINE, LOOK_AGAIN};
use crate::sim::cloud::{Cloud, Kind, NewItem, Refusal};
use crate::{Ctx, Progress, Resource, Step, StepError};

pub(in crate::sim) struct TargetGroup(pub(in crate::sim) Cloud);

#[derive(Serialize, Deserialize)]
pub(in crate::sim) struct TargetGroupPlan {
    pub(in crate::sim) name: String,
}

#[async_trait]
impl Step for TargetGroup {
    type Planned = TargetGroupPlan;
    type Output = u64;

    const KIND: &'static str = "target-group";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &TargetGroupPlan) -> Option<Resource> {
        Some(Kind::TargetGroup.resource(&planned.name, None))
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &TargetGroupPlan,
        _current: Option<&u64>,
    ) -> Result<Progress<u64>, StepError> {
        let made = self.0.create(NewItem {
            kind: Kind::TargetGroup,
            name: &planned.name,
            revision: "",
            needs: None,
            tags: (ctx.installation(), ctx.identity().id),
        });
        match made.await {
            Ok(number) | Err(Refusal::Exists(number, _)) => Ok(Progress::Done(number)),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &TargetGroupPlan,
        _output: Option<&u64>,
    ) -> Result<Progress<()>, StepError> {
        match self.0.delete(Kind::TargetGroup, &planned.name).await {
            Ok(()) | Err(Refusal::NotFound) => Ok(Progress::Done(())),
            Err(Refusal::InUse) => Ok(Progress::wait(LOOK_AGAIN, "its rule still points to it")),
            Err(refusal) => Err(refusal.into()),
        }
    }
}
