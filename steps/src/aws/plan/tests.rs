//! What is planned for what is asked.

use tempus_model::{Access, PasswordHash};

use super::*;
use crate::aws::templates;
use crate::aws::testing::{TestCtx, options, service, spec, worker};
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
fn what_is_scaled_and_what_has_a_group_of_its_own_has_steps_for_it() {
    let ctx = TestCtx::new();
    let mut asked = spec(vec![service("web", 80, Some("/"))]);
    let before = steps(&plan(&ctx, &asked));
    asked.services[0].autoscale = Some(Autoscale { max: 4, cpu: 60 });
    let scaled = steps(&plan(&ctx, &asked));
    assert_eq!(scaled[..before.len()], before, "the same service");
    assert_eq!(
        scaled[before.len()..],
        [(6, vec!["scaling:web".to_owned()])]
    );
    asked.log_retention_days = Some(3);
    let logs = steps(&plan(&ctx, &asked));
    assert!(logs[1].1.contains(&"log-group".to_owned()), "{logs:?}");
    assert_ne!(logs[1].1.last(), scaled[1].1.last(), "it logs elsewhere");
    asked.log_retention_days = Some(7);
    assert_eq!(
        steps(&plan(&ctx, &asked)),
        logs,
        "the same group, for longer"
    );
}

#[test]
fn images_are_deleted_where_it_is_configured_and_no_plan_changes_elsewhere() {
    let ctx = TestCtx::new();
    let (mut kept, mut asked) = (options(), spec(vec![service("web", 80, Some("/"))]));
    kept.images = Images::Kept;
    let mut deleted = kept.clone();
    deleted.images = Images::Deleted;
    let plan = |options: &AwsOptions, spec: &Spec| {
        template::stages(templates::ALL, options, &ctx.request(spec)).unwrap()
    };
    let images = |stages: &[Stage]| {
        let found = stages[1].steps.iter().find(|s| s.step.kind() == "images");
        found.map(|step| step.planned.as_ref().unwrap().get().to_owned())
    };
    let first = plan(&deleted, &asked);
    let planned = images(&first).unwrap();
    assert_eq!(planned, format!(r#"{{"name":"{}"}}"#, ctx.identity.name));
    assert_eq!(first[1].rank, 2, "removed after all that runs");
    let mut without = first.clone();
    without[1].steps.retain(|step| step.step.kind() != "images");
    let as_text = |stages: &[Stage]| serde_json::to_string(stages).unwrap();
    assert_eq!(as_text(&without), as_text(&plan(&kept, &asked)));
    // Another image is another plan, and the same step.
    asked.services[0].image = Some("nginx".to_owned());
    assert_eq!(images(&plan(&deleted, &asked)), Some(planned.clone()));
    let mut ctx = ctx;
    ctx.identity.route = None;
    let task = template::stages(templates::ALL, &deleted, &ctx.request(&worker("0 3 * * *")));
    assert_eq!(images(&task.unwrap()), Some(planned));
}

#[test]
fn how_many_run_is_the_services_and_no_other_version() {
    let ctx = TestCtx::new();
    let one = spec(vec![service("web", 80, Some("/"))]);
    let mut three = one.clone();
    three.services[0].set_replicas(3);
    let (first, second) = (plan(&ctx, &one), plan(&ctx, &three));
    assert_eq!(steps(&first), steps(&second));
    let planned = |stages: &[Stage]| {
        let step = &stages.iter().find(|stage| stage.rank == 4).unwrap().steps[0];
        step.planned.as_ref().unwrap().get().to_owned()
    };
    assert!(!planned(&first).contains("tasks"), "as it was before");
    assert!(planned(&second).contains(r#""tasks":{"fixed":3}"#));
}

#[test]
fn a_scheduled_worker_is_behind_nothing() {
    let mut ctx = TestCtx::new();
    ctx.identity.route = None;
    let worker = worker("0 3 * * *");
    let stages = plan(&ctx, &worker);
    let kinds = stages.iter().flat_map(|stage| &stage.steps);
    let kinds: Vec<_> = kinds.map(|step| step.step.kind()).collect();
    assert_eq!(
        kinds,
        ["timer", "task-definition", "task-runs", "task-schedule"]
    );
    let family = |spec: &Spec| steps(&plan(&ctx, spec))[1].clone();
    let mut later = worker.clone();
    later.schedule = Some("0 4 * * *".parse().unwrap());
    assert_eq!(
        family(&worker),
        family(&later),
        "the same task, at another time"
    );
    later.services[0].image = Some("registry/app:2".into());
    assert_ne!(family(&worker), family(&later));
    // What has no route cannot be given one.
    let routed = spec(vec![service("web", 80, Some("/"))]);
    let planned = template::stages(templates::ALL, &options(), &ctx.request(&routed));
    assert!(planned.unwrap_err().to_string().contains("without a URL"));
}

#[test]
fn what_aws_cannot_schedule_is_refused_by_field() {
    let fields = |options: &AwsOptions, schedule: &str| {
        let refused = template::admit(templates::ALL, options, &worker(schedule));
        refused
            .into_iter()
            .map(|error| error.field)
            .collect::<Vec<_>>()
    };
    assert!(fields(&options(), "0 3 * * 1-5").is_empty());
    assert_eq!(fields(&options(), "0 3 1 * 1"), ["schedule"]);
    let without = AwsOptions {
        schedules: None,
        ..options()
    };
    assert_eq!(fields(&without, "rate(1 hour)"), ["template"]);
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

/// What a preview costs is counted by these steps.
#[test]
fn each_service_is_one_step_that_runs_something() {
    let ctx = TestCtx::new();
    let stages = plan(
        &ctx,
        &spec(vec![service("web", 80, Some("/")), service("db", 81, None)]),
    );
    let steps = stages.iter().flat_map(|stage| &stage.steps);
    let running = steps.filter(|planned| planned.step.runs());
    let running: Vec<_> = running.map(|planned| planned.step.to_string()).collect();
    assert_eq!(running, ["service:web", "service:db"]);
}

#[test]
fn a_template_that_is_not_there_is_refused_and_never_taken_for_another() {
    let ctx = TestCtx::new();
    let mut spec = spec(vec![service("web", 80, Some("/"))]);
    assert!(template::admit(templates::ALL, &options(), &spec).is_empty());
    spec.template = "api-mainframe".into();
    let planned = template::stages(templates::ALL, &options(), &ctx.request(&spec));
    let error = planned.unwrap_err().to_string();
    assert!(error.contains("no template \"api-mainframe\""), "{error}");
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
