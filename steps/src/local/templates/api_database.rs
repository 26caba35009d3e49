//! `api-database`: services with a database of the preview's own, on the server of all of them.

use tempus_model::{FieldError, Seed, Spec, Stage};

use crate::common::{beside, opening};
use crate::local::{LocalOptions, plan, rank};
use crate::postgres::{self, Database};
use crate::{PlanRequest, StepError, Template};

pub(super) const TEMPLATE: Template<LocalOptions> = Template {
    name: tempus_model::Template::ApiDatabase,
    stages,
    admit,
};

fn stages(_: &LocalOptions, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    let mut stages = opening(request)?;
    stages.extend(plan::services(request)?);
    beside(&mut stages, rank::PORTS, Database::plan(request)?);
    Ok(stages)
}

fn admit(options: &LocalOptions, spec: &Spec) -> Vec<FieldError> {
    let mut errors = postgres::admit(&options.databases, spec);
    if let Some(Seed::Dump(path)) = &spec.seed
        && let Err(problem) = postgres::dump_file(spec, path)
    {
        errors.push(FieldError::new("seed", problem));
    }
    errors
}
