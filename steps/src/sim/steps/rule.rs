//! The rule that leads to a service's target group, at a reserved priority.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::DEADLINE;
use crate::sim::cloud::{Cloud, Kind, NewItem, Refusal};
use crate::{Ctx, Progress, Resource, Step, StepError};

pub(in crate::sim) struct Rule(pub(in crate::sim) Cloud);

#[derive(Serialize, Deserialize)]
pub(in crate::sim) struct RulePlan {
    pub(in crate::sim) name: String,
    pub(in crate::sim) service: String,
    pub(in crate::sim) target_group: String,
}

#[async_trait]
impl Step for Rule {
    type Planned = RulePlan;
    type Output = u32;

    const KIND: &'static str = "rule";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &RulePlan) -> Option<Resource> {
        Some(Kind::Rule.resource(&planned.name, None))
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &RulePlan,
        _current: Option<&u32>,
    ) -> Result<Progress<u32>, StepError> {
        let none = BTreeSet::new();
        let priority = ctx
            .reserve("priority", &planned.service, 1..=50_000, &none)
            .await?;
        let revision = priority.to_string();
        let made = self.0.create(NewItem {
            kind: Kind::Rule,
            name: &planned.name,
            revision: &revision,
            needs: Some(&planned.target_group),
            tags: (ctx.installation(), ctx.identity().id),
        });
        match made.await {
            Ok(_) | Err(Refusal::Exists(..)) => Ok(Progress::Done(priority)),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        planned: &RulePlan,
        _output: Option<&u32>,
    ) -> Result<Progress<()>, StepError> {
        match self.0.delete(Kind::Rule, &planned.name).await {
            Ok(()) | Err(Refusal::NotFound) => Ok(Progress::Done(())),
            Err(refusal) => Err(refusal.into()),
        }
    }
}
