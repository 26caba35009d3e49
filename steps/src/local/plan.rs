//! What services need, stage by stage: the part of a plan that every template with a URL has.

use tempus_model::{Stage, StepId, resource_name};

use super::health::{Healthy, HealthyPlan};
use super::ports::{Ports, PortsPlan};
use super::rank;
use super::route::{RoutePlan, RouteStep, RoutedService};
use super::service::{Process, ProcessPlan};
use crate::{PlanRequest, Step, StepError, planned};

/// The longest name that a resource folder is given.
const LONGEST_NAME: usize = 63;

/// The stages of the services. `create@1`, `update@1` and `verify@1` differ in what is there already.
pub(super) fn services(request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    // Of what runs: another access moves the route and restarts nothing.
    let program = request.spec.program().to_string();
    let version = &program[..8];
    let item = |service: &str| format!("{service}.{version}");
    let services = &request.spec.services;

    let ports = planned::<Ports>(
        StepId::of(Ports::KIND, version),
        &PortsPlan {
            items: services.iter().map(|s| item(s.name.as_str())).collect(),
        },
    )?;
    let (mut processes, mut healthy, mut routed) = (Vec::new(), Vec::new(), Vec::new());
    for service in services {
        let item = item(service.name.as_str());
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
    let route = planned::<RouteStep>(
        StepId::single(RouteStep::KIND),
        &RoutePlan {
            name: request.identity.name.clone(),
            short: request.identity.short(),
            access: (!request.spec.access.is_open()).then_some(request.spec_id),
            services: routed,
        },
    )?;

    Ok(vec![
        Stage {
            rank: rank::PORTS,
            steps: vec![ports],
        },
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
    ])
}
