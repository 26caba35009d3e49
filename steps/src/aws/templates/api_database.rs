//! `api-database`: services with a database of the preview's own, on the server of all of them.

use tempus_model::{FieldError, PlannedStep, Seed, Spec, Stage, StepId};

use crate::aws::names::Names;
use crate::aws::steps::{DatabaseUrl, DatabaseUrlPlan};
use crate::aws::{AwsOptions, plan, rank};
use crate::common::{beside, opening};
use crate::postgres::{self, Database};
use crate::{PlanRequest, Step, StepError, Template, planned};

pub(super) const TEMPLATE: Template<AwsOptions> = Template {
    name: tempus_model::Template::ApiDatabase,
    stages,
    admit,
};

/// Why a dump is refused: workers have no checkout.
const NO_DUMPS: &str = "must be a template database on this platform, such as {\"database\": \
    \"shop_template\"}: the repository's files are not there when a database is made";

fn stages(options: &AwsOptions, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    let mut stages = opening(request)?;
    stages.extend(plan::services(options, request)?);
    beside(&mut stages, rank::GROUNDWORK, Database::plan(request)?);
    beside(&mut stages, rank::RULE, url(request)?);
    Ok(stages)
}

fn url(request: &PlanRequest<'_>) -> Result<PlannedStep, StepError> {
    let names = Names {
        installation: request.installation,
        preview: request.identity.id,
    };
    planned::<DatabaseUrl>(
        StepId::single(DatabaseUrl::KIND),
        &DatabaseUrlPlan {
            name: names.database_url(),
        },
    )
}

fn admit(options: &AwsOptions, spec: &Spec) -> Vec<FieldError> {
    let mut errors = postgres::admit(&options.databases, spec);
    if let Some(Seed::Dump(_)) = &spec.seed {
        errors.push(FieldError::new("seed", NO_DUMPS));
    }
    errors
}
