//! What services need, stage by stage: the part of a plan that every template with a URL has; and
//! what tasks need.

use tempus_model::{
    Autoscale, Identity, PlannedStep, Service as ServiceSpec, Spec, SpecId, Stage, StepId, Template,
};

use super::names::Names;
use super::options::{AwsOptions, Images, ListenerMode, ListenerOption};
use super::rank;
use super::recurrence;
use super::steps::{
    Condition, Healthy, HealthyPlan, LogGroup, LogGroupPlan, Mesh, OwnImages, OwnImagesPlan, Rule,
    RulePlan, Scaling, ScalingPlan, SecurityGroup, SecurityGroupPlan, Service, ServicePlan,
    TargetGroup, TargetGroupPlan, TaskDefinition, TaskDefinitionPlan, TaskRuns, TaskRunsPlan,
    TaskSchedule, TaskSchedulePlan, Tasks,
};
use crate::common::route;
use crate::{PlanRequest, Step, StepError, planned};

/// The highest priority that a rule may have.
const PRIORITIES: u32 = 50_000;
/// One more than the longest path that a service may have.
const LENGTHS: u32 = 129;

/// The stages of the services. `create@1`, `update@1` and `verify@1` differ in what is there already.
pub(super) fn services(
    options: &AwsOptions,
    request: &PlanRequest<'_>,
) -> Result<Vec<Stage>, StepError> {
    let (identity, spec) = (request.identity, request.spec);
    let names = Names {
        installation: request.installation,
        preview: identity.id,
    };
    let route = route(identity)?;
    let listener = options.listener(&route.listener).ok_or_else(|| {
        StepError::rejected(format!(
            "its route is on the listener \"{}\", which is not configured any more",
            route.listener
        ))
    })?;
    let is_mesh = spec.services.len() > 1;
    let private = spec
        .services
        .iter()
        .filter(|service| service.path.is_none());
    let private: Vec<_> = private
        .map(|service| names.service(&service.name))
        .collect();

    let (mut groundwork, mut rules) = (Vec::new(), Vec::new());
    let (mut services, mut healthy) = (Vec::new(), Vec::new());
    if is_mesh {
        groundwork.push(security_group(names)?);
    }
    groundwork.extend(log_group(options, names, spec)?);
    groundwork.extend(images(options, identity)?);
    for service in &spec.services {
        let name = service.name.as_str();
        let version = version(identity, spec, service);
        let family = names.family(&service.name, version);
        let target_group = service
            .path
            .as_ref()
            .map(|_| names.target_group(&service.name));
        if let (Some(path), Some(target_group)) = (&service.path, &target_group) {
            groundwork.push(planned::<TargetGroup>(
                StepId::of(TargetGroup::KIND, name),
                &TargetGroupPlan {
                    name: target_group.clone(),
                    service: service.name.clone(),
                    port: service.port,
                    health_path: service.health_path.clone(),
                },
            )?);
            rules.push(rule(request, listener, names, service, path, target_group)?);
        }
        groundwork.push(planned::<TaskDefinition>(
            StepId::of(TaskDefinition::KIND, &item(name, version)),
            &TaskDefinitionPlan {
                family: family.clone(),
                service: service.name.clone(),
                spec: request.spec_id,
            },
        )?);
        services.push(planned::<Service>(
            StepId::of(Service::KIND, name),
            &ServicePlan {
                name: names.service(&service.name),
                service: service.name.clone(),
                family: family.clone(),
                port: service.port,
                target_group: target_group.clone(),
                mesh: is_mesh.then(|| Mesh {
                    security_group: names.security_group(),
                    dns_name: names.sibling(&service.name),
                    after: match service.path {
                        Some(_) => private.clone(),
                        None => Vec::new(),
                    },
                }),
                wakefulness: request.wakefulness,
                tasks: tasks_of(service),
            },
        )?);
        healthy.push(planned::<Healthy>(
            StepId::of(Healthy::KIND, name),
            &HealthyPlan {
                name: names.service(&service.name),
                service: service.name.clone(),
                family,
                spec: request.spec_id,
                target_group,
            },
        )?);
    }
    let stages = [
        (rank::GROUNDWORK, groundwork),
        (rank::RULE, rules),
        (rank::SERVICE, services),
        (rank::HEALTHY, healthy),
    ];
    let mut stages: Vec<_> = stages.map(|(rank, steps)| Stage { rank, steps }).into();
    stages.extend(scaling(names, spec)?);
    stages.retain(|stage| request.wakefulness.is_awake() || stays(stage));
    Ok(stages)
}

