//! Options, specifications and answers to test with.

use tempus_model::{Service, Spec, Template, Wakefulness};

use crate::aws::client::{Deployment, Life, Rollout, Seen};
use crate::aws::options::{AwsOptions, ListenerMode, ListenerOption, ListenerTarget, Schedules};
use crate::aws::tags::Tags;
use crate::gate::GateKeys;

/// Options that need nothing to exist.
pub(in crate::aws) fn options() -> AwsOptions {
    AwsOptions {
        vpc_id: "vpc-1".into(),
        subnets: vec!["subnet-1".into()],
        security_groups: vec!["sg-1".into()],
        execution_role_arn: "arn:aws:iam::000000000000:role/execution".into(),
        service_connect_namespace: Some("tempus".into()),
        schedules: Some(Schedules {
            group: "default".into(),
            role_arn: "arn:aws:iam::000000000000:role/tasks".into(),
        }),
        listeners: vec![ListenerOption {
            name: "a1".into(),
            listener_arn: "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/a1/1/2".into(),
            load_balancer: ListenerTarget {
                arn: "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/a1/1".into(),
                dns_name: "a1.elb.amazonaws.com".into(),
            },
            mode: ListenerMode::Path,
            slots: 100,
        }],
        gate: GateKeys::parse(&"k".repeat(32)).ok(),
        ..AwsOptions::new("us-east-1", "previews")
    }
}

pub(in crate::aws) fn service(name: &str, port: u16, path: Option<&str>) -> Service {
    Service {
        image: Some("registry/app:1".into()),
        path: path.map(Into::into),
        ..Service::new(name.parse().unwrap(), port)
    }
}

pub(in crate::aws) fn spec(services: Vec<Service>) -> Spec {
    Spec::new(Template::ApiService, services)
}

/// A task that is run by this schedule.
pub(in crate::aws) fn worker(schedule: &str) -> Spec {
    Spec {
        schedule: Some(schedule.parse().unwrap()),
        ..Spec::new(Template::ScheduledWorker, vec![service("job", 80, None)])
    }
}

/// A deployment that is up.
pub(in crate::aws) fn deployment(family: &str) -> Deployment {
    Deployment {
        primary: true,
        family: family.to_owned(),
        desired: 1,
        running: 1,
        failed: 0,
        updated_at: None,
        rollout: Rollout::Completed,
        reason: String::new(),
    }
}

/// A service with these deployments.
pub(in crate::aws) fn seen(deployments: Vec<Deployment>) -> Seen {
    Seen {
        arn: "arn".into(),
        name: "name".into(),
        life: Life::Active,
        family: deployments[0].family.clone(),
        wakefulness: Wakefulness::Awake,
        created_at: None,
        deployments,
        events: Vec::new(),
        tags: Tags::default(),
    }
}
