//! What can be set about the platform.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::gate::GateKeys;
use crate::postgres::Databases;

/// Where previews are made, and how.
#[derive(Debug, Clone)]
pub struct AwsOptions {
    /// The region, such as `us-east-1`.
    pub region: String,
    /// Another endpoint than AWS's own, for an emulator.
    pub endpoint: Option<String>,
    /// Who calls.
    pub credentials: Credentials,
    /// The ECS cluster's name.
    pub cluster: String,
    /// The VPC of the load balancers and the tasks.
    pub vpc_id: String,
    /// The subnets that tasks are placed in.
    pub subnets: Vec<String>,
    /// The security groups of every public service: they must let the load balancers in.
    pub security_groups: Vec<String>,
    /// Whether tasks get a public address.
    pub assign_public_ip: PublicIp,
    /// What tasks run on.
    pub capacity: Capacity,
    /// The role that ECS pulls images, reads secrets and writes logs with.
    pub execution_role_arn: String,
    /// The role that the applications themselves have.
    pub task_role_arn: Option<String>,
    /// The CloudWatch log group. It must exist.
    pub log_group: String,
    /// The Service Connect namespace in which the services of one preview find each other;
    /// without it, previews of several services are refused.
    pub service_connect_namespace: Option<String>,
    /// Where the schedules of scheduled workers are; without it, they are refused.
    pub schedules: Option<Schedules>,
    /// The pool of listeners that previews are spread over.
    pub listeners: Vec<ListenerOption>,
    /// What the rules of protected previews are made with; without it, none can be made.
    pub gate: Option<GateKeys>,
    /// The server of previews' databases, if there is one.
    pub databases: Databases,
    /// Whether a shell may be opened in a task.
    pub exec: Exec,
    /// What becomes of a preview's images at its end.
    pub images: Images,
    /// How long a service has to become ready.
    pub ready_within: Duration,
    /// How long the load balancer's verdict on a starting service is not held against it.
    pub health_grace: Duration,
    /// How long after an unwind, or after an answer was lost, a verify comes. Longer than a signed
    /// request stays valid (5 minutes).
    pub verify_delay: Duration,
    /// What previews are booked on, as the tag `tempus:cost-center`.
    pub cost_center: Option<String>,
    /// How long a call may take in all, its waiting in line before it not counted. Less than what
    /// a worker makes sure its lease still lasts.
    pub call_timeout: Duration,
    /// How many calls this process makes.
    pub rates: Rates,
}

impl AwsOptions {
    /// For leases of half a minute, of which no call may take a third.
    pub const CALL_TIMEOUT: Duration = Duration::from_secs(8);

    /// The options that have a good default set to it; the rest empty.
    pub fn new(region: impl Into<String>, cluster: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            endpoint: None,
            credentials: Credentials::Ambient,
            cluster: cluster.into(),
            vpc_id: String::new(),
            subnets: Vec::new(),
            security_groups: Vec::new(),
            assign_public_ip: PublicIp::No,
            capacity: Capacity::Fargate,
            execution_role_arn: String::new(),
            task_role_arn: None,
            log_group: "/tempus/previews".to_owned(),
            service_connect_namespace: None,
            schedules: None,
            listeners: Vec::new(),
            gate: None,
            databases: Databases::None,
            exec: Exec::Refused,
            images: Images::Kept,
            ready_within: Duration::from_mins(10),
            health_grace: Duration::from_mins(1),
            verify_delay: Duration::from_mins(6),
            cost_center: None,
            call_timeout: Self::CALL_TIMEOUT,
            rates: Rates::default(),
        }
    }

    /// All listeners, by ARN.
    pub(super) fn listener_arns(&self) -> BTreeSet<String> {
        let arns = self.listeners.iter().map(|of| of.listener_arn.clone());
        arns.collect()
    }

    /// The listener of this name.
    pub(super) fn listener(&self, name: &str) -> Option<&ListenerOption> {
        self.listeners.iter().find(|listener| listener.name == name)
    }
}

/// Where the schedules of scheduled workers are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedules {
    /// The group, which must exist. Not the engine's: what is in that one is an alarm.
    pub group: String,
    /// The role by which the scheduler runs tasks.
    pub role_arn: String,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credentials {
    /// Whoever AWS's tools would be here: environment, profile, web identity, container, instance.
    #[default]
    Ambient,
    /// Nobody: what emulators take, which look at no signature.
    Emulator,
}