/// What lets a preview's services reach one another, and nobody else.
fn security_group(names: Names) -> Result<PlannedStep, StepError> {
    let name = names.security_group();
    let plan = SecurityGroupPlan { name };
    planned::<SecurityGroup>(StepId::single(SecurityGroup::KIND), &plan)
}

/// Whether a stage is there of what sleeps: what takes no time to have again, and costs nothing. Without
/// its rule the listener's default action gets the requests, which leads to the API: it wakes what is
/// asked for.
const fn stays(stage: &Stage) -> bool {
    matches!(stage.rank, rank::GROUNDWORK | rank::SERVICE)
}

/// The stage of what moves counts, where some follow the load.
fn scaling(names: Names, spec: &Spec) -> Result<Option<Stage>, StepError> {
    let mut steps = Vec::new();
    for service in &spec.services {
        let Some(Autoscale { max, cpu }) = service.autoscale else {
            continue;
        };
        steps.push(planned::<Scaling>(
            StepId::of(Scaling::KIND, service.name.as_str()),
            &ScalingPlan {
                name: names.service(&service.name),
                max,
                cpu,
            },
        )?);
    }
    let rank = rank::SCALING;
    Ok((!steps.is_empty()).then_some(Stage { rank, steps }))
}

/// The log group of a preview that says how long its lines are kept.
fn log_group(
    options: &AwsOptions,
    names: Names,
    spec: &Spec,
) -> Result<Option<PlannedStep>, StepError> {
    let group = spec.log_retention_days.map(|days| {
        planned::<LogGroup>(
            StepId::single(LogGroup::KIND),
            &LogGroupPlan {
                name: names.log_group(&options.log_group),
                days,
            },
        )
    });
    group.transpose()
}

/// What deletes the preview's images at its end, if that is configured. Whatever its services run now:
/// what ran another image before has left some, and an update must not be the end of them.
fn images(options: &AwsOptions, identity: &Identity) -> Result<Option<PlannedStep>, StepError> {
    if options.images == Images::Kept {
        return Ok(None);
    }
    let name = identity.name.clone();
    let plan = OwnImagesPlan { name };
    planned::<OwnImages>(StepId::single(OwnImages::KIND), &plan).map(Some)
}

/// The stages of what is run by a schedule: what is run, and what stops it, before when it is run.
pub(super) fn tasks(
    options: &AwsOptions,
    request: &PlanRequest<'_>,
) -> Result<Vec<Stage>, StepError> {
    let (identity, spec) = (request.identity, request.spec);
    let names = Names {
        installation: request.installation,
        preview: identity.id,
    };
    let lacking = |what: &str| StepError::rejected(format!("{what} any more"));
    let schedules = options.schedules.as_ref();
    let schedules = schedules.ok_or_else(|| lacking("ecs.schedule_role_arn is not configured"))?;
    let timetable = spec.schedule.as_ref().and_then(|of| of.timetable().ok());
    let timetable = timetable.ok_or_else(|| lacking("its schedule cannot be read"))?;
    let expression = recurrence::expression(&timetable).map_err(StepError::rejected)?;
    let (mut groundwork, mut schedule) = (Vec::new(), Vec::new());
    groundwork.extend(log_group(options, names, spec)?);
    groundwork.extend(images(options, identity)?);
    for service in &spec.services {
        let version = version(identity, spec, service);
        let family = names.family(&service.name, version);
        let item = item(service.name.as_str(), version);
        groundwork.push(planned::<TaskDefinition>(
            StepId::of(TaskDefinition::KIND, &item),
            &TaskDefinitionPlan {
                family: family.clone(),
                service: service.name.clone(),
                spec: request.spec_id,
            },
        )?);
        groundwork.push(planned::<TaskRuns>(
            StepId::of(TaskRuns::KIND, &item),
            &TaskRunsPlan {
                family: family.clone(),
                service: service.name.clone(),
            },
        )?);
        schedule.push(planned::<TaskSchedule>(
            StepId::of(TaskSchedule::KIND, service.name.as_str()),
            &TaskSchedulePlan {
                name: names.schedule(),
                group: schedules.group.clone(),
                expression: expression.clone(),
                family,
                role: schedules.role_arn.clone(),
            },
        )?);
    }
    let stages = [(rank::GROUNDWORK, groundwork), (rank::SERVICE, schedule)];
    Ok(stages.map(|(rank, steps)| Stage { rank, steps }).into())
}

