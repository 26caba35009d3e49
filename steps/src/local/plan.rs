//! What services need, stage by stage: the part of a plan that every template with a URL has; and
//! what tasks need.

use tempus_model::{Service, Stage, StepId, Wakefulness, resource_name};

use super::checkout::CheckOut;
use super::health::{Healthy, HealthyPlan};
use super::ports::{Ports, PortsPlan};
use super::rank;
use super::route::{RoutePlan, RouteStep, RoutedService};
use super::service::{Process, ProcessPlan};
use super::task::{Task, TaskPlan};
use crate::common::route;
use crate::{PlanRequest, Step, StepError, planned};

/// The longest name that a resource folder is given.
const LONGEST_NAME: usize = 63;

/// The stages of the services. `create@1`, `update@1` and `verify@1` differ in what is there already.
pub(super) fn services(request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    route(request.identity)?;
    // Of what runs: another access moves the route and restarts nothing.
    let program = request.spec.program().to_string();
    let version = &program[..8];
    let services = &request.spec.services;
    let sleeps = request.wakefulness == Wakefulness::Asleep;
    let items = services
        .iter()
        .flat_map(|service| replicas(service).map(move |replica| item(service, version, replica)));

    let ports = planned::<Ports>(
        StepId::of(Ports::KIND, version),
        &PortsPlan {
            items: items.collect(),
        },
    )?;
    let (mut processes, mut healthy, mut routed) = (Vec::new(), Vec::new(), Vec::new());
    for service in services {
        for replica in replicas(service) {
            let item = item(service, version, replica);
            let part = item.replace('.', "-");
            let name = resource_name(
                request.installation,
                request.identity.id,
                &part,
                LONGEST_NAME,
            );
            processes.push(planned::<Process>(
                StepId::of(Process::KIND, &item),
                &ProcessPlan {
                    name: name.clone(),
                    service: service.name.clone(),
                    spec: request.spec_id,
                    version: version.to_owned(),
                    replica,
                },
            )?);
            healthy.push(planned::<Healthy>(
                StepId::of(Healthy::KIND, &item),
                &HealthyPlan {
                    process: name,
                    port_item: item.clone(),
                    path: service.health_path.clone(),
                },
            )?);
            if let Some(path) = &service.path {
                routed.push(RoutedService {
                    path: path.clone(),
                    port_item: item,
                });
            }
        }
    }
    let route = planned::<RouteStep>(
        StepId::single(RouteStep::KIND),
        &RoutePlan {
            name: request.identity.name.clone(),
            short: request.identity.short(),
            access: (!request.spec.access.is_open()).then_some(request.spec_id),
            asleep: request.spec.sleep.filter(|_| sleeps),
            services: routed,
        },
    )?;

    let mut stages = vec![Stage {
        rank: rank::PORTS,
        steps: vec![ports],
    }];
    // A build is told the ports, as the services are.
    stages.extend(checkout(request, version)?);
    stages.extend([
        Stage {
            rank: rank::PROCESS,
            steps: processes,
        },
        Stage {
            rank: rank::HEALTHY,
            steps: healthy,
        },
        Stage {
            rank: rank::ROUTE,
            steps: vec![route],
        },
    ]);
    // What sleeps keeps its ports, its checkout and its route, and whatever else is made for it; nothing
    // runs.
    stages.retain(|stage| !sleeps || !matches!(stage.rank, rank::PROCESS | rank::HEALTHY));
    Ok(stages)
}

/// The stage of the checkout, where there is one.
fn checkout(request: &PlanRequest<'_>, version: &str) -> Result<Option<Stage>, StepError> {
    let checkout = CheckOut::plan(request, version)?;
    Ok(checkout.map(|checkout| Stage {
        rank: rank::CHECKOUT,
        steps: vec![checkout],
    }))
}

/// Which of a service's processes there are: the first bears no number, as if it was the only one.
/// How many run by load is a question of machines, of which there is one: one runs.
fn replicas(service: &Service) -> impl Iterator<Item = Option<u32>> + use<> {
    std::iter::once(None).chain((2..=service.replicas()).map(Some))
}

/// What one of a service's processes is called, and the item that its port is reserved for.
pub(super) fn item(service: &Service, version: &str, replica: Option<u32>) -> String {
    match replica {
        None => format!("{}.{version}", service.name),
        Some(replica) => format!("{}.{version}.{replica}", service.name),
    }
}

/// The stages of what is run by a schedule.
pub(super) fn tasks(request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    let program = request.spec.program().to_string();
    let mut stages: Vec<_> = checkout(request, &program[..8])?.into_iter().collect();
    let tasks = request.spec.services.iter().map(|service| {
        let part = service.name.as_str();
        let name = resource_name(
            request.installation,
            request.identity.id,
            part,
            LONGEST_NAME,
        );
        planned::<Task>(
            StepId::of(Task::KIND, part),
            &TaskPlan {
                name,
                service: service.name.clone(),
                spec: request.spec_id,
            },
        )
    });
    stages.push(Stage {
        rank: rank::PROCESS,
        steps: tasks.collect::<Result<_, _>>()?,
    });
    Ok(stages)
}
