//! The wait for the preview that held the name before: two previews of one name never exist at
//! the same time.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{PlannedStep, PreviewId, StepId, broken};

use crate::{Ctx, Progress, Resource, Step, StepError, planned};

/// Waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Predecessor;

/// For whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PredecessorPlan {
    /// The preview that must be gone.
    pub preview: PreviewId,
}

impl Predecessor {
    /// The step that waits for this preview's end.
    pub fn plan(preview: PreviewId) -> Result<PlannedStep, StepError> {
        planned::<Self>(StepId::single(Self::KIND), &PredecessorPlan { preview })
    }
}

#[async_trait]
impl Step for Predecessor {
    type Planned = PredecessorPlan;
    type Output = ();

    const KIND: &'static str = "predecessor";

    fn deadline(&self) -> Duration {
        Duration::from_mins(15)
    }

    fn resource(&self, _planned: &PredecessorPlan) -> Option<Resource> {
        None
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &PredecessorPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        if broken!(NoPredecessor) || ctx.is_gone(planned.preview).await? {
            return Ok(Progress::Done(()));
        }
        let reason = format!("preview {} still holds the name", planned.preview);
        Ok(Progress::wait(Duration::from_secs(1), reason))
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        _planned: &PredecessorPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        Ok(Progress::Done(()))
    }
}
