//! What is configured about AWS: `[aws]` is the account and the engine in it, `[ecs]` the platform.
//!
//! Nothing here is a secret. Who calls is found where AWS's own tools find it.

use std::time::Duration;

use super::listeners::Listener;
use super::rates::Rate;
use super::text::{Arn, HttpUrl, Word};
use super::value::{Answer, CapacityKind, CredentialsKind};

/// `[aws]`: the account, and what the aws engine keeps in it. `tempus bootstrap` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aws {
    /// The region.
    pub region: Option<Word>,
    /// Where every service answers, if not at AWS.
    pub endpoint: Option<HttpUrl>,
    /// Who calls.
    pub credentials: CredentialsKind,
    /// The table.
    pub table: Option<Word>,
    /// The queue of hints.
    pub queue_url: Option<HttpUrl>,
    /// The queue behind it.
    pub dead_letter_url: Option<HttpUrl>,
    /// The group of the one-time schedules.
    pub schedule_group: Option<Word>,
    /// The role by which schedules send to the queue.
    pub schedule_role_arn: Option<Arn>,
    /// How long what is gone is remembered.
    pub history: Duration,
}

impl Default for Aws {
    fn default() -> Self {
        Self {
            region: None,
            endpoint: None,
            credentials: CredentialsKind::Ambient,
            table: None,
            queue_url: None,
            dead_letter_url: None,
            schedule_group: None,
            schedule_role_arn: None,
            history: Duration::from_hours(90 * 24),
        }
    }
}

/// `[ecs]`: where the aws platform makes previews, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ecs {
    /// The cluster's name.
    pub cluster: Option<Word>,
    /// The VPC of load balancers and tasks.
    pub vpc_id: Option<Word>,
    /// Where tasks are placed.
    pub subnets: Vec<Word>,
    /// What public services get; they must let the load balancers in.
    pub security_groups: Vec<Word>,
    /// Whether tasks get a public address.
    pub public_ip: Answer,
    /// What tasks run on.
    pub capacity: CapacityKind,
    /// The role that ECS pulls images and writes logs with.
    pub execution_role_arn: Option<Arn>,
    /// The role of the applications themselves.
    pub task_role_arn: Option<Arn>,
    /// The `CloudWatch` log group.
    pub log_group: Word,
    /// The group of the schedules that run tasks.
    pub schedule_group: Word,
    /// The role by which those schedules run tasks.
    pub schedule_role_arn: Option<Arn>,
    /// Where the services of one preview find each other.
    pub service_connect_namespace: Option<Word>,
    /// Whether a shell may be opened in a task.
    pub exec: Answer,
    /// Whether a preview's images are deleted with it.
    pub delete_images: Answer,
    /// What previews are booked on.
    pub cost_center: Option<Word>,
    /// The pool of listeners.
    pub listeners: Vec<Listener>,
    /// How long a service has to become ready.
    pub ready_within: Duration,
    /// How long after a destroy its receipt's check is made.
    pub verify_delay: Duration,
    /// How many processes share the account's request rates.
    pub processes: u32,
    /// The account's request rates, where they are not AWS's defaults.
    pub rates: Vec<Rate>,
}

impl Default for Ecs {
    fn default() -> Self {
        Self {
            cluster: None,
            vpc_id: None,
            subnets: Vec::new(),
            security_groups: Vec::new(),
            public_ip: Answer::No,
            capacity: CapacityKind::Fargate,
            execution_role_arn: None,
            task_role_arn: None,
            log_group: Word::named("/tempus/previews"),
            schedule_group: Word::named("default"),
            schedule_role_arn: None,
            service_connect_namespace: None,
            exec: Answer::No,
            delete_images: Answer::No,
            cost_center: None,
            listeners: Vec::new(),
            ready_within: Duration::from_mins(10),
            verify_delay: Duration::from_mins(6),
            processes: 1,
            rates: Vec::new(),
        }
    }
}
