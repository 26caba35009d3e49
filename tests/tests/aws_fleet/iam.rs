//! What a role's processes call, against what `docs/iam.md` says that the role needs.

use std::collections::{BTreeMap, BTreeSet};

use tempus_engine::aws::Role;
use tempus_tests::aws::{Allowed, allowed};

/// Calls that a run in which nothing goes wrong at the wrong moment need not make.
const OCCASIONAL: &[&str] = &[
    // An alarm that stands for another time than the row's, or one that is there already.
    "scheduler.GetSchedule",
    "scheduler.UpdateSchedule",
    // Something of the same name that is not as it should be.
    "elb.ModifyTargetGroup",
    "elb.ModifyRule",
    "ecs.DescribeTaskDefinition",
    // Why a task does not start.
    "ecs.ListTasks",
    "ecs.DescribeTasks",
    // Previews of pull requests: a worker creates those.
    "dynamodb.TransactWriteItems",
    // Whether anybody uses a preview that sleeps when nobody does.
    "cloudwatch.GetMetricData",
    // Of previews with a database alone.
    "ssm.PutParameter",
    "ssm.DescribeParameters",
    "ssm.DeleteParameter",
    // What a scheduled worker's task still runs.
    "ecs.StopTask",
    // What previews ask for that are not these: a count by load, a log group of their own.
    "scaling.RegisterScalableTarget",
    "scaling.PutScalingPolicy",
    "scaling.DeregisterScalableTarget",
    "logs.CreateLogGroup",
    "logs.PutRetentionPolicy",
    "logs.DeleteLogGroup",
    // Where images go with their previews.
    "ecr.ListImages",
    "ecr.BatchDeleteImage",
    // The front end reads them.
    "logs.FilterLogEvents",
];

/// Holds the calls of a role's processes against its table, in both directions.
pub fn hold(role: &str, made: &BTreeSet<String>) {
    let allowed = allowed();
    let table: BTreeSet<_> = allowed[role].keys().cloned().collect();
    let forbidden: Vec<_> = made.difference(&table).collect();
    assert_eq!(forbidden, Vec::<&String>::new(), "not in {role}'s table");
    let unused: Vec<_> = table
        .difference(made)
        .filter(|call| !OCCASIONAL.contains(&call.as_str()))
        .collect();
    assert_eq!(unused, Vec::<&String>::new(), "{role} does not call these");
}

#[test]
fn the_tables_are_the_programs_own_lists() {
    assert_eq!(allowed(), own());
}

/// What Terraform's policies are written from.
#[test]
fn terraform_knows_the_same_calls() {
    let text = include_str!("../../../terraform/modules/roles/calls.json");
    let listed: Allowed = serde_json::from_str(text).unwrap();
    for (role, calls) in listed {
        let own = own().remove(&role).unwrap_or_default();
        // It names the engine's calls with their service, the platform's without.
        let operation = |call: &str| call.rsplit('.').next().unwrap_or(call).to_owned();
        let own: BTreeMap<_, _> = own
            .iter()
            .map(|(call, iam)| (operation(call), iam))
            .collect();
        let listed: BTreeMap<_, _> = calls
            .iter()
            .map(|(call, iam)| (operation(call), iam))
            .collect();
        assert_eq!(listed, own, "{role}");
    }
}

/// The lists that the program's clients are made from.
fn own() -> Allowed {
    let mut own = Allowed::new();
    for action in tempus_engine::aws::actions() {
        let (service, operation) = action.operation.split_once('.').expect("service.Operation");
        for role in action.roles {
            let role = match role {
                Role::Api => "api",
                Role::Worker => "worker",
                Role::Bootstrap => "bootstrap",
            };
            let call = format!("{}.{operation}", service.to_lowercase());
            add(&mut own, role, call, action.iam);
        }
    }
    for action in tempus_steps::aws::actions() {
        let (service, _) = action.iam[0].split_once(':').expect("service:Action");
        let service = match service {
            "elasticloadbalancing" => "elb",
            "tag" => "tagging",
            "application-autoscaling" => "scaling",
            other => other,
        };
        let call = format!("{service}.{}", action.operation);
        // The one call of the platform's that the front end makes.
        if action.operation == "FilterLogEvents" {
            add(&mut own, "api", call.clone(), action.iam);
        }
        add(&mut own, "worker", call, action.iam);
    }
    own
}

fn add(to: &mut Allowed, role: &str, call: String, iam: &[&str]) {
    let actions = iam.iter().map(|action| (*action).to_owned()).collect();
    let calls: &mut BTreeMap<_, _> = to.entry(role.to_owned()).or_default();
    calls.insert(call, actions);
}
