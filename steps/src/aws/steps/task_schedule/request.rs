//! What the scheduler is asked for.

use aws_sdk_scheduler::error::BuildError;
use aws_sdk_scheduler::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, EcsParameters,
    FlexibleTimeWindow, FlexibleTimeWindowMode, LaunchType, NetworkConfiguration, PropagateTags,
    RetryPolicy, Target,
};

use super::TaskSchedulePlan;
use crate::StepError;
use crate::aws::options::{Capacity, Exec, PublicIp};
use crate::aws::steps::Tools;

/// How long a task that could not be started is tried again, in seconds: the least that AWS takes.
/// What comes later would come into the next run, or after the schedule's end.
const LATE: i32 = 60;

/// Which task is run, and where.
pub(super) fn wanted(
    tools: &Tools,
    planned: &TaskSchedulePlan,
    definition: &str,
) -> Result<Target, StepError> {
    target(tools, planned, definition)
        .map_err(|error| StepError::rejected(format!("the schedule: {error}")))
}

fn target(
    tools: &Tools,
    planned: &TaskSchedulePlan,
    definition: &str,
) -> Result<Target, BuildError> {
    let options = &tools.options;
    let groups = &options.security_groups;
    let network = AwsVpcConfiguration::builder()
        .set_subnets(Some(options.subnets.clone()))
        .set_security_groups((!groups.is_empty()).then(|| groups.clone()))
        .assign_public_ip(match options.assign_public_ip {
            PublicIp::Yes => AssignPublicIp::Enabled,
            PublicIp::No => AssignPublicIp::Disabled,
        });
    let network = NetworkConfiguration::builder().awsvpc_configuration(network.build()?);
    let task = EcsParameters::builder()
        .task_definition_arn(definition)
        .task_count(1)
        .network_configuration(network.build())
        .enable_execute_command(options.exec == Exec::Allowed)
        .propagate_tags(PropagateTags::TaskDefinition);
    let task = match options.capacity {
        Capacity::Fargate => task.launch_type(LaunchType::Fargate),
        Capacity::FargateSpot => task.capacity_provider_strategy(
            CapacityProviderStrategyItem::builder()
                .capacity_provider("FARGATE_SPOT")
                .weight(1)
                .build()?,
        ),
    };
    let retries = RetryPolicy::builder()
        .maximum_event_age_in_seconds(LATE)
        .maximum_retry_attempts(1);
    Target::builder()
        .arn(cluster_arn(&options.cluster, definition))
        .role_arn(&planned.role)
        .ecs_parameters(task.build()?)
        .retry_policy(retries.build())
        .build()
}

/// Fires when it says, as exactly as it can.
pub(super) fn punctually() -> Result<FlexibleTimeWindow, StepError> {
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
    let window = window.build();
    window.map_err(|error| StepError::rejected(format!("the schedule: {error}")))
}

/// The cluster's ARN: a task definition's is of the same account and region.
fn cluster_arn(cluster: &str, definition: &str) -> String {
    match definition.split_once(":task-definition/") {
        Some((account, _)) if !cluster.starts_with("arn:") => {
            format!("{account}:cluster/{cluster}")
        }
        _ => cluster.to_owned(),
    }
}
