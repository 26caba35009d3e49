//! What ECS is asked for: the parts of a service.

use aws_sdk_ecs::operation::create_service::builders::CreateServiceFluentBuilder;
use aws_sdk_ecs::operation::update_service::builders::UpdateServiceFluentBuilder;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, DeploymentCircuitBreaker,
    DeploymentConfiguration, LaunchType, LoadBalancer, NetworkConfiguration, PropagateTags,
    ServiceConnectClientAlias, ServiceConnectConfiguration, ServiceConnectService, Tag,
};

use tempus_model::Wakefulness;

use super::{Mesh, ServicePlan, Tasks, Tools};
use crate::Ctx;
use crate::aws::options::{Capacity, Exec, PublicIp};

/// What was made for a service before it.
pub(super) struct Attached {
    /// The target group's ARN.
    pub(super) target_group: Option<String>,
    /// The security group's id.
    pub(super) security_group: Option<String>,
}

pub(super) fn create(
    tools: &Tools,
    ctx: &dyn Ctx,
    planned: &ServicePlan,
    attached: &Attached,
) -> CreateServiceFluentBuilder {
    let options = &tools.options;
    let tags = tools.tags(ctx, &planned.name, Some(planned.service.as_str()));
    let tags = tags
        .iter()
        .map(|(k, v)| Tag::builder().key(k).value(v).build());
    let request = tools.client.ecs.create_service();
    let request = request
        .cluster(&options.cluster)
        .service_name(&planned.name)
        // The family's newest revision; all of them are alike.
        .task_definition(&planned.family)
        .desired_count(desired(planned).unwrap_or(1))
        .deployment_configuration(deployment())
        .network_configuration(network(tools, planned, attached))
        .set_load_balancers(load_balancers(planned, attached))
        .set_service_connect_configuration(mesh(tools, planned))
        .set_health_check_grace_period_seconds(grace(tools, attached))
        .enable_execute_command(options.exec == Exec::Allowed)
        .propagate_tags(PropagateTags::Service)
        .set_tags(Some(tags.collect()));
    match options.capacity {
        Capacity::Fargate => request.launch_type(LaunchType::Fargate),
        Capacity::FargateSpot => request.set_capacity_provider_strategy(spot()),
    }
}

/// What an update changes that is not seen in what is planned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    /// The container's port, which only the load balancers' setting tells.
    pub(super) moved: bool,
    /// It slept, and shall run. More tasks alone are no deployment: the one before stays completed, and
    /// says nothing about the new task. Another one is held against its load balancer.
    pub(super) wakes: bool,
}

pub(super) fn update(
    tools: &Tools,
    planned: &ServicePlan,
    attached: &Attached,
    change: Change,
) -> UpdateServiceFluentBuilder {
    let options = &tools.options;
    let request = tools.client.ecs.update_service();
    // How many its load asks for is seen when it runs: one that wakes begins with one.
    let count = desired(planned).or(change.wakes.then_some(1));
    let request = request
        .cluster(&options.cluster)
        .service(&planned.name)
        .task_definition(&planned.family)
        .set_desired_count(count)
        .set_force_new_deployment(change.wakes.then_some(true))
        .deployment_configuration(deployment())
        .network_configuration(network(tools, planned, attached))
        .set_service_connect_configuration(mesh(tools, planned))
        .enable_execute_command(options.exec == Exec::Allowed);
    let balancers = load_balancers(planned, attached).filter(|_| change.moved);
    let grace = grace(tools, attached).filter(|_| change.moved);
    request
        .set_load_balancers(balancers)
        .set_health_check_grace_period_seconds(grace)
}

/// How many tasks it shall have, where that is settled: none while it sleeps.
fn desired(planned: &ServicePlan) -> Option<i32> {
    match (planned.wakefulness, planned.tasks) {
        (Wakefulness::Asleep, _) => Some(0),
        (Wakefulness::Awake, None) => Some(1),
        (Wakefulness::Awake, Some(Tasks::Fixed(count))) => i32::try_from(count).ok(),
        (Wakefulness::Awake, Some(Tasks::ByLoad)) => None,
    }
}

/// Tasks, each replaced by starting the new one first; what cannot be started is rolled back by ECS
/// itself. (At a desired count of 1 the circuit breaker gives up after three failures.)
fn deployment() -> DeploymentConfiguration {
    let breaker = DeploymentCircuitBreaker::builder()
        .enable(true)
        .rollback(true);
    DeploymentConfiguration::builder()
        .deployment_circuit_breaker(breaker.build())
        .minimum_healthy_percent(100)
        .maximum_percent(200)
        .build()
}

/// A private service is reached by its siblings only; a public one by the load balancers too.
fn network(tools: &Tools, planned: &ServicePlan, attached: &Attached) -> NetworkConfiguration {
    let options = &tools.options;
    let mut groups: Vec<_> = attached.security_group.iter().cloned().collect();
    if planned.target_group.is_some() {
        groups.extend(options.security_groups.iter().cloned());
    }
    let config = AwsVpcConfiguration::builder()
        .set_subnets(Some(options.subnets.clone()))
        .set_security_groups((!groups.is_empty()).then_some(groups))
        .assign_public_ip(match options.assign_public_ip {
            PublicIp::Yes => AssignPublicIp::Enabled,
            PublicIp::No => AssignPublicIp::Disabled,
        });
    // Fails only without subnets, and they are set.
    let network = NetworkConfiguration::builder().set_awsvpc_configuration(config.build().ok());
    network.build()
}

fn load_balancers(planned: &ServicePlan, attached: &Attached) -> Option<Vec<LoadBalancer>> {
    let target_group = attached.target_group.as_ref()?;
    let balancer = LoadBalancer::builder()
        .target_group_arn(target_group)
        .container_name(planned.service.as_str())
        .container_port(i32::from(planned.port));
    Some(vec![balancer.build()])
}

/// Only a service behind a load balancer may be given a grace period.
fn grace(tools: &Tools, attached: &Attached) -> Option<i32> {
    attached.target_group.as_ref()?;
    i32::try_from(tools.options.health_grace.as_secs()).ok()
}

/// The namespace is shared by all previews: names in it carry the preview's short id.
fn mesh(tools: &Tools, planned: &ServicePlan) -> Option<ServiceConnectConfiguration> {
    let Mesh { dns_name, .. } = planned.mesh.as_ref()?;
    let alias = ServiceConnectClientAlias::builder()
        .port(i32::from(planned.port))
        .dns_name(dns_name);
    let service = ServiceConnectService::builder()
        .port_name(planned.service.as_str())
        .discovery_name(dns_name)
        .client_aliases(alias.build().ok()?);
    let config = ServiceConnectConfiguration::builder()
        .enabled(true)
        .set_namespace(tools.options.service_connect_namespace.clone())
        .services(service.build().ok()?);
    Some(config.build())
}

fn spot() -> Option<Vec<CapacityProviderStrategyItem>> {
    let spot = CapacityProviderStrategyItem::builder()
        .capacity_provider("FARGATE_SPOT")
        .weight(1);
    Some(vec![spot.build().ok()?])
}
