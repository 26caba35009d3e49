//! The schedule group, and the recurring sweep in it.

use std::time::Duration;

use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::create_schedule_group::CreateScheduleGroupError;
use aws_sdk_scheduler::types::{ScheduleState, Target};
use tempus_model::Hint;

use super::super::client::Clients;
use super::super::error::{AwsError, Fault};
use super::super::timer::{Post, punctually, token};

/// The name of the recurring schedule within its group.
const SWEEP: &str = "sweep";

/// Makes the group and the sweep, or sets what the sweep should be.
pub(super) async fn make(
    clients: &Clients,
    group: &str,
    post: &Post,
    every: Duration,
) -> Result<(), AwsError> {
    let scheduler = &clients.scheduler;
    let made = scheduler
        .create_schedule_group()
        .name(group)
        .client_token(token(group))
        .send()
        .await;
    if let Err(error) = made
        && !error
            .as_service_error()
            .is_some_and(CreateScheduleGroupError::is_conflict_exception)
    {
        return Err(AwsError::call("CreateScheduleGroup")(error));
    }
    let built = |fault: Fault| AwsError::Call {
        call: "CreateSchedule",
        detail: fault.to_string(),
    };
    let target: Target = post.hint(&Hint::Sweep).map_err(built)?;
    let window = punctually().map_err(built)?;
    let expression = rate(every);
    let created = scheduler
        .create_schedule()
        .name(SWEEP)
        .group_name(group)
        .client_token(token(&format!("{SWEEP}-{group}")))
        .schedule_expression(&expression)
        .flexible_time_window(window.clone())
        .state(ScheduleState::Enabled)
        .target(target.clone())
        .send()
        .await;
    match created {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(CreateScheduleError::is_conflict_exception) =>
        {
            scheduler
                .update_schedule()
                .name(SWEEP)
                .group_name(group)
                .schedule_expression(expression)
                .flexible_time_window(window)
                .state(ScheduleState::Enabled)
                .target(target)
                .send()
                .await
                .map_err(AwsError::call("UpdateSchedule"))?;
            Ok(())
        }
        Err(error) => Err(AwsError::call("CreateSchedule")(error)),
    }
}

/// The scheduler counts in whole minutes.
fn rate(every: Duration) -> String {
    match every.as_secs().div_ceil(60).max(1) {
        1 => "rate(1 minute)".to_owned(),
        minutes => format!("rate({minutes} minutes)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_in_minutes() {
        assert_eq!(rate(Duration::ZERO), "rate(1 minute)");
        assert_eq!(rate(Duration::from_secs(61)), "rate(2 minutes)");
    }
}
