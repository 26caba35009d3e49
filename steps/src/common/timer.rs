//! The timer that posts the preview's destroy. The first step of every plan: nothing can exist
//! that does not already have an end.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{PlannedStep, StepId, Timestamp, resource_name};

use crate::{Ctx, PlanRequest, Progress, Resource, Step, StepError, planned};

/// Sets the alarm.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetTimer;

/// Which alarm. Its name carries the expiry, so an extend sets a second one before the first is
/// cleared: at no time is there none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerPlan {
    /// The alarm's name.
    pub name: String,
    /// When it fires.
    pub fires_at: Timestamp,
}

impl SetTimer {
    /// The step for this expiry.
    pub fn plan(request: &PlanRequest<'_>) -> Result<PlannedStep, StepError> {
        let expiry = format!("{:x}", request.expires_at.millis());
        let name = resource_name(request.installation, request.identity.id, &expiry, 64);
        let fixed = TimerPlan {
            name,
            fires_at: request.expires_at,
        };
        planned::<Self>(StepId::of(Self::KIND, &expiry), &fixed)
    }
}

#[async_trait]
impl Step for SetTimer {
    type Planned = TimerPlan;
    type Output = ();

    const KIND: &'static str = "timer";

    fn deadline(&self) -> Duration {
        Duration::from_mins(2)
    }

    fn resource(&self, planned: &TimerPlan) -> Option<Resource> {
        Some(Resource {
            kind: "timer".to_owned(),
            name: planned.name.clone(),
            revision: None,
        })
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &TimerPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        ctx.set_timer(&planned.name, planned.fires_at).await?;
        Ok(Progress::Done(()))
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &TimerPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        ctx.clear_timer(&planned.name).await?;
        Ok(Progress::Done(()))
    }
}
