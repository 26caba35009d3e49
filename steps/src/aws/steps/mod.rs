//! The steps of the platform: one file each, with its compensation.

mod database_url;
mod definition;
mod healthy;
mod images;
mod log_group;
mod ready;
mod reason;
mod rule;
mod scaling;
mod security_group;
mod service;
mod target_group;
mod task_runs;
mod task_schedule;

pub(super) use database_url::{DatabaseUrl, DatabaseUrlPlan};
pub(super) use definition::{
    TaskDefinition, TaskDefinitionPlan, delete_revisions, find_definition, revisions,
};
pub(super) use healthy::{Healthy, HealthyPlan};
pub(super) use images::{OwnImages, OwnImagesPlan};
pub(super) use log_group::{LogGroup, LogGroupPlan, delete_log_group};
pub(super) use rule::{Condition, Rule, RulePlan, delete_rule};
pub(super) use scaling::{Scaling, ScalingPlan, scalable, unscale};
pub(super) use security_group::{SecurityGroup, SecurityGroupPlan, delete_security_group};
pub(super) use service::{Mesh, Service, ServicePlan, Tasks, delete_service};
pub(super) use target_group::{TargetGroup, TargetGroupPlan, delete_target_group};
pub(super) use task_runs::{TaskRuns, TaskRunsPlan, stop_task};
pub(super) use task_schedule::{TaskSchedule, TaskSchedulePlan, delete_schedule};

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::TargetGroup as TargetGroupFound;

use super::client::{Arns, Client, Gathered, Services};
use super::heard::Heard;
use super::listing::{Families, ListedRule};
use super::options::AwsOptions;

/// How long a step may take. Long, because a burst of creates waits in line for the account's
/// request rates; what AWS refuses is refused at once.
const DEADLINE: Duration = Duration::from_mins(10);
/// How long a step waits before it looks again at something that passes within seconds.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What every step works with.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) client: Arc<Client>,
    pub(super) services: Arc<Services>,
    pub(super) arns: Arns,
    pub(super) heard: Heard,
    /// Rules that are listed, by their listener.
    pub(super) rules: Arc<Gathered<String, Arc<Vec<ListedRule>>>>,
    /// Target groups that are looked up, by their name.
    pub(super) target_groups: Arc<Gathered<String, Option<TargetGroupFound>>>,
    /// Families of task definitions that are listed, by what they begin with.
    pub(super) families: Arc<Gathered<String, Families>>,
    /// Revisions of task definitions that are deleted, by their ARN.
    pub(super) deletions: Arc<Gathered<String, ()>>,
    pub(super) options: AwsOptions,
}

impl Tools {
    /// The tags of a resource of this name.
    fn tags(&self, ctx: &dyn crate::Ctx, name: &str, service: Option<&str>) -> super::tags::Tags {
        super::tags::Tags::of(ctx, name, service, self.options.cost_center.as_deref())
    }
}
