//! Terraform gives the program its configuration: by keys that it knows, and with values that it
//! takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{keys, tempus, text, variable};

/// What Terraform sets, and what a value of it looks like. What takes one of a few words is in
/// Terraform itself.
const LIKE: &[(&str, &str)] = &[
    ("api.listen", "0.0.0.0:8080"),
    ("api.names", "api.previews.example.com"),
    ("api.trusted_proxies", "10.0.1.0/24, 10.0.4.0/24"),
    ("aws.credentials", "ambient"),
    (
        "aws.dead_letter_url",
        "https://sqs.eu-west-1.amazonaws.com/111122223333/tempus-hints-dead",
    ),
    (
        "aws.queue_url",
        "https://sqs.eu-west-1.amazonaws.com/111122223333/tempus-hints",
    ),
    ("aws.region", "eu-west-1"),
    ("aws.schedule_group", "tempus"),
    (
        "aws.schedule_role_arn",
        "arn:aws:iam::111122223333:role/tempus-scheduler",
    ),
    ("aws.table", "tempus"),
    ("ecs.capacity", "fargate_spot"),
    ("ecs.cluster", "tempus"),
    ("ecs.cost_center", "tempus"),
    ("ecs.delete_images", "yes"),
    ("ecs.exec", "no"),
    (
        "ecs.execution_role_arn",
        "arn:aws:iam::111122223333:role/tempus-previews-execution",
    ),
    ("ecs.listeners", LISTENERS),
    ("ecs.log_group", "/tempus/dev/previews"),
    ("ecs.processes", "8"),
    ("ecs.public_ip", "no"),
    ("ecs.schedule_group", "tempus-tasks"),
    (
        "ecs.schedule_role_arn",
        "arn:aws:iam::111122223333:role/tempus-tasks",
    ),
    ("ecs.security_groups", "sg-0a1b"),
    ("ecs.service_connect_namespace", "tempus"),
    ("ecs.subnets", "subnet-0a1b, subnet-2c3d"),
    (
        "ecs.task_role_arn",
        "arn:aws:iam::111122223333:role/tempus-previews-task",
    ),
    ("ecs.vpc_id", "vpc-0a1b"),
    ("engine", "aws"),
    (
        "identity.admin_token_hash",
        "0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d",
    ),
    ("identity.oidc", OIDC),
    ("log.format", "json"),
    ("platform", "aws"),
    ("worker.listen", "127.0.0.1:9464"),
];

const OIDC: &str = "issuer=https://token.actions.githubusercontent.com audience=tempus \
    repository=acme/shop scope=deployer; issuer=https://token.actions.githubusercontent.com \
    audience=tempus repository=acme/infra ref=refs/heads/main scope=admin";

const LISTENERS: &str = "name=a1 \
    listener=arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/tempus-a1/1/2 \
    balancer=arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/tempus-a1/1 \
    dns=tempus-a1-1.eu-west-1.elb.amazonaws.com mode=host:a1.previews.example.com slots=95";

/// What tells is held in `watching.rs`.
const ELSEWHERE: &str = "telemetry.";

/// The keys that the two modules set: `"section.name" = …`, and the few without a section.
pub fn set() -> BTreeSet<String> {
    let modules = ["control-plane", "installation"];
    let files = modules.map(|module| text(&format!("terraform/modules/{module}/main.tf")));
    let named = |line: &str| {
        let line = line.trim_start();
        // A key stands at a line's beginning, or is the only one of an object in braces.
        let (_, rest) = line.split_once('"')?;
        let (key, rest) = rest.split_once('"')?;
        let is_key = key
            .chars()
            .all(|c| c.is_ascii_lowercase() || "._".contains(c));
        (is_key && rest.trim_start().starts_with("= ")).then(|| key.to_owned())
    };
    let lines = files.iter().flat_map(|file| file.lines());
    lines
        .filter_map(named)
        .filter(|key| !key.starts_with(ELSEWHERE))
        .collect()
}

#[test]
fn every_key_that_it_sets_is_the_programs() {
    let (set, known) = (set(), keys());
    let unknown: Vec<_> = set.difference(&known).collect();
    assert_eq!(unknown, Vec::<&String>::new(), "the program refuses them");
    let examples: BTreeSet<_> = LIKE.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(set, examples);
}

/// As the tasks are started: everything by environment, and nothing beside it.
#[test]
fn the_program_takes_what_it_is_told() {
    let told: BTreeMap<_, _> = LIKE.iter().copied().collect();
    let of = |left_out: &[&str]| -> Vec<(String, String)> {
        let given = told
            .iter()
            .filter(|(key, _)| !left_out.iter().any(|out| key.starts_with(out)));
        given
            .map(|(key, value)| (variable(key), (*value).to_owned()))
            .collect()
    };
    let roles = [
        ("api", of(&["worker.listen"])),
        ("worker", of(&["api.", "identity."])),
    ];
    for (role, environment) in roles {
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let output = tempus(&["config", "--json"], &environment);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{role}: {said}");
        let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for (name, _) in environment {
            let of_it = |key: &&String| variable(key) == name;
            let key = shown.as_object().unwrap().keys().find(of_it).unwrap();
            assert_eq!(shown[key]["from"]["layer"], "environment", "{role}: {key}");
        }
    }
}
