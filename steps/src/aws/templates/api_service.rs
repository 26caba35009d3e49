//! `api-service`: one or more services behind the URL.

use tempus_model::Stage;

use crate::aws::{AwsOptions, plan};
use crate::common::opening;
use crate::template::anything;
use crate::{PlanRequest, StepError, Template};

pub(super) const TEMPLATE: Template<AwsOptions> = Template {
    name: tempus_model::Template::ApiService,
    stages,
    admit: anything,
};

fn stages(options: &AwsOptions, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    let mut stages = opening(request)?;
    stages.extend(plan::services(options, request)?);
    Ok(stages)
}
