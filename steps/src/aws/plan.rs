//! What services need, stage by stage: the part of a plan that every template with a URL has.

use tempus_model::{Service as ServiceSpec, Spec, SpecId, Stage, StepId};

use super::names::Names;
use super::options::{AwsOptions, ListenerMode, ListenerOption};
use super::rank;
use super::steps::{
    Condition, Healthy, HealthyPlan, Mesh, Rule, RulePlan, SecurityGroup, SecurityGroupPlan,
    Service, ServicePlan, TargetGroup, TargetGroupPlan, TaskDefinition, TaskDefinitionPlan,
};
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
    let listener = options.listener(&identity.route.listener).ok_or_else(|| {
        StepError::rejected(format!(
            "its route is on the listener \"{}\", which is not configured any more",
            identity.route.listener
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
        groundwork.push(planned::<SecurityGroup>(
            StepId::single(SecurityGroup::KIND),
            &SecurityGroupPlan {
                name: names.security_group(),
            },
        )?);
    }
    for service in &spec.services {
        let name = service.name.as_str();
        let version = version(request, service);
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
    Ok(stages.map(|(rank, steps)| Stage { rank, steps }).into())
}

fn rule(
    request: &PlanRequest<'_>,
    listener: &ListenerOption,
    names: Names,
    service: &ServiceSpec,
    path: &str,
    target_group: &str,
) -> Result<tempus_model::PlannedStep, StepError> {
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
fn version(request: &PlanRequest<'_>, service: &ServiceSpec) -> SpecId {
    let Spec {
        commit_sha,
        services,
        ..
    } = request.spec;
    let siblings: Vec<_> = services.iter().map(|s| (&s.name, s.port)).collect();
    hash(&(service, siblings, commit_sha, &request.identity.route.url))
}

fn hash(of: &impl serde::Serialize) -> SpecId {
    SpecId::of(&serde_json::to_vec(of).unwrap_or_default())
}

fn item(service: &str, version: SpecId) -> String {
    format!("{service}.{}", &version.to_string()[..8])
}

#[cfg(test)]
mod tests {
    use tempus_model::{Access, PasswordHash};

    use super::*;
    use crate::aws::templates;
    use crate::aws::testing::{TestCtx, options, service, spec};
    use crate::template;

    fn plan(ctx: &TestCtx, spec: &Spec) -> Vec<Stage> {
        template::stages(templates::ALL, &options(), &ctx.request(spec)).unwrap()
    }

    fn steps(stages: &[Stage]) -> Vec<(u8, Vec<String>)> {
        let steps = |stage: &Stage| stage.steps.iter().map(|s| s.step.to_string()).collect();
        stages
            .iter()
            .map(|stage| (stage.rank, steps(stage)))
            .collect()
    }

    #[test]
    fn one_service_needs_no_security_group() {
        let ctx = TestCtx::new();
        let stages = plan(&ctx, &spec(vec![service("web", 80, Some("/"))]));
        let kinds: Vec<_> = stages
            .iter()
            .map(|stage| {
                let kinds = stage.steps.iter().map(|step| step.step.kind());
                (stage.rank, kinds.collect::<Vec<_>>().join(" "))
            })
            .collect();
        let expected = [
            (0, "timer"),
            (2, "target-group task-definition"),
            (3, "rule"),
            (4, "service"),
            (5, "healthy"),
        ];
        let expected = expected.map(|(rank, kinds)| (rank, kinds.to_owned()));
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_private_service_is_behind_no_load_balancer() {
        let ctx = TestCtx::new();
        let stages = plan(
            &ctx,
            &spec(vec![service("web", 80, Some("/")), service("db", 81, None)]),
        );
        let steps: Vec<_> = steps(&stages)
            .into_iter()
            .flat_map(|(_, steps)| steps)
            .collect();
        assert!(steps.contains(&"security-group".to_owned()));
        assert!(steps.contains(&"service:db".to_owned()));
        assert!(!steps.iter().any(|step| step.starts_with("target-group:db")));
        assert!(!steps.iter().any(|step| step.starts_with("rule:db")));
    }

    #[test]
    fn the_same_specification_gives_the_same_plan_and_a_new_commit_a_new_definition() {
        let ctx = TestCtx::new();
        let mut spec = spec(vec![service("web", 80, Some("/"))]);
        let text = |stages: &[Stage]| serde_json::to_string(stages).unwrap();
        let first = plan(&ctx, &spec);
        assert_eq!(text(&first), text(&plan(&ctx, &spec)));
        spec.commit_sha = Some("abc".into());
        let second = plan(&ctx, &spec);
        assert_ne!(steps(&first)[1], steps(&second)[1], "another family");
        assert_eq!(
            steps(&first)[2..],
            steps(&second)[2..],
            "the same service, moved"
        );
    }

    #[test]
    fn a_template_that_is_not_there_is_refused_and_never_taken_for_another() {
        let ctx = TestCtx::new();
        let mut spec = spec(vec![service("web", 80, Some("/"))]);
        assert!(template::admit(templates::ALL, &options(), &spec).is_empty());
        spec.template = "api-database".into();
        let planned = template::stages(templates::ALL, &options(), &ctx.request(&spec));
        let error = planned.unwrap_err().to_string();
        assert!(error.contains("no template \"api-database\""), "{error}");
        let refused = template::admit(templates::ALL, &options(), &spec);
        assert_eq!(refused[0].field, "template");
        assert!(
            refused[0].problem.contains("\"api-service\""),
            "{refused:?}"
        );
    }

    #[test]
    fn another_access_is_another_rule_and_the_same_everything_else() {
        let ctx = TestCtx::new();
        let open = spec(vec![service("web", 80, Some("/"))]);
        let plans = [
            Access::Open,
            Access::Link,
            Access::Password(PasswordHash::new("$argon2id$secret".into())),
        ]
        .map(|access| {
            let spec = Spec {
                access,
                ..open.clone()
            };
            let stages = plan(&ctx, &spec);
            let text = serde_json::to_string(&stages).unwrap();
            assert!(!text.contains("secret"), "a row holds the plan: {text}");
            steps(&stages)
        });
        for (one, other) in [(0, 1), (1, 2), (0, 2)] {
            let differ = |rank: u8| {
                let of = |plan: &[(u8, Vec<String>)]| plan.iter().find(|s| s.0 == rank).cloned();
                of(&plans[one]) != of(&plans[other])
            };
            assert_eq!([2, 3, 4, 5].map(differ), [false, true, false, false]);
        }
    }

    #[test]
    fn a_longer_path_is_asked_first() {
        let paths = ["/api/v2/", "/api", "/"].map(priorities);
        for two in paths.windows(2) {
            assert!(two[0].1 < two[1].0);
        }
        assert!(paths[2].1 <= PRIORITIES && priorities(&"/x".repeat(90)).0 == 1);
    }
}
