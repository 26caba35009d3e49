//! `api-service`: one or more services behind the URL.

use tempus_model::Stage;

use crate::common::opening;
use crate::local::{LocalOptions, plan};
use crate::template::anything;
use crate::{PlanRequest, StepError, Template};

pub(super) const TEMPLATE: Template<LocalOptions> = Template {
    name: tempus_model::Template::ApiService,
    stages,
    admit: anything,
};

fn stages(_: &LocalOptions, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    let mut stages = opening(request)?;
    stages.extend(plan::services(request)?);
    Ok(stages)
}
