//! A preview's database, which runs by itself: it is there or it is not.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::DEADLINE;
use crate::sim::cloud::{Cloud, Kind, NewItem, Refusal};
use crate::{Ctx, Progress, Resource, Step, StepError};

pub(in crate::sim) struct Database(pub(in crate::sim) Cloud);

#[derive(Serialize, Deserialize)]
pub(in crate::sim) struct DatabasePlan {
    pub(in crate::sim) name: String,
}

#[async_trait]
impl Step for Database {
    type Planned = DatabasePlan;
    type Output = u64;

    const KIND: &'static str = "database";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, planned: &DatabasePlan) -> Option<Resource> {
        Some(Kind::Database.resource(&planned.name, None))
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &DatabasePlan,
        _current: Option<&u64>,
    ) -> Result<Progress<u64>, StepError> {
        let made = self.0.create(NewItem {
            kind: Kind::Database,
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
        planned: &DatabasePlan,
        _output: Option<&u64>,
    ) -> Result<Progress<()>, StepError> {
        match self.0.delete(Kind::Database, &planned.name).await {
            Ok(()) | Err(Refusal::NotFound) => Ok(Progress::Done(())),
            Err(refusal) => Err(refusal.into()),
        }
    }
}
