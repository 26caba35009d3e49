//! `scheduled-worker`: a task that is run by a schedule, behind no URL.

use tempus_model::Stage;

use crate::common::opening;
use crate::local::{LocalOptions, plan};
use crate::template::anything;
use crate::{PlanRequest, StepError, Template};

pub(super) const TEMPLATE: Template<LocalOptions> = Template {
    name: tempus_model::Template::ScheduledWorker,
    stages,
    admit: anything,
};

fn stages(_: &LocalOptions, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    let mut stages = opening(request)?;
    stages.extend(plan::tasks(request)?);
    Ok(stages)
}
