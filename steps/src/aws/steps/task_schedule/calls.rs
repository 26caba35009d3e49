//! The scheduler's calls, and what its refusals mean.

use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{EcsParameters, ScheduleState, Target};
use tempus_model::SpecId;

use super::request::punctually;
use super::{TaskSchedule, TaskScheduleOutput, TaskSchedulePlan};
use crate::aws::client::Action;
use crate::aws::steps::{LOOK_AGAIN, Tools};
use crate::{Ctx, Progress, StepError};

impl TaskSchedule {
    pub(super) async fn create(
        &self,
        ctx: &dyn Ctx,
        planned: &TaskSchedulePlan,
        wanted: &Target,
    ) -> Result<Progress<TaskScheduleOutput>, StepError> {
        let request = self.0.client.scheduler.create_schedule();
        let request = request
            .name(&planned.name)
            .group_name(&planned.group)
            .client_token(token(ctx, planned))
            .schedule_expression(&planned.expression)
            .schedule_expression_timezone("UTC")
            .flexible_time_window(punctually()?)
            .state(ScheduleState::Enabled)
            .target(wanted.clone());
        let sent = request.send();
        match self.0.client.call(Action::CreateSchedule, sent).await {
            Ok(made) => Ok(done(made.schedule_arn)),
            Err(failed) if failed.is("ConflictException") => self.adopt(planned, wanted).await,
            Err(failed) => Err(failed.into()),
        }
    }

    /// Looks what is there, and makes of it what is planned.
    pub(super) async fn make(
        &self,
        ctx: &dyn Ctx,
        planned: &TaskSchedulePlan,
        wanted: &Target,
    ) -> Result<Progress<TaskScheduleOutput>, StepError> {
        match find(&self.0, &planned.group, &planned.name).await? {
            Some(stands) => self.settle(planned, wanted, stands).await,
            None => self.create(ctx, planned, wanted).await,
        }
    }

    /// Takes the one that exists.
    async fn adopt(
        &self,
        planned: &TaskSchedulePlan,
        wanted: &Target,
    ) -> Result<Progress<TaskScheduleOutput>, StepError> {
        match find(&self.0, &planned.group, &planned.name).await? {
            Some(stands) => self.settle(planned, wanted, stands).await,
            None => Ok(Progress::wait(
                LOOK_AGAIN,
                "a schedule of this name is going",
            )),
        }
    }

    /// One that is as it should be is left alone: an update would begin its rate anew.
    async fn settle(
        &self,
        planned: &TaskSchedulePlan,
        wanted: &Target,
        stands: GetScheduleOutput,
    ) -> Result<Progress<TaskScheduleOutput>, StepError> {
        if is_as_planned(planned, wanted, &stands) {
            return Ok(done(stands.arn.unwrap_or_default()));
        }
        let request = self.0.client.scheduler.update_schedule();
        let request = request
            .name(&planned.name)
            .group_name(&planned.group)
            .schedule_expression(&planned.expression)
            .schedule_expression_timezone("UTC")
            .flexible_time_window(punctually()?)
            .state(ScheduleState::Enabled)
            .target(wanted.clone());
        let sent = request.send();
        match self.0.client.call(Action::UpdateSchedule, sent).await {
            Ok(made) => Ok(done(made.schedule_arn)),
            Err(failed) if failed.is("ResourceNotFoundException") => {
                Ok(Progress::wait(LOOK_AGAIN, "the schedule is going"))
            }
            Err(failed) => Err(failed.into()),
        }
    }
}

fn done(arn: String) -> Progress<TaskScheduleOutput> {
    Progress::Done(TaskScheduleOutput { arn })
}

/// The schedule of this name, if there is one.
pub(in crate::aws) async fn find(
    tools: &Tools,
    group: &str,
    name: &str,
) -> Result<Option<GetScheduleOutput>, StepError> {
    let request = tools.client.scheduler.get_schedule();
    let request = request.name(name).group_name(group);
    match tools.client.call(Action::GetSchedule, request.send()).await {
        Ok(found) => Ok(Some(found)),
        Err(failed) if failed.is("ResourceNotFoundException") => Ok(None),
        Err(failed) => Err(failed.into()),
    }
}

/// Deletes it, or finds that it is gone.
pub(in crate::aws) async fn delete_schedule(
    tools: &Tools,
    group: &str,
    name: &str,
) -> Result<(), StepError> {
    let request = tools.client.scheduler.delete_schedule();
    let request = request.name(name).group_name(group);
    match tools
        .client
        .call(Action::DeleteSchedule, request.send())
        .await
    {
        Ok(_) => Ok(()),
        Err(failed) if failed.is("ResourceNotFoundException") => Ok(()),
        Err(failed) => Err(failed.into()),
    }
}

fn is_as_planned(planned: &TaskSchedulePlan, wanted: &Target, stands: &GetScheduleOutput) -> bool {
    fn task(target: &Target) -> Option<&str> {
        target
            .ecs_parameters()
            .map(EcsParameters::task_definition_arn)
    }
    let same_target = |target: &Target| {
        target.arn() == wanted.arn()
            && target.role_arn() == wanted.role_arn()
            && task(target) == task(wanted)
    };
    stands.state() == Some(&ScheduleState::Enabled)
        && stands.schedule_expression() == Some(planned.expression.as_str())
        && stands.target().is_some_and(same_target)
}

/// The token that makes a repeated create one create.
fn token(ctx: &dyn Ctx, planned: &TaskSchedulePlan) -> String {
    let whole = format!("{}/{}", planned.name, ctx.generation());
    format!(
        "{}-{}",
        ctx.identity().short(),
        SpecId::of(whole.as_bytes())
    )
}
