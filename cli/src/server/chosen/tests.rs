use super::*;
use crate::config::{Assignment, FileChoice, Sources, load};

const ARN: &str = "arn:aws:iam::123456789012:role/x";
const LISTENER: &str = "name=a1 listener=arn:aws:elb:r:1:l balancer=arn:aws:elb:r:1:b dns=a1.elb \
                        mode=host:a1.example.com slots=95";

fn loaded(keys: &[(&str, &str)]) -> Loaded {
    load(&sources(keys)).unwrap()
}

/// What is wrong with these keys, whatever is chosen.
fn errors(keys: &[(&str, &str)]) -> String {
    let errors = load(&sources(keys)).err();
    errors.map_or_else(String::new, |errors| errors.to_string())
}

fn sources(keys: &[(&str, &str)]) -> Sources {
    let flag = |&(key, value): &(&str, &str)| Assignment {
        key: key.into(),
        value: value.into(),
        flag: "--set".into(),
    };
    Sources {
        folder: "/".into(),
        file: FileChoice::Usual,
        variables: Vec::new(),
        flags: keys.iter().map(flag).collect(),
    }
}

fn refused(keys: &[(&str, &str)], role: Role) -> String {
    let chosen = Chosen::of(&loaded(keys), role);
    chosen
        .err()
        .map(|errors| errors.to_string())
        .unwrap_or_default()
}

#[test]
fn everything_that_a_choice_lacks_is_named_at_once() {
    let both = [("engine", "aws"), ("platform", "aws")];
    insta::assert_snapshot!(refused(&both, Role::All));
}

#[test]
fn what_is_missing_matters_only_if_it_was_chosen() {
    assert_eq!(refused(&[], Role::All), "");
    let engine = refused(&[("engine", "aws"), ("aws.region", "eu-west-1")], Role::All);
    assert!(engine.contains("aws.table: is missing"), "{engine}");
    assert!(
        !engine.contains("aws.region") && !engine.contains("ecs."),
        "{engine}"
    );
    let platform = refused(&[("platform", "aws")], Role::All);
    assert!(platform.contains("ecs.cluster: is missing"), "{platform}");
    assert!(!platform.contains("aws.table"), "{platform}");
}

#[test]
fn api_and_workers_apart_need_what_both_can_open() {
    for role in [Role::Api, Role::Worker] {
        let refused = refused(&[("engine", "sqlite")], role);
        assert!(
            refused.contains("--set: engine = \"sqlite\": must be \"aws\""),
            "{refused}"
        );
        assert!(
            refused.contains("default: platform = \"local\": must be \"aws\""),
            "{refused}"
        );
    }
}

#[test]
fn what_is_complete_reaches_engine_and_platform() {
    let keys = [
        ("engine", "aws"),
        ("platform", "aws"),
        ("aws.region", "eu-west-1"),
        ("aws.endpoint", "http://127.0.0.1:4566"),
        ("aws.credentials", "emulator"),
        ("aws.table", "tempus"),
        ("aws.queue_url", "http://127.0.0.1:4566/0/tempus-hints"),
        (
            "aws.dead_letter_url",
            "http://127.0.0.1:4566/0/tempus-hints-dead",
        ),
        ("aws.schedule_group", "tempus"),
        ("aws.schedule_role_arn", ARN),
        ("ecs.cluster", "previews"),
        ("ecs.vpc_id", "vpc-1"),
        ("ecs.subnets", "subnet-1, subnet-2"),
        ("ecs.security_groups", "sg-1"),
        ("ecs.execution_role_arn", ARN),
        ("ecs.public_ip", "yes"),
        ("ecs.capacity", "fargate_spot"),
        ("ecs.listeners", LISTENER),
        ("ecs.processes", "2"),
        ("ecs.rates", "elb_changes=40/6"),
        ("worker.lease", "45s"),
    ];
    let chosen = Chosen::of(&loaded(&keys), Role::Api).map_err(|errors| errors.to_string());
    let chosen = chosen.unwrap();
    let (EngineChoice::Aws(engine), PlatformChoice::Aws(platform)) =
        (chosen.engine, chosen.platform)
    else {
        panic!("both are aws");
    };
    assert_eq!(engine.access.credentials, Credentials::Emulator);
    assert_eq!(engine.visibility.as_secs(), 62, "the lease and a margin");
    assert_eq!(engine.table, "tempus");
    assert_eq!(platform.subnets, ["subnet-1", "subnet-2"]);
    assert_eq!(platform.assign_public_ip, ecs::PublicIp::Yes);
    assert_eq!(platform.capacity, ecs::Capacity::FargateSpot);
    assert_eq!(platform.verify_delay.as_secs(), 360);
    assert_eq!(platform.rates.elb_changes.burst, 20);
    assert!((platform.rates.elb_changes.per_second - 3.0).abs() < 1e-9);
    assert_eq!(platform.rates.elb_reads.burst, 20);
    let domain = "a1.example.com".to_owned();
    assert_eq!(
        platform.listeners[0].mode,
        ecs::ListenerMode::Host { domain }
    );
}

#[test]
fn a_short_lease_is_refused_where_calls_take_seconds() {
    let aws = [("engine", "aws"), ("worker.lease", "5s")];
    let refused = errors(&aws);
    assert!(
        refused.contains("worker.lease = 5s: must be at least \"30s\""),
        "{refused}"
    );
    // Where nobody can call AWS, calls have less time, and a lease may be shorter.
    let emulated = [aws[0], aws[1], ("aws.credentials", "emulator")];
    assert_eq!(errors(&emulated), "");
    let shorter = [aws[0], ("worker.lease", "2s"), emulated[2]];
    assert!(errors(&shorter).contains("must be at least \"3s\""));
}

#[test]
fn no_call_takes_what_a_worker_makes_sure_its_lease_still_lasts() {
    for seconds in [3, 6, 30, 600] {
        let lease = Duration::from_secs(seconds);
        let mut config = Config::default();
        config.worker.lease = lease;
        let made_sure_of = crate::server::settings::worker(&config).call;
        assert!(call_timeout(lease) < made_sure_of, "{lease:?}");
    }
}