/// One listener of the pool.
#[derive(Debug, Clone)]
pub struct ListenerOption {
    /// Its name, as a preview's route has it.
    pub name: String,
    /// The listener.
    pub listener_arn: String,
    /// The load balancer that it belongs to.
    pub load_balancer: ListenerTarget,
    /// How it tells previews apart.
    pub mode: ListenerMode,
    /// How many previews it takes. A load balancer holds 100 target groups, which cannot be
    /// raised, and as many rules unless raised.
    pub slots: u32,
}

/// The load balancer of a listener.
#[derive(Debug, Clone)]
pub struct ListenerTarget {
    /// Its ARN.
    pub arn: String,
    /// Its DNS name: where previews answer in path mode.
    pub dns_name: String,
}

/// How a listener tells previews apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerMode {
    /// By host: `{name}.{domain}`, under a wildcard certificate.
    Host {
        /// The domain under the wildcard, such as `a1.example.com`.
        domain: String,
    },
    /// By path: `/preview-{short}/`, which is rewritten away.
    Path,
}

/// Whether tasks get a public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PublicIp {
    /// They do not: the subnets need a NAT gateway or endpoints to pull images.
    #[default]
    No,
    /// They do.
    Yes,
}

/// What tasks run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Capacity {
    /// Fargate on demand.
    #[default]
    Fargate,
    /// Fargate Spot: about a third of the price, and may be taken away with two minutes' notice.
    /// The cluster must have the capacity provider.
    FargateSpot,
}

/// Whether a shell may be opened in a task (ECS Exec).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exec {
    /// It may not.
    #[default]
    Refused,
    /// It may; the task role must allow `ssmmessages`.
    Allowed,
}

/// What becomes of the images of a preview's commits at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Images {
    /// They stay: whoever pushed them removes them.
    #[default]
    Kept,
    /// They are deleted from this account's registry in this region.
    Deleted,
}

/// How often a family of calls may be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// How many at once, after a quiet while.
    pub burst: u32,
    /// How many a second after that.
    pub per_second: f64,
}

/// The account's request rates, which all processes of an installation share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Registering and deregistering task definitions.
    pub task_definition_changes: Rate,
    /// Deleting task definitions.
    pub task_definition_deletes: Rate,
    /// Creating, updating and deleting services.
    pub service_changes: Rate,
    /// Reading services, tasks and task definitions.
    pub ecs_reads: Rate,
    /// Changing target groups and rules.
    pub elb_changes: Rate,
    /// Reading target groups and rules.
    pub elb_reads: Rate,
    /// Finding resources by their tags.
    pub tag_reads: Rate,
    /// Reading logs.
    pub log_reads: Rate,
    /// Reading metrics.
    pub metric_reads: Rate,
    /// Making, changing, reading and deleting security groups.
    pub security_groups: Rate,
    /// Making, listing and deleting parameters of Systems Manager.
    pub parameters: Rate,
    /// Making, changing, reading and deleting schedules of tasks.
    pub schedules: Rate,
    /// Making, changing, reading and deleting what scales by load.
    pub scaling: Rate,
    /// Listing and deleting images.
    pub images: Rate,
}

impl Default for Rates {
    /// What AWS grants an account by default.
    fn default() -> Self {
        let rate = |burst, per_second| Rate { burst, per_second };
        Self {
            task_definition_changes: rate(20, 1.0),
            task_definition_deletes: rate(5, 1.0),
            service_changes: rate(50, 5.0),
            ecs_reads: rate(100, 20.0),
            elb_changes: rate(20, 3.0),
            elb_reads: rate(40, 10.0),
            tag_reads: rate(15, 10.0),
            log_reads: rate(10, 5.0),
            metric_reads: rate(50, 25.0),
            security_groups: rate(20, 5.0),
            parameters: rate(3, 3.0),
            schedules: rate(100, 50.0),
            scaling: rate(10, 2.0),
            images: rate(10, 5.0),
        }
    }
}

impl Rates {
    /// One process's share, where `processes` share the account.
    #[must_use]
    pub fn shared_by(self, processes: u32) -> Self {
        let processes = processes.max(1);
        let share = |rate: Rate| Rate {
            burst: (rate.burst / processes).max(1),
            per_second: rate.per_second / f64::from(processes),
        };
        Self {
            task_definition_changes: share(self.task_definition_changes),
            task_definition_deletes: share(self.task_definition_deletes),
            service_changes: share(self.service_changes),
            ecs_reads: share(self.ecs_reads),
            elb_changes: share(self.elb_changes),
            elb_reads: share(self.elb_reads),
            tag_reads: share(self.tag_reads),
            log_reads: share(self.log_reads),
            metric_reads: share(self.metric_reads),
            security_groups: share(self.security_groups),
            parameters: share(self.parameters),
            schedules: share(self.schedules),
            scaling: share(self.scaling),
            images: share(self.images),
        }
    }
}
