//! A revision of a service's definition. Registering has no name that makes it one, so a row that
//! is suspect looks first.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::DEADLINE;
use crate::sim::cloud::{Cloud, Kind, NewItem, Refusal};
use crate::{Ctx, Progress, Resource, Step, StepError, Trust};

pub(in crate::sim) struct Definition(pub(in crate::sim) Cloud);

#[derive(Serialize, Deserialize)]
pub(in crate::sim) struct DefinitionPlan {
    pub(in crate::sim) family: String,
    pub(in crate::sim) revision: String,
}

impl Definition {
    /// The revisions of this content that exist, oldest first.
    async fn find(&self, ctx: &dyn Ctx, planned: &DefinitionPlan) -> Result<Vec<u64>, StepError> {
        let listed = self
            .0
            .list(ctx.installation(), Some(ctx.identity().id))
            .await?;
        let ours = listed.into_iter().filter(|item| {
            item.kind == Kind::Definition
                && item.name == planned.family
                && item.revision == planned.revision
        });
        Ok(ours.map(|item| item.number).collect())
    }
}

#[async_trait]
impl Step for Definition {
    type Planned = DefinitionPlan;
    type Output = u64;

    const KIND: &'static str = "definition";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &DefinitionPlan) -> Option<Resource> {
        Some(Kind::Definition.resource(&planned.family, Some(&planned.revision)))
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &DefinitionPlan,
        _current: Option<&u64>,
    ) -> Result<Progress<u64>, StepError> {
        if ctx.trust() == Trust::Suspect
            && let Some(number) = self.find(ctx, planned).await?.first()
        {
            return Ok(Progress::Done(*number));
        }
        let made = self.0.create(NewItem {
            kind: Kind::Definition,
            name: &planned.family,
            revision: &planned.revision,
            needs: None,
            tags: (ctx.installation(), ctx.identity().id),
        });
        made.await.map(Progress::Done).map_err(Refusal::into)
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &DefinitionPlan,
        output: Option<&u64>,
    ) -> Result<Progress<()>, StepError> {
        let mut numbers = match ctx.trust() {
            Trust::Suspect => self.find(ctx, planned).await?,
            Trust::Trusted if output.is_none() => self.find(ctx, planned).await?,
            Trust::Trusted => Vec::new(),
        };
        numbers.extend(output);
        for number in numbers {
            self.0.delete_definition(number).await?;
        }
        Ok(Progress::Done(()))
    }
}
