//! `scheduled-worker`: a task that is run by a schedule, behind no URL.

use tempus_model::{FieldError, Spec, Stage};

use crate::aws::{AwsOptions, plan, recurrence};
use crate::common::opening;
use crate::{PlanRequest, StepError, Template};

pub(super) const TEMPLATE: Template<AwsOptions> = Template {
    name: tempus_model::Template::ScheduledWorker,
    stages,
    admit,
};

fn stages(options: &AwsOptions, request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    let mut stages = opening(request)?;
    stages.extend(plan::tasks(options, request)?);
    Ok(stages)
}

fn admit(options: &AwsOptions, spec: &Spec) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if options.schedules.is_none() {
        let problem = "is one that this installation cannot run: its operator sets \
                       ecs.schedule_role_arn, the role by which schedules run tasks";
        errors.push(FieldError::new("template", problem));
    }
    // That it is there, and one, was looked at before.
    let timetable = spec.schedule.as_ref().and_then(|of| of.timetable().ok());
    if let Some(Err(problem)) = timetable.map(|timetable| recurrence::expression(&timetable)) {
        errors.push(FieldError::new("schedule", problem));
    }
    errors
}
