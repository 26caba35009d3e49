//! The wait for a service to run at our revision.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{DEADLINE, LOOK_AGAIN};
use crate::sim::cloud::{Cloud, Kind};
use crate::{Ctx, Progress, Resource, Step, StepError};

pub(in crate::sim) struct Healthy(pub(in crate::sim) Cloud);

#[derive(Serialize, Deserialize)]
pub(in crate::sim) struct HealthyPlan {
    pub(in crate::sim) service: String,
    pub(in crate::sim) revision: String,
    /// Set for an application that never answers.
    #[serde(default)]
    pub(in crate::sim) sick: bool,
}

#[async_trait]
impl Step for Healthy {
    type Planned = HealthyPlan;
    type Output = ();

    const KIND: &'static str = "healthy";

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn resource(&self, _planned: &HealthyPlan) -> Option<Resource> {
        None
    }

    async fn execute(
        &self,
        _ctx: &dyn Ctx,
        planned: &HealthyPlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        match self.0.describe(Kind::Service, &planned.service).await? {
            Some(seen) if seen.is_running && seen.revision == planned.revision => {
                if planned.sick {
                    return Err(StepError::Rejected {
                        reason: "the application exited with status 1".to_owned(),
                        detail: vec!["panic: no configuration".to_owned()],
                    });
                }
                Ok(Progress::Done(()))
            }
            _ => {
                let reason = "the service is starting";
                Ok(match self.0.tells_within() {
                    Some(within) => Progress::wait_to_be_told(within, reason),
                    None => Progress::wait(LOOK_AGAIN, reason),
                })
            }
        }
    }

    async fn compensate(
        &self,
        _ctx: &dyn Ctx,
        _planned: &HealthyPlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        Ok(Progress::Done(()))
    }
}
