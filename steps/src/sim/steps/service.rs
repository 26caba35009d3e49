//! A service: made once, moved in place to another revision by an update.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{DEADLINE, LOOK_AGAIN};
use crate::sim::cloud::{Cloud, Kind, Life, NewItem, Refusal};
use crate::{Ctx, Progress, Resource, Step, StepError};

pub(in crate::sim) struct Service(pub(in crate::sim) Cloud);

#[derive(Serialize, Deserialize)]
pub(in crate::sim) struct ServicePlan {
    pub(in crate::sim) name: String,
    pub(in crate::sim) revision: String,
}

#[async_trait]
impl Step for Service {
    type Planned = ServicePlan;
    type Output = u64;

    const KIND: &'static str = "service";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &ServicePlan) -> Option<Resource> {
        Some(Kind::Service.resource(&planned.name, Some(&planned.revision)))
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &ServicePlan,
        current: Option<&u64>,
    ) -> Result<Progress<u64>, StepError> {
        if let Some(number) = current {
            match self
                .0
                .update_service(&planned.name, &planned.revision)
                .await
            {
                Ok(()) => return Ok(Progress::Done(*number)),
                Err(Refusal::NotFound) => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        let made = self.0.create(NewItem {
            kind: Kind::Service,
            name: &planned.name,
            revision: &planned.revision,
            needs: None,
            tags: (ctx.installation(), ctx.identity().id),
        });
        match made.await {
            Ok(number) => Ok(Progress::Done(number)),
            Err(Refusal::Exists(number, revision)) => {
                if revision != planned.revision {
                    self.0
                        .update_service(&planned.name, &planned.revision)
                        .await?;
                }
                Ok(Progress::Done(number))
            }
            Err(Refusal::Draining) => Ok(Progress::wait(
                LOOK_AGAIN,
                "a service of this name is still draining",
            )),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &ServicePlan,
        _output: Option<&u64>,
    ) -> Result<Progress<()>, StepError> {
        match self.0.delete(Kind::Service, &planned.name).await {
            Err(Refusal::NotFound) => return Ok(Progress::Done(())),
            Ok(()) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        match self.0.describe(Kind::Service, &planned.name).await? {
            Some(seen) if seen.life == Life::Draining => {
                Ok(Progress::wait(LOOK_AGAIN, "it is draining"))
            }
            // Deleted a moment ago and not seen: the next look must say "not found" by itself.
            _ => Ok(Progress::wait(LOOK_AGAIN, "its end is not seen yet")),
        }
    }
}