/// How many tasks a service has; one needs no word.
fn tasks_of(service: &ServiceSpec) -> Option<Tasks> {
    match (service.autoscale, service.replicas()) {
        (Some(_), _) => Some(Tasks::ByLoad),
        (None, 1) => None,
        (None, count) => Some(Tasks::Fixed(count)),
    }
}

fn rule(
    request: &PlanRequest<'_>,
    listener: &ListenerOption,
    names: Names,
    service: &ServiceSpec,
    path: &str,
    target_group: &str,
) -> Result<PlannedStep, StepError> {
    let identity = request.identity;
    let condition = match &listener.mode {
        ListenerMode::Host { domain } => {
            Condition::host(format!("{}.{domain}", identity.name), path)
        }
        ListenerMode::Path => Condition::prefix(&format!("/preview-{}", identity.short()), path),
    };
    // What is asked cannot be changed without asking both for a while: another condition is
    // another rule, and the old one goes when the new one stands.
    let access = &request.spec.access;
    let access = (!access.is_open()).then(|| access.version());
    let version = match access {
        None => hash(&(&listener.listener_arn, &condition)),
        Some(access) => hash(&(&listener.listener_arn, &condition, access)),
    };
    let item = item(service.name.as_str(), version);
    planned::<Rule>(
        StepId::of(Rule::KIND, &item),
        &RulePlan {
            name: names.rule(&item.replace('.', "-")),
            service: service.name.clone(),
            listener: listener.listener_arn.clone(),
            target_group: target_group.to_owned(),
            condition,
            access,
            pool: format!("priority/{}", listener.name),
            priorities: priorities(path),
        },
    )
}

/// The priorities of rules for a path of this length: `/api/v2` is asked before `/api`, and that
/// before `/`. Only rules of one preview can be about the same request.
fn priorities(path: &str) -> (u32, u32) {
    let length = u32::try_from(path.trim_end_matches('/').len()).unwrap_or(LENGTHS);
    let place = LENGTHS - 1 - length.min(LENGTHS - 1);
    let each = PRIORITIES / LENGTHS;
    (place * each + 1, (place + 1) * each)
}

/// What a service runs, and for which commit: a tag such as `pr-12` may name another image by
/// then, which only a new task definition makes ECS pull. A sibling's port is in its environment.
pub(super) fn version(identity: &Identity, spec: &Spec, service: &ServiceSpec) -> SpecId {
    let Spec {
        commit_sha,
        services,
        ..
    } = spec;
    let siblings: Vec<_> = services.iter().map(|s| (&s.name, s.port)).collect();
    // How many of them run is the service's, not theirs.
    let service = &ServiceSpec {
        replicas: None,
        autoscale: None,
        ..service.clone()
    };
    let url = identity.url();
    // Where it logs, and that it is told of a database, is a part of what it runs.
    let logs = spec.log_retention_days.map(|_| "logs");
    let database = spec.is_of(Template::ApiDatabase).then_some("database");
    let more: Vec<_> = logs.into_iter().chain(database).collect();
    if more.is_empty() {
        return hash(&(service, siblings, commit_sha, url));
    }
    hash(&(service, siblings, commit_sha, url, more))
}

fn hash(of: &impl serde::Serialize) -> SpecId {
    SpecId::of(&serde_json::to_vec(of).unwrap_or_default())
}

pub(super) fn item(service: &str, version: SpecId) -> String {
    format!("{service}.{}", &version.to_string()[..8])
}

#[cfg(test)]
mod tests;
